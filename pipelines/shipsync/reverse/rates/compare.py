"""Asking for the rates of one shipment, or of all that wait for a label, on one database file."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import duckdb

from shipsync.api.session import Session
from shipsync.clock import Pacing, SystemPacing
from shipsync.connection import Connection
from shipsync.errors import ShipsyncError, UsageError
from shipsync.reverse.orders.live import Live
from shipsync.reverse.orders.stored import (
    find_gone,
    find_shipments,
    pending_shipments,
    read_directory,
)
from shipsync.reverse.outbox.apply import check_may_write
from shipsync.reverse.outbox.rollout import WriteProgress
from shipsync.reverse.rates.rates import RatesAnswer, keep_rates
from shipsync.reverse.rates.request import ask_rates
from shipsync.warehouse import lock, runs
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate

COMMAND = "shipments rates"
IN_FLIGHT = 4
"""Carriers take seconds to answer; more at a time would only be pushed back."""


@dataclass(frozen=True)
class _Asked:
    shipments: list[str]
    carriers: list[str]


def compare_rates(
    connection: Connection,
    session: Session,
    references: Sequence[str] = (),
    *,
    carriers: Sequence[str] = (),
    progress: Callable[[WriteProgress], None] | None = None,
    pacing: Pacing | None = None,
) -> list[RatesAnswer]:
    """Ask for rates and keep them in ``ledger.rates``; all pending shipments if none is named.

    ``references`` are ids of shipments, ShipStation's or the caller's own; ``carriers`` are ids or codes
    of carriers, all of the account's if left out. Raises ``UsageError`` before the first sync and for an
    unknown carrier, ``UnknownOrder`` for an unknown shipment, ``ConfigurationError`` for a read-only
    connection, ``LockHeld`` while another run has the database.
    """
    check_may_write(connection)
    with lock.hold(connection.database):
        with connect(connection.database, read_only=True) as con:
            asked = _asked(con, session, references, carriers)
        answers = list[RatesAnswer]()
        outcome: runs.RunOutcome = "failed"
        try:
            _ask_all(session, pacing or SystemPacing(), asked, answers, progress)
            outcome = "needs_person" if any(answer.problem for answer in answers) else "done"
        finally:
            # What was answered is kept, also when the rest could not be asked any more.
            with connect(connection.database) as con:
                migrate(con)
                run_id = runs.begin(con, COMMAND)
                rates = [rate for answer in answers for rate in answer.rates]
                # By the account's clock, for labels are compared with it.
                told = (answer.answered_at for answer in answers if answer.answered_at)
                keep_rates(con, connection.name, rates, min(told, default=session.now()))
                runs.end(con, run_id, outcome, requests=session.requests_sent)
    return answers


def _ask_all(
    session: Session,
    pacing: Pacing,
    asked: _Asked,
    answers: list[RatesAnswer],
    progress: Callable[[WriteProgress], None] | None,
) -> None:
    """Add the answers, several asked for at a time; once the account fails one, no other is begun."""
    stop = threading.Event()

    def ask(shipment_id: str) -> RatesAnswer:
        if stop.is_set():
            return RatesAnswer(shipment_id, problem="It was not asked for.")
        try:
            return ask_rates(session, pacing, shipment_id, asked.carriers)
        except ShipsyncError:
            stop.set()
            raise

    with ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="rates") as pool:
        try:
            # In the order asked, so that an error comes out before what was not asked because of it.
            for answer in pool.map(ask, asked.shipments):
                answers.append(answer)
                if progress is not None:
                    progress(WriteProgress(len(answers), len(asked.shipments), Counter()))
        finally:
            stop.set()


def _asked(
    con: duckdb.DuckDBPyConnection,
    session: Session,
    references: Sequence[str],
    carriers: Sequence[str],
) -> _Asked:
    known = read_directory(con).carriers
    if not known:
        raise UsageError("The database holds no carrier; run `shipsync sync` first.")
    asked = [i for carrier in carriers for i in _named(carrier, known)]
    shipments = pending_shipments(con) if not references else _found(con, session, references)
    return _Asked(shipments, list(dict.fromkeys(asked)) or list(known))


def _named(carrier: str, known: Mapping[str, str | None]) -> list[str]:
    """The carriers that an id or a code means."""
    found = [i for i, code in known.items() if carrier in (i, code)]
    if not found:
        listed = ", ".join(f"{i} ({code})" for i, code in known.items())
        raise UsageError(f"There is no carrier {carrier!r}; the account has {listed}.")
    return found


def _found(
    con: duckdb.DuckDBPyConnection, session: Session, references: Sequence[str]
) -> list[str]:
    """The ids of the shipments meant; one that is not stored is looked for in the account."""
    stored = find_shipments(con, references, session.connection.name)
    gone = find_gone(con, references)
    found = []
    for reference in references:
        several = stored.get(reference, [])
        if len(several) > 1:
            ids = ", ".join(shipment.shipment_id for shipment in several)
            raise UsageError(f"{len(several)} shipments are called {reference!r}; name one: {ids}.")
        if not several and reference in gone:
            one = gone[reference]
            became = f"merged into {one.merged_into}" if one.merged_into else "deleted or merged"
            raise UsageError(
                f"The shipment {reference!r} is gone: it was {became}, as was seen on {one.since}."
            )
        live = (
            several[0].shipment_id if several else str(Live(session).find(reference)["shipment_id"])
        )
        found.append(live)
    return list(dict.fromkeys(found))
