"""Plans: rows from a file or a query, checked one by one, shown, and kept in a file."""
