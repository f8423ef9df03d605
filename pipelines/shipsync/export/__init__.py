"""Tables out of the database: one module per family of targets, one transaction for all tables."""
