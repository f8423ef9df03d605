"""Raw tables made by hand, with the columns and the history that loads would leave."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import md5
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from shipsync.sources.schema import Table
from shipsync.sources.tables import TABLES

Row = dict[str, Any]
_BY_NAME = {table.name: table for table in TABLES}
_INSTANT = pa.timestamp("us", tz="UTC")


@dataclass
class RawTables:
    """What the raw tables hold; ``load`` plays one load package, ``save`` writes it all to a file."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {t.name: [] for t in TABLES})

    def load(self, name: str, *objects: Row, load_id: str, observed_at: datetime) -> None:
        """Load ``objects`` into the table ``name``; JSON columns are given as Python values.

        What a snapshot does not hold any more is closed.
        """
        table = _BY_NAME[name]
        held = self.rows[name]
        if table.loading == "snapshot":
            for row in held:
                if row["_dlt_valid_to"] is None and not any(_same(table, row, o) for o in objects):
                    row["_dlt_valid_to"] = observed_at
        for given in objects:
            row = {"content_hash": content_hash(given), **_with_documents(table, given)}
            row |= {"observed_at": observed_at, "_dlt_load_id": load_id}
            if table.loading in ("versions", "snapshot"):
                row |= {"_dlt_valid_from": observed_at, "_dlt_valid_to": None}
                current = [r for r in held if _same(table, r, row) and r["_dlt_valid_to"] is None]
                if any(r["content_hash"] == row["content_hash"] for r in current):
                    continue
                for earlier in current:
                    earlier["_dlt_valid_to"] = observed_at
            held.append(row)

    def save(self, database: Path) -> None:
        """Write every raw table to ``database``, in place of what stood there."""
        with duckdb.connect(str(database)) as con:
            con.execute("drop schema if exists raw cascade")
            con.execute("create schema raw")
            for table in TABLES:
                arrow = pa.Table.from_pylist(self.rows[table.name], _schema(table))
                con.from_arrow(arrow).create(f"raw.{table.name}")


def content_hash(given: Row) -> str:
    """The hash that a row gets when it brings none: equal for equal values."""
    return md5(json.dumps(given, sort_keys=True, default=str).encode()).hexdigest()


def _same(table: Table, one: Row, other: Row) -> bool:
    return all(one.get(key) == other.get(key) for key in table.key)


def _with_documents(table: Table, given: Row) -> Row:
    documents = set(table.documents)
    return {
        name: json.dumps(value) if name in documents and value is not None else value
        for name, value in given.items()
    }


def _schema(table: Table) -> pa.Schema:
    documents = set(table.documents)
    fields = [
        pa.field(f.name, pa.json_(pa.string())) if f.name in documents else f
        for f in table.arrow_schema
    ]
    fields.append(pa.field("_dlt_load_id", pa.string()))
    if table.loading in ("versions", "snapshot"):
        fields += [pa.field("_dlt_valid_from", _INSTANT), pa.field("_dlt_valid_to", _INSTANT)]
    return pa.schema(fields)
