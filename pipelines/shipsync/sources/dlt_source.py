"""An ordinary dlt source of a ShipStation account, for any destination that dlt has: ``shipsync.source``.

It reads through the same session and the same walks as ``shipsync run``, but knows of the past only what
dlt's state holds, and loads the present state of each list:

==============  ==========================  ========================================================
list            a first load reads          later loads read
==============  ==========================  ========================================================
shipments       all, along ``modified_at``  what was modified after the cursor, less a lag
labels,         all, along ``created_at``   the latest changes first, until a page in which nothing is
fulfillments                                new: the API does not show when they changed
tracking        the newest labels           those not delivered, the ones not asked for longest first
all others      the whole list              the whole list
==============  ==========================  ========================================================

dlt keeps the state with the rows it loads, so a load that was cut short is repeated from the same place.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

# As long as the user has not said otherwise, before dlt reads it.
os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")

import dlt
import pendulum
import pyarrow as pa
from dlt.extract import DltResource

from shipsync.connection import BASE_URL, Connection, PersonalData, Secret
from shipsync.errors import ConfigurationError
from shipsync.sources.account_reader import AccountReader
from shipsync.sources.instants import parse_instant, to_pendulum
from shipsync.sources.resources import SCHEMA_NAME, Page
from shipsync.sources.schema import IS_REMOVED, ColumnKind, Table
from shipsync.sources.streams import STREAMS, ReadsBy, Stream


@dlt.source(name=SCHEMA_NAME, section="shipstation", max_table_nesting=0)
def source(  # noqa: PLR0913 - each is a key of dlt's configuration
    api_key: str = dlt.secrets.value,
    base_url: str = BASE_URL,
    start_date: str | None = None,
    requests_per_minute: int = Connection.requests_per_minute,
    page_size: int = Connection.page_size,
    timeout_seconds: float = Connection.timeout_seconds,
    give_up_after_seconds: float = 300.0,
    lag_seconds: float = 900.0,
    reread_days: int = 0,
    tracking_calls_per_run: int = Connection.tracking_calls_per_run,
    personal_data: str = "keep",
    personal_data_salt: str | None = None,
) -> Iterator[DltResource]:
    """A ShipStation account as a dlt source; ``pipeline.run(shipsync.source())`` loads it anywhere.

    Arguments that are left out come from dlt's configuration, section ``sources.shipstation``; those
    that have a setting of shipsync's by their name mean the same. ``start_date`` (ISO 8601) is where a
    first load of shipments, labels and fulfillments begins. ``reread_days`` reads labels and
    fulfillments created in so many days again in each load, for changes that the order of the list
    hides. ``tracking_calls_per_run`` bounds the requests for tracking, one for each parcel.

    There is a resource for each raw table, with its columns and types: ``shipments``,
    ``shipment_items`` and so on. ``with_resources`` chooses among them; a list is read once, however
    many of its tables are chosen.

    Shipments, labels, fulfillments and tracking are merged on their id, lines replace those of their
    parent, whole lists replace their table. Where a destination cannot merge, as a folder of Parquet,
    dlt appends: the current row is the one with the latest ``observed_at``, and the lines that belong
    to it have its ``content_hash``.

    Against ``shipsync run`` there is no history, no events, no models, no check that a list was complete
    against what is stored, and no daily reading of voids. Nothing is ever written to the account.

    Raises ``ConfigurationError`` for a value out of range, dlt's ``ConfigFieldMissingException`` without
    a key, and while it is read the errors of reading, wrapped by dlt.
    """
    connection = Connection(
        name=SCHEMA_NAME,
        api_key=Secret(api_key),
        # Asked for by the type; a dlt pipeline has its own place for data, and nothing opens this.
        database=Path(),
        base_url=base_url,
        requests_per_minute=requests_per_minute,
        page_size=page_size,
        timeout_seconds=timeout_seconds,
        give_up_after=timedelta(seconds=give_up_after_seconds),
        lag=timedelta(seconds=lag_seconds),
        tracking_calls_per_run=tracking_calls_per_run,
        personal_data=_policy(personal_data),
        personal_data_salt=Secret(personal_data_salt) if personal_data_salt else None,
        read_only=True,
    )
    reader = AccountReader(connection, start=_start(start_date), reread_days=reread_days)
    for stream in STREAMS.values():
        pages = _pages(stream, reader)
        for table in stream.tables:
            yield _table(pages, table, is_whole=stream.reads_by is ReadsBy.SNAPSHOT)


def _pages(stream: Stream, reader: AccountReader) -> DltResource:
    """The resource that reads a list once for all its tables; an item is a page with its cursor."""
    name = f"{stream.name}_pages"
    lag_seconds = reader.connection.lag.total_seconds()

    @dlt.resource(name=name, selected=False)
    def along_cursor(
        cursor: dlt.sources.incremental[pendulum.DateTime] = dlt.sources.incremental(
            "cursor", lag=lag_seconds, on_cursor_value_missing="include"
        ),
    ) -> Iterator[Page]:
        read = reader.modified if stream.reads_by is ReadsBy.KEYSET else reader.latest
        reached = start = cursor.start_value
        for batch in read(stream, start, dlt.current.resource_state()):
            if batch.cursor is not None:
                # dlt takes nothing that lies before its start; a walk begins a millisecond earlier.
                reached = max(filter(None, (to_pendulum(batch.cursor), start)))
            yield {"tables": batch.tables} | ({"cursor": reached} if reached else {})

    @dlt.resource(name=name, selected=False)
    def whole() -> Iterator[Page]:
        if stream.reads_by is ReadsBy.PER_PARCEL:
            batches = reader.tracking(stream, dlt.current.resource_state())
        else:
            batches = reader.snapshot(stream, dlt.current.resource_state())
        yield from ({"tables": batch.tables} for batch in batches)

    return along_cursor if stream.is_incremental else whole


def _table(pages: DltResource, table: Table, *, is_whole: bool) -> DltResource:
    """``is_whole``: each load brings the whole table, its lines too."""

    @dlt.transformer(data_from=pages, name=table.name, **_present(table, is_whole))
    def rows(page: Page) -> Iterator[pa.Table]:
        if (found := page["tables"].get(table.name)) is not None:
            if is_whole and table.loading == "children":
                # Nothing is there for a mark of a parent without lines to take away.
                found = found.filter(found[IS_REMOVED].is_null())
            yield found.cast(schema)

    schema = _schema(table)
    return rows


def _present(table: Table, is_whole: bool) -> dict[str, Any]:
    """The hints by which ``table`` holds the present state: merged, or replaced as a whole."""
    columns: dict[str, Any] = {
        # dlt would give it a zone that nobody said.
        column.name: {"data_type": "timestamp", "timezone": False}
        for column in table.columns
        if column.kind is ColumnKind.LOCAL_TIME
    }
    if is_whole:
        return {"write_disposition": "replace", "columns": columns}
    merged = {"disposition": "merge", "strategy": "delete-insert"}
    if table.loading == "children":
        columns[IS_REMOVED] = {"hard_delete": True, "data_type": "bool"}
        return {"write_disposition": merged, "merge_key": list(table.key), "columns": columns}
    return {"write_disposition": merged, "primary_key": list(table.key), "columns": columns}


def _schema(table: Table) -> pa.Schema:
    """The table's Arrow schema, its key not null where rows are merged by it, as dlt wants it."""
    required = frozenset() if table.loading == "snapshot" else frozenset(table.key)
    fields = [field.with_nullable(field.name not in required) for field in table.arrow_schema]
    return pa.schema(fields)


def _policy(personal_data: str) -> PersonalData:
    # Checked by Connection, which names what it can be.
    return personal_data  # type: ignore[return-value]


def _start(start_date: str | None) -> datetime | None:
    if start_date is None:
        return None
    start = parse_instant(start_date)
    if start is None:
        raise ConfigurationError(
            f"start_date is {start_date!r}; give a day (2026-01-31) or an instant (2026-01-31T08:00:00Z)."
        )
    return start
