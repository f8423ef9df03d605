"""shipsync keeps a ShipStation account in DuckDB and writes decisions made in SQL back to it."""

__version__ = "0.1.0"
