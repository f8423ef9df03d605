"""A plan of stock changes: what each row would do, decided before anything is sent.

::

    rows ──▶ drafts (text read, locations found, keys given)
                └──▶ ready | no_op | invalid, against the observed stock, the outbox and each other
                        └──▶ guard rails, calls and minutes

Nothing here talks to the account or writes to the database; a plan is a value, and a file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shipsync.reverse.plan.problems import Problem
from shipsync.reverse.stock.change import Change, StockAction, from_request


class Status(StrEnum):
    """What is to become of a row."""

    READY = "ready"
    NO_OP = "no_op"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One row of a plan.

    ``on_hand``, ``allocated`` and ``wanted`` are units at the row's location: observed, claimed by
    orders, and as they would be afterwards; None where the row could not be read so far. ``request`` is
    the body that would be sent; ``calls`` counts it and the readings that belong to it alone.
    """

    line: int
    status: Status
    key: str | None = None
    sku: str | None = None
    inventory_location_id: str | None = None
    location: str | None = None
    action: Change | None = None
    quantity: int | None = None
    on_hand: int | None = None
    allocated: int | None = None
    wanted: int | None = None
    difference: int | None = None
    calls: int = 0
    problem: Problem | None = None
    reason: str | None = None
    request: Mapping[str, object] | None = None

    @property
    def stock_action(self) -> StockAction:
        """What ``request`` says; for ready rows."""
        if self.request is None:
            raise ValueError(f"line {self.line} is {self.status}, it has no request")
        return from_request(self.request)


@dataclass(frozen=True)
class Plan:
    """Rows with their outcome so far, and what it would take to carry out the ready ones.

    ``observed_at`` is when the stock was last read, by the account's clock, ``observation_minutes`` how
    long before ``created_at`` (our clock) that was. ``calls`` and ``minutes`` are at the account's rate.
    A plan with an entry in ``stopped_by`` is not applied; ``ledger_id`` names the ledger that says what was
    sent of it.
    """

    connection: str
    source: str
    created_at: datetime
    observed_at: datetime
    observation_minutes: float
    observed_levels: int
    requests_per_minute: int
    calls: int
    stopped_by: tuple[str, ...]
    ignored_columns: tuple[str, ...]
    rows: tuple[PlanRow, ...]
    ledger_id: str | None = None

    @property
    def ready(self) -> tuple[PlanRow, ...]:
        """The rows that would be sent."""
        return tuple(row for row in self.rows if row.status is Status.READY)

    @property
    def minutes(self) -> float:
        """How long the calls take at the account's rate."""
        return self.calls / self.requests_per_minute

    @property
    def needs_person(self) -> bool:
        """Whether something has to be mended before all of it can be carried out."""
        return bool(self.stopped_by) or self.count(Status.INVALID) > 0

    def count(self, status: Status) -> int:
        """How many rows have this status."""
        return Counter(row.status for row in self.rows)[status]
