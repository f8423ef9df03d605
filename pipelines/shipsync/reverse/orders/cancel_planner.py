"""Planning cancellations: each named shipment against what is stored, with the voids that go before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb

from shipsync.connection import RateSettings
from shipsync.reverse.orders import cancel_kind, void_kind
from shipsync.reverse.orders.cancel_kind import Cancellation, cancellation
from shipsync.reverse.orders.choice import (
    ID_COLUMNS,
    KEY,
    ShipmentChoice,
    choose,
    key_of,
    reference,
)
from shipsync.reverse.orders.live import CANCELLED
from shipsync.reverse.orders.stored import StoredShipment, find_gone, find_shipments
from shipsync.reverse.orders.void_kind import voiding
from shipsync.reverse.outbox.store import LedgerEntry, Outbox
from shipsync.reverse.outbox.write import Write
from shipsync.reverse.plan.input_files import InputRow, InputRows, check_columns
from shipsync.reverse.plan.problems import InvalidRowError, Problem
from shipsync.reverse.plan.progress import PlanProgress, unwatched, watched
from shipsync.reverse.plan.row import Plan, PlanRow, Status, judged, known_before
from shipsync.reverse.plan.spoiled_cells import check_cells

CANCEL_CALLS = 3
"""Two to read the shipment and its fulfillments, one to cancel."""

VOID_CALLS = 2
"""One to read the label, one to void it."""

_LABEL_CALLS = 1


def plan_cancels(
    con: duckdb.DuckDBPyConnection,
    given: InputRows,
    pace: RateSettings,
    *,
    now: datetime,
    void_labels: bool = False,
    progress: PlanProgress = unwatched,
) -> Plan:
    """A plan for the shipments that the rows name; reads only.

    Without ``void_labels`` a shipment with a live label is invalid; with it, a row for each label comes
    before the one that cancels. Raises ``InputFileError`` for a missing column and ``UsageError`` before
    the first sync.
    """
    ignored = check_columns(given, frozenset({*ID_COLUMNS, KEY}), (frozenset(ID_COLUMNS),))
    named = [ref for row in given.rows if (ref := reference(row.cells))]
    stored = find_shipments(con, named, pace.name)
    choice = choose(given.rows, stored, _key, find_gone(con, named))
    keys = {_key(row, stored) for row, stored in choice.pairs(given.rows)}
    past = Outbox(con, pace.name, cancel_kind.KIND).entries(keys)
    planner = _Planner(choice, past, void_labels)
    given_rows = watched(given.rows, progress, "compared", len(given.rows))
    rows = tuple(planned for row in given_rows for planned in planner.rows(row))
    return Plan(
        family="shipments",
        # Voids also where there are none: what an earlier run left open of them is settled.
        kinds=(void_kind.KIND, cancel_kind.KIND),
        connection=pace.name,
        source=given.source,
        created_at=now,
        requests_per_minute=pace.requests_per_minute,
        rows=rows,
        ignored_columns=ignored,
    )


@dataclass(frozen=True)
class _Planner:
    choice: ShipmentChoice
    past: Mapping[str, LedgerEntry]
    void_labels: bool

    def rows(self, row: InputRow) -> Iterator[PlanRow]:
        """What is to become of one row: the voids, if any, then the cancellation."""
        asked = reference(row.cells)
        stored = next(iter(self.choice.stored.get(asked or "", ())), None)
        labels = stored.labels if stored is not None else ()
        calls = CANCEL_CALLS + (_LABEL_CALLS if labels else 0)
        draft = PlanRow(
            cancel_kind.KIND,
            row.line,
            Status.READY,
            key=row.cells.get(KEY, asked),
            subject=f"cancel {asked or 'a shipment'}",
            calls=calls,
        )
        cancel = judged(draft, lambda: self._judge(row))
        if cancel.status is Status.READY and stored is not None:
            for label in labels:
                yield _void(row.line, label.label_id, stored)
        yield cancel

    def _judge(self, row: InputRow) -> Write[Cancellation] | str:
        check_cells(row.cells)
        stored = self.choice.one(row.cells)
        key = _key(row, stored)
        self.choice.check_key(key)
        if (first := self.choice.first_line(stored)) != row.line:
            return f"It stands on line {first} already."
        shipment_id = stored.shipment_id
        write = cancellation(key, f"cancel {_named(stored)}", shipment_id)
        entry = self.past.get(key)
        named = None if KEY in row.cells else f"The cancellation of {shipment_id}"
        if done := known_before(entry, write.recorded, named):
            return done
        if stored.status == CANCELLED and (entry is None or not entry.is_unsettled):
            return "It is cancelled already."
        if stored.tracking_numbers and (entry is None or not entry.is_unsettled):
            numbers = ", ".join(stored.tracking_numbers)
            raise InvalidRowError(Problem.MARKED_SHIPPED, shipment_id=shipment_id, numbers=numbers)
        if stored.labels and not self.void_labels:
            raise InvalidRowError(
                Problem.LIVE_LABEL,
                shipment_id=shipment_id,
                labels=", ".join(str(label) for label in stored.labels),
            )
        return write


def _key(row: InputRow, stored: StoredShipment) -> str:
    return key_of(row.cells, stored.shipment_id)


def _void(line: int, label_id: str, stored: StoredShipment) -> PlanRow:
    write = voiding(f"void {label_id} of {_named(stored)}", label_id, stored.shipment_id)
    draft = PlanRow(void_kind.KIND, line, Status.READY, calls=VOID_CALLS)
    return judged(draft, lambda: write)


def _named(stored: StoredShipment) -> str:
    names = [stored.shipment_number or stored.external_shipment_id]
    return f"{stored.shipment_id} ({names[0]})" if names[0] else stored.shipment_id
