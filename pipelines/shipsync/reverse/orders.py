"""The round of shipments, cancellations and fulfillments on one database file: plan, and apply at once.

Applying writes the ledger, so it holds the run lock, and makes its plan anew under it. All raise
``DatabaseError`` when the file cannot be used and ``LockHeld`` while another run has it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Protocol, TypeVar

import duckdb

from shipsync import clock
from shipsync.api.session import Session
from shipsync.clock import Pacing, SystemPacing
from shipsync.connection import Connection, Pace, PersonalData, Secret
from shipsync.errors import NeedsPerson, ShipsyncError
from shipsync.reverse import applied_run
from shipsync.reverse.apply import ApplyReport, apply_writes, check_may_write
from shipsync.reverse.cancel_plan import CancelPlan, plan_cancels
from shipsync.reverse.cancel_writes import ShipmentCancelling
from shipsync.reverse.fulfillment_plan import plan_fulfillments
from shipsync.reverse.fulfillment_writes import Fulfilling, FulfillmentCreation
from shipsync.reverse.input_file import InputRow, InputRows
from shipsync.reverse.proof import LATE_COMMIT_WAIT
from shipsync.reverse.redaction import recorded_under
from shipsync.reverse.rollout import Progress
from shipsync.reverse.row_source import RowSource, read_source
from shipsync.reverse.shipment_file import read_shipments
from shipsync.reverse.shipment_plan import plan_shipments
from shipsync.reverse.shipment_writes import ShipmentBody, ShipmentCreation
from shipsync.reverse.void_writes import LabelVoiding, Voiding
from shipsync.reverse.write import A, Kind, Write
from shipsync.reverse.write_plan import WritePlan
from shipsync.warehouse import lock, runs
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate

Reports = list[ApplyReport]


class Account(Pace, Protocol):
    """What planning needs to know of a connection; no key."""

    @property
    def personal_data(self) -> PersonalData:
        """What is kept of buyers."""
        ...

    @property
    def personal_data_salt(self) -> Secret | None:
        """What keys the hashes."""
        ...


class Planned(Protocol):
    """A plan of any kind."""

    @property
    def has_invalid(self) -> bool:
        """Whether a row has to be mended before it can be sent."""
        ...


P = TypeVar("P", bound=Planned)


@dataclass(frozen=True)
class Applying:
    """How writes are carried out: through which session, at what pace, told to whom.

    With more than ``max_rows`` of one kind nothing is sent.
    """

    session: Session
    pacing: Pacing = field(default_factory=SystemPacing)
    progress: Callable[[Progress], None] | None = None
    only_first: bool = False
    in_flight: int | None = None
    late_commit_wait: timedelta = LATE_COMMIT_WAIT
    max_rows: int | None = None

    def check_size(self, plan: WritePlan[A]) -> None:
        """Raise ``NeedsPerson`` for a plan that would send more than is allowed."""
        if self.max_rows is not None and len(plan.writes) > self.max_rows:
            raise NeedsPerson(
                f"{len(plan.writes)} rows would be sent, {self.max_rows} are allowed (--max-rows). "
                "Nothing was sent."
            )

    def writes(
        self,
        con: duckdb.DuckDBPyConnection,
        kind: Kind[A],
        plan: WritePlan[A],
        writes: Sequence[Write[A]] | None = None,
    ) -> ApplyReport:
        """Carry out the ready rows of a plan through their kind, or all of ``writes`` out of them."""
        return apply_writes(
            con,
            self.session,
            kind,
            plan.writes if writes is None else writes,
            plan.digest(),
            pacing=self.pacing,
            progress=self.progress,
            in_flight=self.in_flight,
            only_first=self.only_first and writes is None,
        )


def planned(database: Path, plan: Callable[[duckdb.DuckDBPyConnection], P]) -> P:
    """What ``plan`` makes of the database as it is; nothing is sent."""
    with connect(database, read_only=True) as con:
        return plan(con)


def applied(
    connection: Connection,
    command: str,
    plan: Callable[[duckdb.DuckDBPyConnection], P],
    send: Callable[[duckdb.DuckDBPyConnection, P], Reports],
) -> tuple[P, Reports]:
    """Make a plan and carry it out, as a run of ``command``.

    Raises ``ConfigurationError`` for a read-only connection, before anything else.
    """
    check_may_write(connection)
    with lock.hold(connection.database):
        made = planned(connection.database, plan)
        with connect(connection.database) as con:
            migrate(con)
            run_id = runs.begin(con, command)
            try:
                reports = send(con, made)
            except ShipsyncError as error:
                runs.end(con, run_id, "failed", requests=0, error=str(error))
                raise
            applied_run.end(con, run_id, reports, has_invalid=made.has_invalid)
        return made, reports


def new_shipments(
    con: duckdb.DuckDBPyConnection, source: RowSource, account: Account
) -> WritePlan[ShipmentBody]:
    """A plan for the shipments of a source; reads only."""
    given = read_shipments(con, source)
    return plan_shipments(
        con,
        given.shipments,
        given.source,
        account,
        recorded_under(account.personal_data, account.personal_data_salt),
        now=clock.now(),
        ignored_columns=given.ignored_columns,
    )


def cancels(
    con: duckdb.DuckDBPyConnection,
    source: RowSource | Sequence[str],
    account: Account,
    *,
    void_labels: bool = False,
) -> CancelPlan:
    """A plan for the shipments that a source, or a list of ids, names; reads only."""
    if isinstance(source, Sequence):
        rows = enumerate(source, start=1)
        named = tuple(InputRow(number, {"shipment_id": text}) for number, text in rows)
        given = InputRows("the command line", ("shipment_id",), named)
    else:
        given = read_source(con, source)
    return plan_cancels(con, given, account, now=clock.now(), void_labels=void_labels)


def fulfillments(
    con: duckdb.DuckDBPyConnection, source: RowSource, account: Account
) -> WritePlan[Fulfilling]:
    """A plan for the fulfillments of a source; reads only."""
    return plan_fulfillments(con, read_source(con, source), account, now=clock.now())


def create_shipments(
    con: duckdb.DuckDBPyConnection, plan: WritePlan[ShipmentBody], how: Applying
) -> Reports:
    """Create the shipments of a plan."""
    how.check_size(plan)
    kind = ShipmentCreation(how.session, how.pacing, late_commit_wait=how.late_commit_wait)
    return [how.writes(con, kind, plan)]


def cancel_shipments(con: duckdb.DuckDBPyConnection, plan: CancelPlan, how: Applying) -> Reports:
    """Void the labels of a plan, then cancel its shipments; one whose label stays live is rejected."""
    how.check_size(plan.cancels)
    wait = how.late_commit_wait
    reports = []
    if voids := _voids(plan, how.only_first):
        voiding = LabelVoiding(how.session, how.pacing, late_commit_wait=wait)
        reports.append(how.writes(con, voiding, plan.voids, voids))
        if reports[0].stopped_by is not None or reports[0].interrupted:
            return reports
    cancelling = ShipmentCancelling(how.session, how.pacing, late_commit_wait=wait)
    return [*reports, how.writes(con, cancelling, plan.cancels)]


def _voids(plan: CancelPlan, only_first: bool) -> list[Write[Voiding]]:
    """The voids of all cancellations, or of the first alone."""
    first = {write.action.shipment_id for write in plan.cancels.writes[:1]}
    voids = plan.voids.writes
    return [v for v in voids if v.action.shipment_id in first] if only_first else voids


def create_fulfillments(
    con: duckdb.DuckDBPyConnection, plan: WritePlan[Fulfilling], how: Applying
) -> Reports:
    """Fulfill the shipments of a plan."""
    how.check_size(plan)
    kind = FulfillmentCreation(how.session, how.pacing, late_commit_wait=how.late_commit_wait)
    return [how.writes(con, kind, plan)]
