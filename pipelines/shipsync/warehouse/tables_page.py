"""The pages of all tables, ``docs/tables``: ``make docs`` writes them from a database without rows.

Types and descriptions are read from DuckDB's own catalog, where a build has put them as comments; the field
of the API that a column comes from is in the declarations of the raw tables. So the pages say what whoever
opens the file sees.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from shipsync.sources.tables import TABLES
from shipsync.statements import statement
from shipsync.warehouse.database import connect
from shipsync.warehouse.entity_diagram import diagram
from shipsync.warehouse.ledger import migrate
from shipsync.warehouse.load import Loader
from shipsync.warehouse.models import build

if TYPE_CHECKING:
    import duckdb

# The schemas that people read, in the order in which they are met, and what each is for.
SCHEMAS: Final[Mapping[str, str]] = {
    "core": (
        "The present state of the account under plain names, and beside it every version since the first run."
    ),
    "changes": "What changed, one row per event, and a view for each kind of event.",
    "tracking": "Where every order and parcel is.",
    "metrics": "Answers to what a merchant asks, with formula, unit and caveat of each number.",
    "reverse": "What is due to be written to the account, and what became of what was written.",
    "ledger": "What shipsync did and was told. Nothing rebuilds it.",
    "staging": "The raw tables in standard names, every version; the models above are made of it.",
    "raw": "ShipStation's answers as they were loaded, in ShipStation's names, every version.",
}
_HEAD: Final = """\
# Tables

Every table and every column has its description in the file itself too, as a comment:

```sql
select column_name, comment from duckdb_columns() where schema_name = 'core' and table_name = 'shipments'
```

Times are UTC; money is a decimal with its currency in the column beside it.
"""
_JOINED: Final = """\
## How they are joined

![Tables of schema core with their keys, and an arrow from each column to the key it names](keys.svg)
"""
_FOOT: Final = (
    "\nThis page is generated: `make docs` writes it from the descriptions of the models.\n"
)
# A build of a database without rows needs some instant; no column depends on which.
_ANY_DAY: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class CatalogColumn:
    """A column as DuckDB's catalog has it."""

    schema: str
    table: str
    about_table: str
    kind: str
    column: str
    type: str
    about: str


def pages(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Every file of ``docs/tables`` by its name: a page for each schema, the first page and its diagram."""
    columns = [
        CatalogColumn(*row)
        for row in con.execute(statement("shipsync.warehouse", "described_columns")).fetchall()
    ]
    files = {"index.md": _first_page(columns), "keys.svg": diagram()}
    for schema, about in SCHEMAS.items():
        rows = [column for column in columns if column.schema == schema]
        if rows:
            files[f"{schema}.md"] = f"# Schema {schema}\n\n{about}\n" + _tables(rows) + _FOOT
    return files


def _first_page(columns: list[CatalogColumn]) -> str:
    rows = "| schema | tables | what it holds |\n|---|---|---|\n"
    for schema, about in SCHEMAS.items():
        tables = {column.table for column in columns if column.schema == schema}
        if tables:
            rows += f"| [{schema}]({schema}.md) | {len(tables)} | {about} |\n"
    return f"{_HEAD}\n{rows}\n{_JOINED}{_FOOT}"


def _tables(columns: list[CatalogColumn]) -> str:
    text = ""
    for table, group in groupby(columns, key=lambda column: column.table):
        rows = list(group)
        text += f"\n## {table}\n\n{rows[0].about_table}\n"
        origin = _origin(rows[0].schema, table)
        head = "| column | type | meaning |" + (" source field |" if origin else "")
        text += f"\n{head}\n|{'---|' * (head.count('|') - 1)}\n"
        for row in rows:
            field = f" {origin.get(row.column, '')} |" if origin else ""
            text += f"| `{row.column}` | {row.type.lower()} | {_cell(row.about)} |{field}\n"
    return text


def _origin(schema: str, table: str) -> dict[str, str]:
    """The API's field for each column of a raw, staging or core table."""
    if schema not in ("raw", "staging", "core"):
        return {}
    name = table.removeprefix("stg_").removesuffix("_history")
    fields: dict[str, str] = {}
    for raw in TABLES:
        if raw.name == name:
            for column in raw.columns:
                named = column.name if schema == "raw" else column.standard
                fields[named] = f"`{'.'.join(column.path)}`"
            if schema != "raw":
                paths = {column.name: column.path for column in raw.columns}
                fields |= {d.standard: f"`{'.'.join(paths[d.source])}`" for d in raw.derived}
    return fields


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def without_rows(folder: Path) -> Path:
    """A database in ``folder`` with every table and none of an account's rows."""
    database = folder / "tables.duckdb"
    with connect(database) as con:
        migrate(con)
        Loader(con, database).prepare()
    build(database, now=_ANY_DAY, run_tests=False)
    return database


def _written(folder: Path, files: Mapping[str, str]) -> Iterator[str]:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            yield name


def main(folder: Path) -> None:
    """Write every page in ``folder`` that is stale or missing, and say which."""
    with (
        TemporaryDirectory(prefix="shipsync-") as scratch,
        connect(without_rows(Path(scratch)), read_only=True) as con,
    ):
        files = pages(con)
    for name in _written(folder, files):
        print(f"written: {folder / name}")  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
