"""The DuckDB file: opening it, its lock, the load by dlt, the models by dbt, the ledger's tables."""
