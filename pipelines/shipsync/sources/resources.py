"""The dlt source of one package: a page resource with the cursor, and one table resource behind it each.

Reading stands apart from loading: a walk goes on over many packages, and each package is one dlt load.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import dlt
import pendulum
import pyarrow as pa
from dlt.common.storages.load_package import commit_load_package_state, load_package_state
from dlt.extract import DltResource, DltSource

from shipsync.sources.batches import LoadPackage
from shipsync.sources.instants import to_pendulum
from shipsync.sources.schema import CONTENT_HASH, IS_REMOVED, ColumnKind, Table
from shipsync.sources.streams import Stream

# How a package is drawn: given where the cursor stands (None: nowhere yet), what to load, if anything.
Draw = Callable[[datetime | None], LoadPackage | None]
Page = Mapping[str, Any]

SCHEMA_NAME = "shipstation"


def package_source(stream: Stream, draw: Draw, *, lag_seconds: float | None) -> DltSource:
    """One package of ``stream``: calling ``draw`` when dlt extracts it.

    ``lag_seconds`` None reads without moving the stream's cursor.
    """

    @dlt.source(name=SCHEMA_NAME)
    def source() -> Iterator[DltResource]:
        pages = _pages_by_cursor(stream, draw, lag_seconds) if lag_seconds is not None else None
        pages = pages or _pages(stream, draw)
        for table in stream.tables:
            yield _table_resource(pages, table)

    return source()


def empty_source(tables: tuple[Table, ...]) -> DltSource:
    """Loads no row and makes every table, so that models find them before the first row comes."""

    @dlt.source(name=SCHEMA_NAME)
    def source() -> Iterator[DltResource]:
        for table in tables:
            empty = _as_stored(table, table.arrow_schema.empty_table())
            yield dlt.resource([empty], name=table.name, **hints(table))

    return source()


def hints(table: Table) -> dict[str, Any]:
    """The dlt hints that make ``table`` load as its ``loading`` says."""
    columns: dict[str, Any] = {name: {"data_type": "json"} for name in table.documents}
    for column in table.columns:
        if column.kind is ColumnKind.LOCAL_TIME:
            # dlt would give it a zone that nobody said.
            columns[column.name] = {"data_type": "timestamp", "timezone": False}
    key = list(table.key)
    match table.loading:
        case "versions":
            return {"write_disposition": _history(), "merge_key": key, "columns": columns}
        case "snapshot":
            # Without a merge key the load closes every row that it doesn't bring.
            return {"write_disposition": _history(), "columns": columns}
        case "children":
            columns[IS_REMOVED] = {"hard_delete": True, "data_type": "bool"}
            replaced = {"disposition": "merge", "strategy": "delete-insert"}
            return {"write_disposition": replaced, "merge_key": key, "columns": columns}
        case "insert_only":
            added = {"disposition": "merge", "strategy": "insert-only"}
            return {"write_disposition": added, "primary_key": key, "columns": columns}


def _history() -> dict[str, Any]:
    return {
        "disposition": "merge",
        "strategy": "scd2",
        "row_version_column_name": CONTENT_HASH,
    }


def _pages_by_cursor(stream: Stream, draw: Draw, lag_seconds: float) -> DltResource:
    @dlt.resource(name=f"{stream.name}_pages", selected=False)
    def pages(
        cursor: dlt.sources.incremental[pendulum.DateTime] = dlt.sources.incremental(
            "cursor", lag=lag_seconds, on_cursor_value_missing="include"
        ),
    ) -> Iterator[Page]:
        yield from _page(draw(cursor.start_value))

    return pages


def _pages(stream: Stream, draw: Draw) -> DltResource:
    @dlt.resource(name=f"{stream.name}_reread", selected=False)
    def pages() -> Iterator[Page]:
        yield from _page(draw(None))

    return pages


def _page(package: LoadPackage | None) -> Iterator[Page]:
    if package is None:
        return
    if package.valid_from is not None:
        # dlt takes the instant at which the package was made for the boundary between versions, by
        # this machine's clock. It is kept with the package, so that one ended later keeps it too.
        load_package_state()["state"]["created_at"] = to_pendulum(package.valid_from)
        commit_load_package_state()
    page: dict[str, Any] = {"tables": package.tables}
    if package.cursor is not None:
        page["cursor"] = to_pendulum(package.cursor)
    yield page


def _table_resource(pages: DltResource, table: Table) -> DltResource:
    @dlt.transformer(data_from=pages, name=table.name, **hints(table))
    def rows(page: Page) -> Iterator[pa.Table]:
        if (found := page["tables"].get(table.name)) is not None:
            yield _as_stored(table, found)

    return rows


def _as_stored(table: Table, rows: pa.Table) -> pa.Table:
    """``rows`` with exactly the columns that dlt stores, in its order, and not-null where it says so.

    dlt fills the three; were they missing, it would rewrite every file, twice.
    """
    instant = ColumnKind.INSTANT.arrow
    added = [("_dlt_load_id", pa.string())]
    if table.has_versions:
        added += [("_dlt_valid_from", instant), ("_dlt_valid_to", instant)]
    for name, kind in added:
        rows = rows.append_column(name, pa.nulls(rows.num_rows, kind))
    required = set(hints(table).get("merge_key", ())) | set(hints(table).get("primary_key", ()))
    if table.has_versions:
        required.add(CONTENT_HASH)
    fields = [field.with_nullable(field.name not in required) for field in rows.schema]
    return rows.cast(pa.schema(fields))
