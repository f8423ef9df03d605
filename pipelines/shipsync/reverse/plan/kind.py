"""What a kind of write says of itself to the table of kinds (``reverse.kinds``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from shipsync.clock import Pacing
from shipsync.reverse.outbox.finding import LATE_COMMIT_WAIT
from shipsync.reverse.outbox.redaction import Recorded
from shipsync.reverse.outbox.store import JsonObject
from shipsync.reverse.outbox.write import Write, WriteKind
from shipsync.reverse.plan.row import Family, Plan, PlanRow

if TYPE_CHECKING:
    from shipsync.api.session import Session


@dataclass(frozen=True)
class Means:
    """What the writes of a plan are carried out with; see ``LATE_COMMIT_WAIT`` for the wait."""

    session: Session
    pacing: Pacing
    late_commit_wait: timedelta = LATE_COMMIT_WAIT


@dataclass(frozen=True)
class Kind:
    """One kind of write, from a row of a plan to the outbox.

    ``name`` is its name in the outbox and in plans, ``family`` the commands that plan and apply it. ``open``
    makes the writes of a session, for a plan; ``write`` makes one write of a ready row, whose personal data
    the outbox keeps as ``Recorded`` says. ``columns`` are what a person looks for in a request: SKU and
    quantity, shipment and tracking number. ``figures`` is the dataclass of a row's own columns, if it has
    any, and ``shown`` are those that a plan shows in place of a key and a subject. ``depends_on_plan``: what
    it sends says what should be there, judged by what the plan saw, so it is rejected where another write of
    ours changed the place since.
    """

    name: str
    family: Family
    open: Callable[[Means, Plan], WriteKind[Any]]
    write: Callable[[PlanRow, Recorded], Write[Any]]
    columns: Callable[[JsonObject], Mapping[str, object]]
    figures: type[Any] | None = None
    shown: tuple[str, ...] = ()
    depends_on_plan: bool = False
