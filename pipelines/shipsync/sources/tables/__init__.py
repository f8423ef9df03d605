"""Every raw table: its columns in the vendor's names, what they mean, its key, and how it is loaded.

A table is described here once: the models of staging and core, their columns and the descriptions of both
are written from it (``warehouse/model_files.py``). Field lists: the OpenAPI document and the production
captures.
"""

from __future__ import annotations

from typing import Final

from shipsync.sources.schema import Table
from shipsync.sources.tables import catalogue, orders, parcels, stock

TABLES: Final[tuple[Table, ...]] = tuple(
    value
    for module in (orders, parcels, stock, catalogue)
    for value in vars(module).values()
    if isinstance(value, Table)
)
