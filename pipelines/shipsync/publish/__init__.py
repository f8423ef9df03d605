"""A warehouse kept equal to the database, at the cost of the rows that differ."""
