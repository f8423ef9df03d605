"""The round of shipments, cancellations and fulfillments on one database file: plan, then apply.

Applying writes the ledger, so it holds the run lock; a plan that is not in a file is made under it. All
raise ``DatabaseError`` when the file cannot be used and ``LockHeld`` while another run has it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import duckdb

from shipsync import clock
from shipsync.connection import Connection, PersonalData, RateSettings, Secret
from shipsync.errors import ShipsyncError
from shipsync.reverse.orders.cancel_planner import plan_cancels
from shipsync.reverse.orders.fulfillment_planner import plan_fulfillments
from shipsync.reverse.orders.order_apply import Applied, Applying, send
from shipsync.reverse.orders.shipment_file import read_shipments
from shipsync.reverse.orders.shipment_planner import plan_shipments
from shipsync.reverse.outbox import applied_run
from shipsync.reverse.outbox.apply import check_applicable, check_may_write
from shipsync.reverse.outbox.owner import check_is_there, ledger_id
from shipsync.reverse.outbox.redaction import Recorded, recorded_under
from shipsync.reverse.plan.input_files import InputRow, InputRows
from shipsync.reverse.plan.row_sources import RowSource, read_source
from shipsync.reverse.plan.write_plan import WritePlan
from shipsync.warehouse import lock, runs
from shipsync.warehouse.copies import readable
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate

MakePlan = Callable[[duckdb.DuckDBPyConnection], WritePlan]


class OrdersAccount(RateSettings, Protocol):
    """What planning needs to know of a connection; no key."""

    @property
    def personal_data(self) -> PersonalData:
        """What is kept of buyers."""
        ...

    @property
    def personal_data_salt(self) -> Secret | None:
        """What keys the hashes."""
        ...


def planned(database: Path, plan: MakePlan) -> WritePlan:
    """What ``plan`` makes of the database as it is; nothing is sent."""
    with readable(database) as con:
        return replace(plan(con), ledger_id=ledger_id(con))


def applied(connection: Connection, command: str, plan: MakePlan, how: Applying) -> Applied:
    """Make a plan and carry it out, as a run of ``command``; one that is stopped is not carried out.

    Raises ``ConfigurationError`` for a read-only connection, before anything else.
    """
    check_may_write(connection)
    with lock.hold(connection.database):
        made = planned(connection.database, plan)
        if made.stopped_by:
            return Applied(made)
        return _carried_out(connection, command, made, how, has_invalid=made.has_invalid)


def applied_plan(connection: Connection, command: str, plan: WritePlan, how: Applying) -> Applied:
    """Carry out a plan that was made before, as a run of ``command``.

    Raises ``UsageError`` for a plan that was stopped or is for another connection or ledger, and
    ``ConfigurationError`` for a read-only connection.
    """
    check_applicable(plan, connection)
    check_is_there(connection.database)
    with lock.hold(connection.database):
        return _carried_out(connection, command, plan, how)


def _carried_out(
    connection: Connection,
    command: str,
    plan: WritePlan,
    how: Applying,
    *,
    has_invalid: bool = False,
) -> Applied:
    with connect(connection.database) as con:
        migrate(con)
        run_id = runs.begin(con, command)
        try:
            result = send(con, plan, how)
        except ShipsyncError as error:
            runs.end(con, run_id, "failed", requests=0, error=str(error))
            raise
        applied_run.end(con, run_id, result.reports, has_invalid=has_invalid)
        return result


def recorded(account: OrdersAccount) -> Recorded:
    """How the outbox keeps what goes out for an account."""
    return recorded_under(account.personal_data, account.personal_data_salt)


def new_shipments(
    con: duckdb.DuckDBPyConnection, source: RowSource, account: OrdersAccount
) -> WritePlan:
    """A plan for the shipments of a source; reads only."""
    given = read_shipments(con, source)
    return plan_shipments(
        con,
        given.shipments,
        given.source,
        account,
        recorded(account),
        now=clock.now(),
        ignored_columns=given.ignored_columns,
    )


def cancels(
    con: duckdb.DuckDBPyConnection,
    source: RowSource | Sequence[str],
    account: OrdersAccount,
    *,
    void_labels: bool = False,
) -> WritePlan:
    """A plan for the shipments that a source, or a list of ids, names; reads only."""
    if isinstance(source, Sequence):
        rows = enumerate(source, start=1)
        named = tuple(InputRow(number, {"shipment_id": text}) for number, text in rows)
        given = InputRows("the command line", ("shipment_id",), named)
    else:
        given = read_source(con, source)
    return plan_cancels(con, given, account, now=clock.now(), void_labels=void_labels)


def fulfillments(
    con: duckdb.DuckDBPyConnection, source: RowSource, account: OrdersAccount
) -> WritePlan:
    """A plan for the fulfillments of a source; reads only."""
    return plan_fulfillments(con, read_source(con, source), account, now=clock.now())
