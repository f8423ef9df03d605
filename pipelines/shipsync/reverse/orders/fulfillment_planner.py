"""Planning fulfillments: each row against the shipments held, the account's carriers and the outbox."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
from shipsync.reverse.orders.shipment_planner import did_you_mean
from shipsync.reverse.orders.stored import StoredShipment, find_shipments, read_directory
from shipsync.reverse.outbox.store import LedgerEntry, Outbox
from shipsync.reverse.outbox.write import Write
from shipsync.reverse.plan.cells import flag, required
from shipsync.reverse.plan.input_files import InputRow, InputRows, check_columns
from shipsync.reverse.plan.write_plan import WritePlan, WriteRow, judged, known_before
from shipsync.reverse.plan.write_problem import InvalidWriteError, WriteProblem
from shipsync.reverse.stock.row import read_date

CALLS = 3
"""Two to read the shipment and its fulfillments, one to create."""

_FLAGS = ("notify_customer", "notify_order_source")
COLUMNS = frozenset({*ID_COLUMNS, KEY, *_FLAGS, "tracking_number", "carrier_code", "ship_date"})
REQUIRED = (frozenset(ID_COLUMNS), frozenset({"tracking_number"}), frozenset({"carrier_code"}))


def plan_fulfillments(
    con: duckdb.DuckDBPyConnection, given: InputRows, pace: RateSettings, *, now: datetime
) -> WritePlan:
    """A plan for the rows of a file; reads only.

    Raises ``InputFileError`` for a missing column and ``UsageError`` before the first sync.
    """
    ignored = check_columns(given, COLUMNS, REQUIRED)
    named = [ref for row in given.rows if (ref := reference(row.cells))]
    choice = choose(given.rows, find_shipments(con, named, pace.name), _key)
    keys = {_key(row, held) for row, held in choice.pairs(given.rows)}
    past = Outbox(con, pace.name, KIND).entries(keys)
    planner = _Planner(choice, read_directory(con).carrier_codes, past)
    rows = tuple(planner.row(row) for row in given.rows)
    return WritePlan((KIND,), pace.name, given.source, now, pace.requests_per_minute, rows, ignored)


@dataclass(frozen=True)
class _Planner:
    choice: ShipmentChoice
    carrier_codes: Collection[str]
    past: Mapping[str, LedgerEntry]

    def row(self, row: InputRow) -> WriteRow:
        """What is to become of one row."""
        asked = reference(row.cells) or "a shipment"
        subject = f"fulfill {asked} with {row.cells.get('tracking_number', 'no tracking number')}"
        return judged(KIND, row.line, subject, CALLS, lambda: self._judge(row), row.cells.get(KEY))

    def _judge(self, row: InputRow) -> Write[Fulfilling] | str:
        cells = row.cells
        held = self.choice.only(cells)
        key = _key(row, held)
        self.choice.check_key(key)
        number = required(cells, "tracking_number", "give the number that the carrier gave")
        carrier = required(cells, "carrier_code", "say who carries it, such as ups")
        self._check_carrier(carrier)
        body = {
            "shipment_id": held.shipment_id,
            "tracking_number": number,
            "carrier_code": carrier,
            "ship_date": read_date(cells, "ship_date"),
            **{name: flag(cells, name) for name in _FLAGS},
        }
        write = fulfilling(
            key,
            f"fulfill {held.shipment_id} with {carrier} {number}",
            {name: value for name, value in body.items() if value is not None},
        )
        entry = self.past.get(key)
        if done := known_before(entry, write.recorded, f"The fulfillment {key!r}"):
            return done
        if (entry is None or not entry.is_unsettled) and (reason := _needless(held, number)):
            return reason
        return write

    def _check_carrier(self, code: str) -> None:
        if self.carrier_codes and code not in self.carrier_codes:
            raise InvalidWriteError(
                WriteProblem.UNKNOWN_CARRIER_CODE,
                value=code,
                hint=did_you_mean(code, self.carrier_codes),
                known=", ".join(self.carrier_codes),
            )


def _needless(held: StoredShipment, number: str) -> str | None:
    """Why the shipment needs no fulfillment; raises ``InvalidWriteError`` if it can have none."""
    wanted = same_number(number)
    if any(same_number(known) == wanted for known in held.tracking_numbers):
        return "It is fulfilled with this tracking number already."
    if held.status == CANCELLED:
        raise InvalidWriteError(WriteProblem.CANCELLED, shipment_id=held.shipment_id)
    if held.labels:
        labels = ", ".join(str(label) for label in held.labels)
        raise InvalidWriteError(WriteProblem.HAS_LABEL, shipment_id=held.shipment_id, labels=labels)
    if held.tracking_numbers:
        numbers = ", ".join(held.tracking_numbers)
        raise InvalidWriteError(
            WriteProblem.FULFILLED, shipment_id=held.shipment_id, numbers=numbers
        )
    return None


def _key(row: InputRow, held: StoredShipment) -> str:
    """The row's own key, or one that can be typed after `stock resolve` as it stands."""
    number = same_number(row.cells.get("tracking_number")).upper()
    return key_of(row.cells, f"{held.shipment_id}:{number}")
