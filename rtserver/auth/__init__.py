"""The embedded registration module: accounts, sessions and, later, the whole registration."""
