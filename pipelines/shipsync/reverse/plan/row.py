"""A plan: what each row would do to the account, decided before anything is sent.

::

    rows of a file ──▶ drafts (cells read, what they name found, keys given)
                          └──▶ ready | no_op | invalid, against what is stored, the outbox and each other
                                  └──▶ guard rails, calls and minutes

The same for every kind of write. Nothing here talks to the account or writes to the database; a plan is a
value, and a file (``file``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, TypeAlias

from shipsync.reverse.outbox.store import LedgerEntry
from shipsync.reverse.outbox.write import Write
from shipsync.reverse.plan.problems import InvalidRowError, Problem

Family: TypeAlias = Literal["stock", "shipments", "fulfillments"]
"""The commands that make and apply a plan: ``shipsync stock``, ``shipsync shipments`` and so on."""


class Status(StrEnum):
    """What is to become of a row."""

    READY = "ready"
    NO_OP = "no_op"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One row of a plan.

    ``line`` is its (first) line in the file, ``kind`` the kind of its write in the outbox, ``subject`` what a
    person calls it. ``request`` is what would be sent, in rows that are ready. ``calls`` counts that request
    and the readings that belong to it alone. ``figures`` are columns that its kind alone has, a dataclass;
    None where the kind has none.
    """

    kind: str
    line: int
    status: Status
    key: str | None = None
    subject: str | None = None
    calls: int = 0
    problem: Problem | None = None
    reason: str | None = None
    request: Mapping[str, object] | None = None
    figures: Any = None


@dataclass(frozen=True)
class Observation:
    """What the rows were compared with: levels, when they were last read, by the account's clock.

    ``minutes`` is how long before the plan (our clock) that was.
    """

    observed_at: datetime
    minutes: float
    levels: int


@dataclass(frozen=True)
class Plan:
    """Rows for one connection, to be sent kind by kind in the order of ``kinds``.

    Rows on one line belong together: a label is voided so that its shipment can be cancelled.
    ``warnings`` are sentences about what is not wrong and may not be meant. ``shared_calls`` are readings
    that serve many rows. A plan with an entry in ``stopped_by`` is not applied; ``ledger_id`` names the
    ledger that says what was sent of it. ``digest_when_sent``: the plan was settled, and what names people
    was taken out of it then; this was its digest before.
    """

    family: Family
    kinds: tuple[str, ...]
    connection: str
    source: str
    created_at: datetime
    requests_per_minute: int
    rows: tuple[PlanRow, ...]
    ignored_columns: tuple[str, ...] = ()
    stopped_by: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    shared_calls: int = 0
    observation: Observation | None = None
    ledger_id: str | None = None
    digest_when_sent: str | None = None

    @property
    def ready(self) -> tuple[PlanRow, ...]:
        """The rows that would be sent."""
        return tuple(row for row in self.rows if row.status is Status.READY)

    @property
    def calls(self) -> int:
        """Requests it takes when every answer comes."""
        return sum(row.calls for row in self.rows) + self.shared_calls

    @property
    def minutes(self) -> float:
        """How long the calls take at the account's rate."""
        return self.calls / self.requests_per_minute

    @property
    def has_invalid(self) -> bool:
        """Whether a row has to be corrected before it can be sent."""
        return any(row.status is Status.INVALID for row in self.rows)

    @property
    def needs_person(self) -> bool:
        """Whether something has to be corrected before all of it can be carried out."""
        return bool(self.stopped_by) or self.has_invalid

    def count(self, status: Status) -> int:
        """How many rows have this status."""
        return sum(row.status is status for row in self.rows)

    def limited_to(self, max_rows: int | None) -> Plan:
        """The plan, stopped if it would send more rows of a kind than that."""
        sent = Counter(row.kind for row in self.ready)
        stops = (stop for kind in self.kinds for stop in too_many(sent[kind], max_rows))
        return replace(self, stopped_by=(*self.stopped_by, *stops))


def too_many(rows: int, most: int | None) -> Iterator[str]:
    """The sentence for a plan that would send more than ``most`` rows."""
    if most is not None and rows > most:
        yield f"{rows} rows would be sent; at most {most} are allowed (--max-rows)."


def judged(draft: PlanRow, judge: Callable[[], Write[Any] | str]) -> PlanRow:
    """What becomes of a draft: ``judge`` gives a write, or why none is needed, or raises what is wrong.

    The draft says what the row is called and how many calls it takes if it is ready.
    """
    try:
        verdict = judge()
    except InvalidRowError as refusal:
        return replace(
            draft, status=Status.INVALID, calls=0, problem=refusal.problem, reason=str(refusal)
        )
    if isinstance(verdict, str):
        return replace(draft, status=Status.NO_OP, calls=0, reason=verdict)
    return replace(
        draft,
        status=Status.READY,
        key=verdict.key,
        subject=verdict.subject,
        request=verdict.request,
    )


def known_before(
    entry: LedgerEntry | None, recorded: Mapping[str, object], named: str | None = None
) -> str | None:
    """Why a key that the outbox knows need not be sent; None if it is not known to be carried out.

    ``recorded`` is what would go out, as the outbox keeps it. Raises ``InvalidRowError`` when the key stands
    for something else there; ``named`` is what the sentence calls a row whose contents are its key.
    """
    if entry is None or not (entry.is_applied or entry.is_unsettled):
        return None
    date = sent_on(entry)
    if entry.request != recorded:
        problem = Problem.SENT_WITH_OTHER_CONTENTS if named else Problem.KEY_OF_ANOTHER_WRITE
        raise InvalidRowError(
            problem, named=named, key=entry.row_key, date=date, other=entry.subject
        )
    if not entry.is_applied:
        return None
    return f"Already carried out under this key on {date}. {entry.reason or ''}".rstrip()


def sent_on(entry: LedgerEntry) -> str:
    """When a write went out, to the minute."""
    return f"{entry.sent_at or entry.planned_at:%Y-%m-%d %H:%M}"
