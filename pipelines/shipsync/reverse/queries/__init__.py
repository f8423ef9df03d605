"""The SQL that reverse sync reads and writes its own database with, one statement to a file."""
