"""Planning fulfillments: each row against the stored shipments, the account's carriers and the outbox."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from shipsync.connection import RateSettings
from shipsync.reverse.orders.choice import (
    ID_COLUMNS,
    KEY,
    ShipmentChoice,
    choose,
    key_of,
    reference,
)
from shipsync.reverse.orders.fulfillment_kind import KIND, Fulfilling, fulfilling, same_number
from shipsync.reverse.orders.live import CANCELLED
from shipsync.reverse.orders.stored import (
    StoredShipment,
    find_gone,
    find_shipments,
    read_directory,
    shipments_with,
)
from shipsync.reverse.outbox.store import LedgerEntry, Outbox
from shipsync.reverse.outbox.write import Write
from shipsync.reverse.plan.cells import date, did_you_mean, flag, required
from shipsync.reverse.plan.input_files import InputRow, InputRows, check_columns
from shipsync.reverse.plan.problems import InvalidRowError, Problem, lines_by, listed
from shipsync.reverse.plan.progress import PlanProgress, unwatched, watched
from shipsync.reverse.plan.row import Plan, PlanRow, Status, judged, known_before
from shipsync.reverse.plan.spoiled_cells import check_cells

CALLS = 3
"""Two to read the shipment and its fulfillments, one to create."""

_FLAGS = ("notify_customer", "notify_order_source")
COLUMNS = frozenset({*ID_COLUMNS, KEY, *_FLAGS, "tracking_number", "carrier_code", "ship_date"})
REQUIRED = (frozenset(ID_COLUMNS), frozenset({"tracking_number"}), frozenset({"carrier_code"}))


def plan_fulfillments(
    con: duckdb.DuckDBPyConnection,
    given: InputRows,
    pace: RateSettings,
    *,
    now: datetime,
    progress: PlanProgress = unwatched,
) -> Plan:
    """A plan for the rows of a file; reads only.

    Raises ``InputFileError`` for a missing column and ``UsageError`` before the first sync.
    """
    ignored = check_columns(given, COLUMNS, REQUIRED)
    named = [ref for row in given.rows if (ref := reference(row.cells))]
    stored = find_shipments(con, named, pace.name)
    choice = choose(given.rows, stored, _key, find_gone(con, named))
    keys = {_key(row, stored) for row, stored in choice.pairs(given.rows)}
    past = Outbox(con, pace.name, KIND).entries(keys)
    planner = _Planner(choice, read_directory(con).carrier_codes, past)
    given_rows = watched(given.rows, progress, "compared", len(given.rows))
    rows = tuple(planner.row(row) for row in given_rows)
    return Plan(
        family="fulfillments",
        kinds=(KIND,),
        connection=pace.name,
        source=given.source,
        created_at=now,
        requests_per_minute=pace.requests_per_minute,
        rows=rows,
        ignored_columns=ignored,
        warnings=(*_shared(rows), *_known_elsewhere(con, rows)),
    )


def _shared(rows: Sequence[PlanRow]) -> Iterator[str]:
    """A sentence for each tracking number that several shipments would get."""
    ready = (row for row in rows if row.request is not None)
    for number, lines in lines_by((_number(row), row.line) for row in ready).items():
        if len(lines) > 1:
            yield (
                f"Tracking number {number} stands on {listed(lines)}, for {len(lines)} shipments. That is "
                "right for orders in one box; look whether it is meant."
            )


def _known_elsewhere(con: duckdb.DuckDBPyConnection, rows: Sequence[PlanRow]) -> Iterator[str]:
    """A sentence for each tracking number that another shipment has already."""
    ready = {_number(row): row for row in rows if row.request is not None}
    for number, shipment_id in shipments_with(con, ready):
        row = ready[number]
        if row.request is not None and row.request["shipment_id"] != shipment_id:
            yield (
                f"Tracking number {number} on line {row.line} is that of shipment {shipment_id} already; "
                "look whether it is meant."
            )


def _number(row: PlanRow) -> str:
    return same_number((row.request or {}).get("tracking_number")).upper()


@dataclass(frozen=True)
class _Planner:
    choice: ShipmentChoice
    carrier_codes: Collection[str]
    past: Mapping[str, LedgerEntry]

    def row(self, row: InputRow) -> PlanRow:
        """What is to become of one row."""
        asked = reference(row.cells) or "a shipment"
        number = row.cells.get("tracking_number", "no tracking number")
        draft = PlanRow(
            KIND,
            row.line,
            Status.READY,
            key=row.cells.get(KEY),
            subject=f"fulfill {asked} with {number}",
            calls=CALLS,
        )
        return judged(draft, lambda: self._judge(row))

    def _judge(self, row: InputRow) -> Write[Fulfilling] | str:
        cells = row.cells
        check_cells(cells)
        stored = self.choice.only(cells)
        key = _key(row, stored)
        self.choice.check_key(key)
        number = required(cells, "tracking_number", "Give the number that the carrier gave.")
        carrier = required(cells, "carrier_code", "Say who carries it, such as ups.")
        self._check_carrier(carrier)
        body = {
            "shipment_id": stored.shipment_id,
            "tracking_number": number,
            "carrier_code": carrier,
            "ship_date": date(cells, "ship_date"),
            **{name: flag(cells, name) for name in _FLAGS},
        }
        write = fulfilling(
            key,
            f"fulfill {stored.shipment_id} with {carrier} {number}",
            {name: value for name, value in body.items() if value is not None},
        )
        entry = self.past.get(key)
        named = None if KEY in cells else f"The fulfillment {key!r}"
        if done := known_before(entry, write.recorded, named):
            return done
        if (entry is None or not entry.is_unsettled) and (reason := _needless(stored, number)):
            return reason
        return write

    def _check_carrier(self, code: str) -> None:
        if self.carrier_codes and code not in self.carrier_codes:
            raise InvalidRowError(
                Problem.UNKNOWN_CARRIER_CODE,
                value=code,
                hint=did_you_mean(code, self.carrier_codes),
                known=", ".join(self.carrier_codes),
            )


def _needless(stored: StoredShipment, number: str) -> str | None:
    """Why the shipment needs no fulfillment; raises ``InvalidRowError`` if it can have none."""
    wanted = same_number(number)
    if any(same_number(known) == wanted for known in stored.tracking_numbers):
        return "It is fulfilled with this tracking number already."
    if stored.status == CANCELLED:
        raise InvalidRowError(Problem.CANCELLED, shipment_id=stored.shipment_id)
    if stored.labels:
        labels = ", ".join(str(label) for label in stored.labels)
        raise InvalidRowError(Problem.HAS_LABEL, shipment_id=stored.shipment_id, labels=labels)
    if stored.tracking_numbers:
        numbers = ", ".join(stored.tracking_numbers)
        raise InvalidRowError(Problem.FULFILLED, shipment_id=stored.shipment_id, numbers=numbers)
    return None


def _key(row: InputRow, stored: StoredShipment) -> str:
    """The row's own key, or one that can be typed after `writes resolve` as it stands."""
    number = same_number(row.cells.get("tracking_number")).upper()
    return key_of(row.cells, f"{stored.shipment_id}:{number}")
