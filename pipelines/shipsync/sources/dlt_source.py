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
import weakref
from collections.abc import Callable, Generator, Iterator, MutableMapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

# As long as the user has not said otherwise, before dlt reads it.
os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")

import dlt
import pendulum
import pyarrow as pa
from dlt.extract import DltResource

from shipsync.api.paging import complete
from shipsync.api.session import Session
from shipsync.connection import BASE_URL, Connection, PersonalData, Secret
from shipsync.errors import ConfigurationError
from shipsync.sources.account_time import AccountTime
from shipsync.sources.batches import RowBatch
from shipsync.sources.canonical import content_hashes
from shipsync.sources.instants import parse_instant, to_pendulum
from shipsync.sources.keyset import KeysetWalk, Walked
from shipsync.sources.known import LOGGER, KnownRows, Recent, TrackedParcels, Warned
from shipsync.sources.newest_first import RecentWalk
from shipsync.sources.redaction import Redaction
from shipsync.sources.resources import SCHEMA_NAME, Page
from shipsync.sources.schema import IS_REMOVED, Table
from shipsync.sources.sifting import Sifting, Tally
from shipsync.sources.streams import STREAMS, ReadsBy, Stream
from shipsync.sources.tracking import tracking_pages

State = MutableMapping[str, Any]

# How many of the latest changes of labels and of fulfillments the state remembers.
FRONT_ROWS: Final = 2000
_TRACKED_FOR: Final = timedelta(days=21)


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

    A resource for each table: ``shipments`` with ``shipment_items``, ``shipment_packages`` and
    ``shipment_tags``; ``fulfillments``; ``labels`` with ``label_packages``; ``tracking`` with
    ``tracking_events``; and the lists that are read whole: ``inventory_levels``, ``products``,
    ``carriers`` with ``carrier_services``, ``warehouses``, ``inventory_warehouses``,
    ``inventory_locations``, ``tags``. ``with_resources`` chooses among them; a list is read once,
    however many of its tables are chosen. Columns and types are those of the raw tables.

    Shipments, labels, fulfillments and tracking are merged on their id, lines replace those of their
    parent, whole lists replace their table. Where a destination cannot merge, as a folder of Parquet,
    dlt appends: the current row is the one with the latest ``observed_at``, and the lines that belong
    to it have its ``content_hash``.

    Against ``shipsync run`` there is no history, no events, no models, no check that a list was complete
    against what is held, and no daily reading of voids. Nothing is ever written to the account.

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
            yield _table(pages, table)


class AccountReader:
    """Reads the lists of one account for dlt; what it must know of earlier loads is in ``state``.

    Each method gives batches of rows, and changes ``state``, which dlt keeps if the load succeeds. An
    id comes at most once in a load: a merge would keep the lines of both.
    """

    def __init__(
        self, connection: Connection, *, start: datetime | None = None, reread_days: int = 0
    ) -> None:
        self.connection = connection
        self._session = Session(connection)
        self._start = start
        self._reread = timedelta(days=reread_days)
        salt = connection.personal_data_salt
        self._redaction = Redaction(
            connection.personal_data, salt.reveal().encode() if salt else b""
        )
        # dlt says nothing when it is done with a source; so the connections end with the last of it.
        weakref.finalize(self, self._session.close)

    def modified(self, stream: Stream, start: datetime | None, state: State) -> Iterator[RowBatch]:
        """Rows modified from ``start`` (None: all) up to the account's time, each list page a batch."""
        time = AccountTime()
        recent = Recent(stream, time, self.connection.lag)
        walk = self._keyset(stream, time, start or self._start)
        batches = self._batches(stream, recent.noted(walk.pages()), time, state.get("recent", {}))
        is_whole = yield from _until_repeated(batches, recent.keep)
        state["recent"] = recent.hashes
        if is_whole:
            yield from _up_to_account_time(time)

    def latest(self, stream: Stream, start: datetime | None, state: State) -> Iterator[RowBatch]:
        """Rows of a list that shows no modification: along creation once, then the latest changes."""
        time = AccountTime()
        if not state.get("is_whole"):
            yield from self._created(stream, start or self._start, time, state)
            return
        met: dict[str, str] = {}
        front = state["front"]
        walk = self._recent(stream, time, front)
        yield from self._batches(stream, _each_once(walk.pages(), stream, met), time, front)
        rest = {key: digest for key, digest in front.items() if key not in met}
        state["front"] = _first({**met, **rest})
        if self._reread:
            again = self._keyset(stream, time, time.upper_bound - self._reread)
            batches = self._batches(stream, _each_once(again.pages(), stream, met), time, front)
            yield from (replace(batch, cursor=None) for batch in batches)

    def snapshot(self, stream: Stream) -> Iterator[RowBatch]:
        """The whole list, or ``IncompleteRead``."""
        assert stream.listing is not None
        time = AccountTime()
        whole = complete(self._session, stream.listing)
        time.observe(whole.server_time)
        page = Walked(whole.items, content_hashes(whole.items), None, whole.total)
        yield from self._batches(stream, iter([page]), time, {}, is_snapshot=True)

    def tracking(self, stream: Stream, state: State) -> Iterator[RowBatch]:
        """Tracking of labels of the last three weeks that are not known to be voided or delivered."""
        time = AccountTime()
        parcels = TrackedParcels(state.setdefault("parcels", {}))
        parcels.follow(self._session, time, _TRACKED_FOR)
        chosen = parcels.choose(self.connection.tracking_calls_per_run)
        known = parcels.hashes
        pages = parcels.noted(tracking_pages(self._session, time, chosen), chosen, time)
        yield from self._batches(stream, pages, time, known)

    def _created(
        self, stream: Stream, start: datetime | None, time: AccountTime, state: State
    ) -> Iterator[RowBatch]:
        """The first load of a list. What changes meanwhile stands before the front as it is now."""
        if "front" not in state:
            front: dict[str, str] = {}
            for page in _each_once(self._recent(stream, time, {}).pages(), stream, front):
                if not page.items or len(front) >= FRONT_ROWS:
                    break
            state["front"] = _first(front)
        walk = self._keyset(stream, time, start)
        is_whole = yield from _until_repeated(self._batches(stream, walk.pages(), time, {}))
        if is_whole:
            state["is_whole"] = True
            yield from _up_to_account_time(time)

    def _batches(
        self,
        stream: Stream,
        pages: Iterator[Walked],
        time: AccountTime,
        known: MutableMapping[str, str],
        *,
        is_snapshot: bool = False,
    ) -> Iterator[RowBatch]:
        sifting = Sifting(
            stream,
            KnownRows(known),
            time,
            self._redaction,
            Tally(),
            Warned(),
            is_snapshot=is_snapshot,
        )
        return sifting.batches(pages)

    def _keyset(self, stream: Stream, time: AccountTime, start: datetime | None) -> KeysetWalk:
        assert stream.listing is not None
        assert stream.cursor is not None
        return KeysetWalk(
            self._session,
            stream.listing,
            time,
            field=stream.cursor,
            window=stream.window,
            start=start,
        )

    def _recent(
        self, stream: Stream, time: AccountTime, known: MutableMapping[str, str]
    ) -> RecentWalk:
        assert stream.listing is not None
        return RecentWalk(self._session, stream.listing, time, KnownRows(known))


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
            batches = reader.snapshot(stream)
        yield from ({"tables": batch.tables} for batch in batches)

    return along_cursor if stream.is_incremental else whole


def _table(pages: DltResource, table: Table) -> DltResource:
    @dlt.transformer(data_from=pages, name=table.name, **_present(table))
    def rows(page: Page) -> Iterator[pa.Table]:
        if (found := page["tables"].get(table.name)) is not None:
            yield found.cast(schema)

    schema = _schema(table)
    return rows


def _present(table: Table) -> dict[str, Any]:
    """The hints by which ``table`` holds the present state: merged, or replaced as a whole."""
    if table.loading == "snapshot":
        return {"write_disposition": "replace"}
    hints: dict[str, Any] = {
        "write_disposition": {"disposition": "merge", "strategy": "delete-insert"}
    }
    if table.loading == "children":
        is_removed = {"hard_delete": True, "data_type": "bool"}
        return {**hints, "merge_key": list(table.key), "columns": {IS_REMOVED: is_removed}}
    return {**hints, "primary_key": list(table.key)}


def _schema(table: Table) -> pa.Schema:
    """The table's Arrow schema, its key not null where rows are merged by it, as dlt wants it."""
    required = frozenset() if table.loading == "snapshot" else frozenset(table.key)
    fields = [field.with_nullable(field.name not in required) for field in table.arrow_schema]
    return pa.schema(fields)


def _until_repeated(
    batches: Iterator[RowBatch], keep: Callable[[], None] = lambda: None
) -> Generator[RowBatch, None, bool]:
    """``batches`` up to the one that would bring an id a second time; whether that was all of them.

    The rest is for the next load, which goes on from the cursor of the last batch given.
    """
    given: set[str] = set()
    for batch in batches:
        if not given.isdisjoint(batch.ids):
            return False
        given |= batch.ids
        yield batch
        keep()
    return True


def _up_to_account_time(time: AccountTime) -> Iterator[RowBatch]:
    """Moves the cursor to T0, unless T0 is so likely wrong that it must not move one."""
    if time.complaint is None:
        yield RowBatch(time.upper_bound, {}, frozenset())
    else:
        LOGGER.warning("%s", time.complaint)


def _each_once(pages: Iterator[Walked], stream: Stream, met: dict[str, str]) -> Iterator[Walked]:
    """The rows of ``pages`` that are not in ``met``, which takes them up, id by id, in their order.

    One that was met and comes again has been pushed back; if it changed, the next load finds it in front.
    """
    for page in pages:
        fresh = {
            key: (item, digest)
            for item, digest in zip(page.items, page.hashes, strict=True)
            if (key := str(item.get(stream.id_key))) not in met
        }
        met.update({key: digest for key, (_, digest) in fresh.items()})
        items, hashes = [item for item, _ in fresh.values()], [d for _, d in fresh.values()]
        yield Walked(items, hashes, None, page.left)


def _first(front: dict[str, str]) -> dict[str, str]:
    return dict(list(front.items())[:FRONT_ROWS])


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
