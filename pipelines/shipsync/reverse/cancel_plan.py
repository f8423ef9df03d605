"""Planning cancellations: each named shipment against what is held, with the voids that go before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb

from shipsync.connection import Pace
from shipsync.reverse import cancel_writes, void_writes
from shipsync.reverse.cancel_writes import CANCELLED, Cancellation
from shipsync.reverse.held_orders import HeldLabel, HeldShipment, find_shipments
from shipsync.reverse.input_file import InputRow, InputRows, check_columns
from shipsync.reverse.outbox import Entry, Outbox
from shipsync.reverse.shipment_choice import ID_COLUMNS, Choice, choose, reference
from shipsync.reverse.void_writes import Voiding
from shipsync.reverse.write import Write
from shipsync.reverse.write_plan import WritePlan, WriteRow, judged, known_before
from shipsync.reverse.write_problem import InvalidWriteError, WriteProblem

CANCEL_CALLS = 2
"""One to read the status, one to cancel."""

VOID_CALLS = 2
"""One to read the label, one to void it."""

_LABEL_CALLS = 1


@dataclass(frozen=True)
class CancelPlan:
    """The cancellations, and the labels that are voided before them (none unless that was asked for)."""

    voids: WritePlan[Voiding]
    cancels: WritePlan[Cancellation]

    @property
    def has_invalid(self) -> bool:
        """Whether a row has to be mended before it can be sent."""
        return self.cancels.has_invalid


def plan_cancels(
    con: duckdb.DuckDBPyConnection,
    given: InputRows,
    pace: Pace,
    *,
    now: datetime,
    void_labels: bool = False,
) -> CancelPlan:
    """A plan for the shipments that the rows name; reads only.

    Without ``void_labels`` a shipment with a live label is invalid. Raises ``InputFileError`` for a
    missing column and ``UsageError`` before the first sync.
    """
    ignored = check_columns(given, frozenset(ID_COLUMNS), (frozenset(ID_COLUMNS),))
    named = [ref for row in given.rows if (ref := reference(row.cells))]
    held = find_shipments(con, named, pace.name)
    ids = {found.shipment_id for several in held.values() for found in several}
    past = Outbox(con, pace.name, cancel_writes.KIND).entries(ids)
    planner = _Planner(choose(given.rows, held), past, void_labels)
    rows = tuple(planner.row(row) for row in given.rows)
    cancels = WritePlan(
        cancel_writes.KIND,
        pace.name,
        given.source,
        now,
        pace.requests_per_minute,
        rows,
        ignored,
    )
    voids = WritePlan(
        void_writes.KIND,
        pace.name,
        given.source,
        now,
        pace.requests_per_minute,
        tuple(
            _void(row.line, label, shipment) for row, label, shipment in planner.in_the_way(rows)
        ),
    )
    return CancelPlan(voids, cancels)


@dataclass(frozen=True)
class _Planner:
    choice: Choice
    past: Mapping[str, Entry]
    void_labels: bool

    def row(self, row: InputRow) -> WriteRow[Cancellation]:
        """What is to become of one row."""
        asked = reference(row.cells) or "a shipment"
        calls = CANCEL_CALLS + (_LABEL_CALLS if self._labels(asked) else 0)
        return judged(row.line, f"cancel {asked}", calls, lambda: self._judge(row), asked)

    def in_the_way(
        self, rows: tuple[WriteRow[Cancellation], ...]
    ) -> list[tuple[WriteRow[Cancellation], HeldLabel, HeldShipment]]:
        """The live labels of what is to be cancelled."""
        held = {
            found.shipment_id: found for several in self.choice.held.values() for found in several
        }
        ready = [(row, held[row.write.action.shipment_id]) for row in rows if row.write]
        return [(row, label, shipment) for row, shipment in ready for label in shipment.labels]

    def _labels(self, asked: str) -> tuple[HeldLabel, ...]:
        found = self.choice.held.get(asked, [])
        return found[0].labels if found else ()

    def _judge(self, row: InputRow) -> Write[Cancellation] | str:
        held = self.choice.one(row.cells)
        if (first := self.choice.first_line(held)) != row.line:
            return f"It stands on line {first} already."
        request = {"shipment_id": held.shipment_id}
        entry = self.past.get(held.shipment_id)
        named = f"The cancellation of {held.shipment_id}"
        if done := known_before(entry, request, named):
            return done
        if held.status == CANCELLED and (entry is None or not entry.is_unsettled):
            return "It is cancelled already."
        if held.labels and not self.void_labels:
            raise InvalidWriteError(
                WriteProblem.LIVE_LABEL,
                shipment_id=held.shipment_id,
                labels=", ".join(str(label) for label in held.labels),
            )
        return Write(
            key=held.shipment_id,
            subject=f"cancel {_named(held)}",
            places=(f"shipment {held.shipment_id}",),
            request=request,
            may_be_repeated=True,
            action=Cancellation(held.shipment_id),
        )


def _void(line: int, label: HeldLabel, held: HeldShipment) -> WriteRow[Voiding]:
    write = Write(
        key=label.label_id,
        subject=f"void {label.label_id} of {_named(held)}",
        places=(f"label {label.label_id}",),
        request={"label_id": label.label_id, "shipment_id": held.shipment_id},
        may_be_repeated=True,
        action=Voiding(label.label_id, held.shipment_id),
    )
    return judged(line, write.subject, VOID_CALLS, lambda: write)


def _named(held: HeldShipment) -> str:
    names = [held.shipment_number or held.external_shipment_id]
    return f"{held.shipment_id} ({names[0]})" if names[0] else held.shipment_id
