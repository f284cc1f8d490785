"""The bus carries hints between those who commit and those who tell. It promises nothing: the log does."""
