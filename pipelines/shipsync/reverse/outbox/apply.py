"""Applying the writes of one kind: several under way at a time, none twice, as a run in the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import duckdb

from shipsync.clock import Pacing
from shipsync.connection import Connection
from shipsync.errors import ConfigurationError, DatabaseError, ShipsyncError, UsageError
from shipsync.reverse.outbox.dispatch import Dispatcher, Recorder
from shipsync.reverse.outbox.rollout import Pick, Rollout, TakenPlaces, WriteProgress
from shipsync.reverse.outbox.states import UNSETTLED, WriteState
from shipsync.reverse.outbox.store import LedgerEntry, Outbox
from shipsync.reverse.outbox.write import A, Write, WriteKind, WriteOutcome
from shipsync.reverse.outbox.writer import LedgerWriter
from shipsync.warehouse import runs

if TYPE_CHECKING:
    from shipsync.api.session import Session

MOST_IN_FLIGHT = 16
_REQUESTS_A_MINUTE_PER_ROW = 50


@dataclass(frozen=True)
class ApplyReport:
    """What became of the ready rows of one kind in a plan, in its order.

    ``settled_before`` are rows of other plans whose answer had been lost. ``left`` rows were not begun,
    because of ``stopped_by`` or because somebody interrupted. ``requests`` counts all that were sent.
    """

    kind: str
    outcomes: tuple[WriteOutcome, ...]
    settled_before: tuple[WriteOutcome, ...]
    left: int
    requests: int
    interrupted: bool = False
    stopped_by: ShipsyncError | None = None

    @property
    def counts(self) -> Counter[WriteState]:
        """How many rows of the plan stand in each state."""
        return Counter(outcome.state for outcome in self.outcomes)

    @property
    def counts_earlier(self) -> Counter[WriteState]:
        """The same, of those that were settled before this run alone."""
        return Counter(outcome.state for outcome in self.outcomes if outcome.is_earlier)

    @property
    def counts_of_other_plans(self) -> Counter[WriteState]:
        """How many rows of other plans stand in each state, now that they were read back."""
        return Counter(outcome.state for outcome in self.settled_before)

    @property
    def applied(self) -> list[str]:
        """The keys of the rows that the account was changed by, in this run or before."""
        return [outcome.key for outcome in self.outcomes if outcome.state is WriteState.APPLIED]

    @property
    def needs_person(self) -> bool:
        """Whether a row was rejected, or it is not known what became of it."""
        outcomes = (*self.outcomes, *self.settled_before)
        return any(outcome.state in (WriteState.REJECTED, *UNSETTLED) for outcome in outcomes)


def apply_writes(
    con: duckdb.DuckDBPyConnection,
    session: Session,
    kind: WriteKind[A],
    writes: Sequence[Write[A]],
    plan_digest: str,
    *,
    pacing: Pacing,
    progress: Callable[[WriteProgress], None] | None = None,
    in_flight: int | None = None,
    pick: Pick[A] | None = None,
    planned_at: datetime | None = None,
) -> ApplyReport:
    """Carry out writes of one kind, each once, and say what became of each.

    Writes already settled under the plan of ``plan_digest`` are reported, not sent again. ``in_flight``
    writes are under way at a time; by default as many as the account's rate can keep busy. ``con`` must be
    used by nobody else meanwhile, and its ledger must be up to date. ``pick`` chooses from those that are
    still to be done; the others stay as they are. With ``planned_at``, a write that may be repeated is
    rejected where another changed its place since then. What earlier plans of this kind left open is settled
    first. Raises ``ConfigurationError`` for a read-only connection.
    """
    check_may_write(session.connection)
    check_apart(writes)
    outbox = Outbox(con, session.connection.name, kind.name)
    entries = outbox.entries([write.key for write in writes])
    unsettled = outbox.unsettled()
    states = {key: entry.state for key, entry in {**entries, **unsettled}.items()}
    requests_before = session.requests_sent
    with LedgerWriter(outbox, states) as ledger:
        recorder = Recorder(ledger, pacing, plan_digest)
        dispatcher = Dispatcher(kind, recorder, entries)
        rollout = Rollout(dispatcher, in_flight or _in_flight(session), progress)
        others = [entry for key, entry in unsettled.items() if key not in entries]
        settled = rollout.settle(others)
        since = [] if planned_at is None else outbox.applied_since(planned_at)
        changed = {place: entry.row_key for entry in since for place in entry.places}
        rollout.carry_out(rollout.begin(writes, _taken(unsettled, settled, changed), pick))
    outcomes = tuple(rollout.outcomes[w.key] for w in writes if w.key in rollout.outcomes)
    return ApplyReport(
        kind=kind.name,
        outcomes=outcomes,
        settled_before=tuple(settled),
        left=len(writes) - len(outcomes),
        requests=session.requests_sent - requests_before,
        interrupted=rollout.interrupted,
        stopped_by=rollout.stopped_by,
    )


def _in_flight(session: Session) -> int:
    """More would only wait for the rate budget, between the reading of their level and the change."""
    by_rate = session.connection.requests_per_minute // _REQUESTS_A_MINUTE_PER_ROW
    return min(MOST_IN_FLIGHT, max(1, by_rate))


def check_may_write(connection: Connection) -> None:
    """Raise ``ConfigurationError`` when the connection is read-only."""
    if connection.read_only:
        raise ConfigurationError(
            f"Connection {connection.name!r} is read_only; nothing was sent. Set read_only = false to "
            "let it change the account."
        )


def check_apart(writes: Sequence[Write[A]]) -> None:
    """Raise ``UsageError`` when two writes have one key, or touch one place."""
    names = [
        *(f"key {write.key}" for write in writes),
        *(place for write in writes for place in write.places),
    ]
    if len(set(names)) < len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise UsageError(f"The plan holds {twice} twice; make the plan again.")


def _taken(
    unsettled: Mapping[str, LedgerEntry],
    settled: Sequence[WriteOutcome],
    changed: Mapping[str, str],
) -> TakenPlaces:
    """Where other writes are open or came first; ``settled`` is what became of ``unsettled`` just now."""
    known = {outcome.key for outcome in settled if outcome.state not in UNSETTLED}
    unread = {outcome.key for outcome in settled if not outcome.could_be_read}
    places = [(place, key) for key, entry in unsettled.items() for place in entry.places]
    return TakenPlaces(
        open={place: key for place, key in places if key not in known | unread},
        unread={place: key for place, key in places if key in unread},
        changed=changed,
    )


def end_run(
    con: duckdb.DuckDBPyConnection,
    run_id: str,
    reports: Sequence[ApplyReport],
    *,
    has_invalid: bool = False,
) -> None:
    """Record how a run ended, from what became of its rows and whether some could not be sent at all."""
    stopped = next((report.stopped_by for report in reports if report.stopped_by), None)
    is_interrupted = any(report.interrupted for report in reports)
    error = str(stopped) if stopped else "interrupted" if is_interrupted else None
    outcome: runs.RunOutcome = "done"
    if error is not None:
        outcome = "failed"
    elif has_invalid or any(report.needs_person for report in reports):
        outcome = "needs_person"
    requests = sum(report.requests for report in reports)
    try:
        runs.end(con, run_id, outcome, requests=requests, error=error)
    except duckdb.Error:
        # The database is what stopped the run; the run stays without an end, the report says why.
        if not isinstance(stopped, DatabaseError):
            raise
