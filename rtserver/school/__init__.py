"""Schools, classes, families and the one table of rules that every door asks."""
