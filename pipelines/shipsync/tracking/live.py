"""Asking the account where an order is, with the few calls that takes, and keeping what it says.

::

    what is stored names it    ──▶ its shipments by number ──▶ their labels ──▶ each parcel under way
    nothing stored: by number, external id, tracking number, sales order, until one answers ──┘

A row is loaded as a sync would load it, under the run lock; a sync that follows reads on from where
the last one stopped, and finds these rows stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import duckdb

from shipsync.api import endpoints
from shipsync.api.endpoints import Listing
from shipsync.api.page import object_of
from shipsync.api.paging import Item, follow
from shipsync.api.session import Session
from shipsync.connection import Connection
from shipsync.errors import RequestRejected, ShipsyncError, UnknownOrder, UsageError
from shipsync.sources.streams import STREAMS, TRACKING
from shipsync.sync.context import RunContext, RunRequest, StreamRun
from shipsync.sync.gone import load_present, settle_absent
from shipsync.sync.out_of_band import load_apart
from shipsync.sync.tracking import ask as ask_parcels
from shipsync.tracking.numbers import Numbers
from shipsync.tracking.order import Order, Parcel
from shipsync.tracking.parcels import box_id
from shipsync.tracking.reading import find_order
from shipsync.tracking.references import OwnAffixes, folded, spellings
from shipsync.tracking.situations import ENDED, situation_of
from shipsync.warehouse import lock, runs
from shipsync.warehouse.database import connect, explained
from shipsync.warehouse.ledger import migrate
from shipsync.warehouse.load import Loader

_COMMAND: Final = "track"
# What ShipStation's own ids begin with.
_OF_SHIPSTATION: Final = "se-"


@dataclass(frozen=True)
class _Search:
    """One way to find an order: rows of ``listing`` with ``value`` in ``field``."""

    listing: Listing
    field: str
    value: str

    def matches(self, row: Item) -> bool:
        """Whether the row is meant; a server that doesn't know a filter answers with any rows."""
        if self.field != "sales_order_id":
            return self._names(row)
        items = row.get("items")
        return isinstance(items, list) and any(
            self._names(item) for item in items if isinstance(item, dict)
        )

    def _names(self, row: Item) -> bool:
        return str(row.get(self.field)).casefold() == self.value.casefold()


def ask(connection: Connection, session: Session, reference: str) -> Order:
    """The order that ``reference`` means, as the account tells it now; what it tells is stored.

    One of its shipments that the account knows no more is closed, as a sync would close it. A stored order
    costs a call for its shipments, one for the labels of each, one for each parcel that is
    not over; an order that isn't stored costs up to eight more to be found, and can't be by its external
    order id, which the API has no filter for. Raises ``UsageError`` for an empty reference,
    ``UnknownOrder``, ``AmbiguousOrder``, ``LockHeld`` while a run is at work, and the errors of reading.
    """
    if not spellings(reference):
        raise UsageError(
            f"{reference!r} names no order; give a number, an id or a tracking number."
        )
    file = connection.database
    with lock.hold(file), explained(file), connect(file) as con:
        migrate(con)
        requests_before = session.requests_sent
        run_id = runs.begin(con, _COMMAND)
        error: str | None = "interrupted"
        try:
            loader = Loader(con, file)
            loader.prepare()
            run = RunContext(connection, session, con, loader, RunRequest(), run_id=run_id)
            own = OwnAffixes(
                connection.order_prefixes, connection.order_suffixes, connection.merchant.zone
            )
            order = _Asking(run, own).order(reference)
            error = None
        except ShipsyncError as failure:
            error = str(failure)
            raise
        finally:
            outcome: runs.RunOutcome = "failed" if error else "done"
            runs.end(
                con, run_id, outcome, requests=session.requests_sent - requests_before, error=error
            )
        return order


class _Asking:
    """The calls of one question, and what they brought."""

    def __init__(self, run: RunContext, own: OwnAffixes) -> None:
        self._run = run
        self._own = own
        self._con: duckdb.DuckDBPyConnection = run.con
        self._streams: dict[str, StreamRun] = {}

    def order(self, reference: str) -> Order:
        """See ``ask``."""
        held = self._held(reference)
        if held is None:
            self._find(reference)
        else:
            met = self._read_shipments(held.order_id, [s.shipment_id for s in held.shipments])
            self._settle(held, met)
        found = self._held(reference)
        if found is None:
            raise UnknownOrder(
                f"Neither the database nor the account knows {reference!r} as a shipment number, an "
                "external shipment id, a sales order or a tracking number; external order ids can't be "
                "asked for."
            )
        self._read_parcels(found, reference)
        asked_at = self._run.time.upper_bound
        carriers = dict(_worth_asking(find_order(self._con, reference, self._own), asked_at))
        if carriers:
            ask_parcels(self._stream(TRACKING), list(carriers), carriers)
        return _seen(find_order(self._con, reference, self._own), asked_at)

    def _read_parcels(self, order: Order, reference: str) -> None:
        """Load the labels of each shipment, and the fulfillments of those that have none under way."""
        for shipment in order.shipments:
            self._read(_Search(endpoints.LABELS, "shipment_id", shipment.shipment_id))
        for shipment in find_order(self._con, reference, self._own).shipments:
            if shipment.parcel is None:
                self._read(_Search(endpoints.FULFILLMENTS, "shipment_id", shipment.shipment_id))

    def _held(self, reference: str) -> Order | None:
        try:
            return find_order(self._con, reference, self._own)
        except UnknownOrder:
            return None

    def _find(self, reference: str) -> None:
        """Load the shipments that the first answering search finds, and all that the number may mean."""
        if reference.strip().startswith(_OF_SHIPSTATION):
            self._read_shipments(None, [reference.strip()])
            if self._held(reference):
                return
        for searches in _searches(reference, Numbers(self._con, self._own)):
            # Whichever way of writing a number is found first, another may be that of another buyer.
            found = [row for search in searches for row in self._read(search)]
            if not found:
                continue
            if searches[0].listing is not endpoints.SHIPMENTS:
                for shipment_id in dict.fromkeys(str(row.get("shipment_id")) for row in found):
                    self._read_shipments(None, [shipment_id])
            return

    def _settle(self, held: Order, met: Sequence[str]) -> None:
        """Close those shipments of a stored order that the account proves to know no more."""
        current = [s.shipment_id for s in held.shipments if s.closed_because is None]
        absent = [shipment_id for shipment_id in current if shipment_id not in met]
        stream = self._stream(endpoints.SHIPMENTS.stream)
        load_present(stream, settle_absent(stream, absent, stored=len(current), met=met))

    def _read_shipments(self, number: str | None, shipment_ids: Iterable[str]) -> list[str]:
        """Load the shipments of a number, or those of the ids one by one; gives the ids that came."""
        search = _Search(endpoints.SHIPMENTS, "shipment_number", number or "")
        if number is not None and (rows := self._read(search)):
            return [str(row.get("shipment_id")) for row in rows]
        met = []
        for shipment_id in shipment_ids:
            path, stream = endpoints.shipment(shipment_id), endpoints.SHIPMENTS.stream
            try:
                answer = self._run.session.read(path, stream=stream)
            except RequestRejected:
                continue
            self._run.time.observe(answer.server_time)
            body = object_of(answer, path, stream)
            self._load(endpoints.SHIPMENTS, [body])
            met.append(str(body.get("shipment_id")))
        return met

    def _read(self, search: _Search) -> list[Item]:
        """Load the rows that a search finds on its first page, and give them."""
        session, listing = self._run.session, search.listing
        query: dict[str, str | int | bool] = {
            search.field: search.value,
            "page_size": session.page_size(listing),
        }
        try:
            page = next(follow(session, listing.path, query, listing.items_key, listing.stream))
        except RequestRejected:
            # What is no id is refused as a value of a filter that takes ids.
            return []
        self._run.time.observe(page.server_time)
        rows = [row for row in page.items if search.matches(row)]
        if rows:
            self._load(listing, rows)
        return rows

    def _load(self, listing: Listing, rows: Sequence[Item]) -> None:
        load_apart(self._stream(listing.stream), rows)

    def _stream(self, name: str) -> StreamRun:
        if name not in self._streams:
            self._streams[name] = StreamRun(self._run, STREAMS[name])
        return self._streams[name]


def _searches(reference: str, numbers: Numbers) -> Iterator[list[_Search]]:
    """Ways to find an order that isn't stored, the likeliest first; those in one list are asked together."""
    written = spellings(reference)
    plain = written[0].lstrip("#").strip()
    closed = "".join(plain.split()).upper()
    parcels = [
        [_Search(endpoints.LABELS, "tracking_number", closed)],
        [_Search(endpoints.FULFILLMENTS, "tracking_number", closed)],
    ]
    looks_tracked = len(closed) >= 10 and any(character.isdigit() for character in closed)
    yield from parcels[:1] if looks_tracked else ()
    yield _numbers(dict.fromkeys((*written, folded(reference), f"#{plain}")))
    yield [_Search(endpoints.SHIPMENTS, "external_shipment_id", plain)]
    yield [_Search(endpoints.SHIPMENTS, "sales_order_id", plain)]
    yield from parcels[1:] if looks_tracked else parcels
    yield _numbers(numbers.affixed(reference))


def _numbers(ways: Iterable[str]) -> list[_Search]:
    # The filter knows no case.
    distinct = {way.casefold(): way for way in reversed(list(ways)) if way}
    return [
        _Search(endpoints.SHIPMENTS, "shipment_number", way) for way in reversed(distinct.values())
    ]


def _worth_asking(order: Order, now: datetime) -> Iterator[tuple[str, str]]:
    """The ids of parcels that are not over, further boxes of a label included, each with its carrier."""
    for shipment in order.shipments:
        for parcel in shipment.under_way:
            if parcel.label_id is None or situation_of(shipment, parcel, now) in ENDED:
                continue
            further = (number for number in parcel.boxes if number != parcel.tracking_number)
            for parcel_id in (parcel.parcel_id, *(box_id(parcel.label_id, n) for n in further)):
                yield parcel_id, parcel.carrier or ""


def _seen(order: Order, asked_at: datetime) -> Order:
    """The order as of now, also where the account had nothing new to say."""
    return replace(
        order,
        shipments=tuple(
            replace(
                shipment,
                known_at=asked_at,
                parcels=tuple(_parcel_seen(parcel, asked_at) for parcel in shipment.parcels),
            )
            for shipment in order.shipments
        ),
    )


def _parcel_seen(parcel: Parcel, asked_at: datetime) -> Parcel:
    # A label's own state is as old as its last poll; of the others the lists have just told all.
    return parcel if parcel.label_id else replace(parcel, known_at=asked_at)
