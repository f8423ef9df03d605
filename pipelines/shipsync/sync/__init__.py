"""A run: the account's streams read into the raw tables, and what is known about how it went."""
