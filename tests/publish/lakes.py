"""Lakes as a reader sees them, what changes in their source, and a batch that was cut off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from shipsync.export.portable import column_named
from shipsync.publish import duckdb_extensions
from shipsync.publish.targets import target
from shipsync.publish.writer import PublishTarget
from shipsync.warehouse.database import connect

CHANGES = {
    "a row changed": "update core.shipments set amount = 7.5 where shipment_id = 'se-5'",
    "a line removed": "delete from core.shipment_items where shipment_id = 'se-7' and item_index = 1",
    "a row closed": "update core.shipments_history set valid_to = '2026-04-01' where shipment_id = 'se-9'",
    "a touch": "update core.shipments set shipment_status = 'pending ' where shipment_id < 'se-11'",
    "a row twice": "insert into core.shipments select * from core.shipments where shipment_id = 'se-5'",
    "a row vanished": "delete from core.shipments where shipment_id = 'se-5'",
    "a child without its parent": "update core.shipment_items set sku = 'X' where shipment_id = 'se-gone'",
    "a parent of another month": "update core.shipments set created_at = '2026-09-09' where amount < 5",
    "a date lost": "update core.shipments set created_at = null where shipment_id = 'se-5'",
    "a month emptied": "delete from core.shipments where created_at < '2026-02-01'",
    "a table emptied": "delete from core.shipments",
    "a table filled": "insert into core.nothing values ('x', null), ('y', '2026-01-01')",
    "an event": "insert into changes.events values (101, '2026-08-01')",
    "one more column": "alter table core.shipments add column unit varchar default 'gram'",
    "one column less": "alter table core.shipments drop column document",
    "all anew": "create or replace table core.tags as select 'new ' || name as name, tag_id from core.tags",
    "one more table": "create table core.more as select 1 as id",
    "a text in a list": "update core.odd set words = ['é', null, '\"']",
}

DUCKLAKE = ("sqlite_scanner", "ducklake")

Rows = list[str]
# As docs/publish.md has it.
BY_MANIFEST = """
set variable files = (
    select list($lake || '/' || file.path)
    from (
        select unnest(files) as file
        from (from read_json($lake || '/manifests/*.json') order by batch desc limit 1)
    )
    where file.table_name = $table
)
"""


class Lake:
    """A lake of one ``kind`` in ``folder``."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        # What a reset leaves, beside the lock.
        self.keeps = {"catalog.sqlite"} if kind == "ducklake" else set()

    @property
    def target(self) -> PublishTarget:
        return target(f"{self.kind}:{self.folder}")

    def rows(self, table: str, columns: str = "*") -> Rows:
        """The rows of the last whole batch, each as a text, sorted."""
        with duckdb.connect() as con:
            con.execute("set timezone = 'UTC'")
            return sorted_rows(self.relation(con, table).select(columns))

    def relation(self, con: duckdb.DuckDBPyConnection, table: str) -> duckdb.DuckDBPyRelation:
        """A table of the last whole batch."""
        if self.kind == "parquet":
            con.execute(BY_MANIFEST, {"lake": str(self.folder), "table": table})
            return con.sql("from read_parquet(getvariable('files'))")
        if self.kind == "ducklake":
            for extension in DUCKLAKE:
                duckdb_extensions.load(con, extension)
            con.execute(
                f"attach 'ducklake:sqlite:{self.folder}/catalog.sqlite' as lake (read_only)"
            )
            return con.sql(f"from lake.{table}").select("* exclude (_row_hash)")
        if self.kind == "iceberg":
            # DuckDB's own reader of Iceberg is fetched from the network; these are the files that it reads.
            files = [task.file.file_path for task in self._scan(table).plan_files()]
            if not files:
                return con.from_arrow(self._scan(table).to_arrow()).select(
                    "* exclude (published_part)"
                )
            return con.read_parquet(files).select("* exclude (published_part)")
        dataset = self._table(table).to_pyarrow_dataset()
        return con.from_arrow(dataset).select("* exclude (published_part)")

    def frame(self, table: str, library: str) -> Any:
        """A table of the last whole batch, as a frame of Polars or pandas."""
        module = import_module(library)
        if self.kind == "ducklake":
            with duckdb.connect() as con:
                rows = self.relation(con, table)
                return rows.pl() if library == "polars" else rows.df()
        if self.kind == "delta":
            named = self._named(table)
            if library == "polars":
                return module.read_delta(str(self.folder / named["path"]), version=named["version"])
            return self._table(table).to_pandas()
        if self.kind == "iceberg":
            return (
                self._scan(table).to_polars()
                if library == "polars"
                else self._scan(table).to_pandas()
            )
        manifest = orjson.loads(max((self.folder / "manifests").iterdir()).read_bytes())
        files = [
            self.folder / file["path"] for file in manifest["files"] if file["table_name"] == table
        ]
        if library == "polars":
            return module.read_parquet(files)
        return module.concat([module.read_parquet(file) for file in files])

    def batch(self) -> int | None:
        """The number of the last whole batch."""
        with self.target.writer() as writer:
            reached = writer.watermark()
        return None if reached is None else reached.batch

    def _named(self, table: str) -> dict[str, Any]:
        from deltalake import DeltaTable

        named = DeltaTable(self.folder / "_shipsync_published").to_pyarrow_table().to_pylist()
        last = max(row["batch"] for row in named)
        (row,) = (r for r in named if r["batch"] == last and r["table_name"] == table)
        return row

    def _scan(self, table: str) -> Any:
        from pyiceberg.table import StaticTable

        with closing(self.catalog()) as catalog:
            record = catalog.load_table("_shipsync.published").scan().to_arrow().to_pylist()
        last = max(row["batch"] for row in record)
        (named,) = (r for r in record if r["batch"] == last and r["table_name"] == table)
        return StaticTable.from_metadata(named["path"]).scan(snapshot_id=named["version"])

    def catalog(self) -> Any:
        """The catalog of a lake of Iceberg, as any program opens it."""
        from pyiceberg.catalog import load_catalog

        return load_catalog("shipsync", type="sql", uri=f"sqlite:///{self.folder}/catalog.db")

    def _table(self, table: str) -> Any:
        from deltalake import DeltaTable

        named = self._named(table)
        return DeltaTable(self.folder / named["path"], version=named["version"])


def need_ducklake(*more: str) -> None:
    """Skip the test where an extension is neither installed nor in a package; none is fetched."""
    with duckdb.connect() as con:
        for extension in (*DUCKLAKE, *more):
            try:
                if duckdb_extensions.carried(extension) is None:
                    con.load_extension(extension)
            except duckdb.Error:
                pytest.skip(f"no extension {extension} of DuckDB: DuckLake is not proven here")


def sorted_rows(relation: duckdb.DuckDBPyRelation) -> Rows:
    """Rows as texts, whatever type a lake gave a column that it cannot hold."""
    texts = [
        column_named(name).cast(duckdb.type("VARCHAR")).alias(f"c{number}")
        for number, name in enumerate(relation.columns)
    ]
    return sorted(map(repr, relation.select(*texts).fetchall()))


def here(database: Path) -> Mapping[str, Rows]:
    """The tables of ``database``, as ``rows`` of a lake tells them."""
    with connect(database, read_only=True) as con:
        names = con.sql(
            "select schema_name || '.' || table_name from duckdb_tables() order by 1"
        ).fetchall()
        return {name: sorted_rows(con.table(name)) for (name,) in names}


def there(rows: Callable[[str], Rows], database: Path) -> Mapping[str, Rows]:
    """The same tables at a target."""
    return {name: rows(name) for name in here(database)}


def change(database: Path, *statements: str) -> None:
    """Carry out ``statements`` in ``database``."""
    with connect(database) as con:
        for statement in statements:
            con.execute(statement)


def forget_the_last_batch(lake: Lake) -> None:
    """Leave what a publish leaves that is killed before it names its batch."""
    if lake.kind == "parquet":
        max((lake.folder / "manifests").iterdir()).unlink()
        return
    if lake.kind == "iceberg":
        with closing(lake.catalog()) as catalog:
            table = catalog.load_table("_shipsync.published")
            # The last two removed the lines of the record and wrote them anew.
            table.manage_snapshots().set_current_snapshot(
                table.snapshots()[-3].snapshot_id
            ).commit()
        return
    from deltalake import DeltaTable

    named = DeltaTable(lake.folder / "_shipsync_published")
    named.restore(named.version() - 1)
