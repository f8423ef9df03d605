"""What makes a plan of each kind of write: of the rows of a source, against an open database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import duckdb

from shipsync import clock
from shipsync.reverse.plan.input_files import InputRow, InputRows
from shipsync.reverse.plan.progress import PlanProgress, unwatched
from shipsync.reverse.plan.row_sources import RowSource, read_source
from shipsync.reverse.stock.change import Change

# A kind is imported where it is planned: the others need none of it.
if TYPE_CHECKING:
    from shipsync.connection import RateSettings
    from shipsync.reverse.plan.row import Plan
    from shipsync.reverse.stock.guards import Guards
    from shipsync.sources.redaction import PersonalPolicy

    class OrdersAccount(RateSettings, PersonalPolicy, Protocol):
        """What planning needs to know of a connection; no key."""


MakePlan = Callable[[duckdb.DuckDBPyConnection], "Plan"]
"""Makes a plan of the rows of a source, against what an open database holds; reads only."""


def stock(
    source: RowSource,
    account: RateSettings,
    *,
    guards: Guards | None = None,
    default_change: Change = Change.ADJUST,
    progress: PlanProgress = unwatched,
) -> MakePlan:
    """Plans the changes of stock of a source."""

    def make(con: duckdb.DuckDBPyConnection) -> Plan:
        from shipsync.reverse.stock.planner import plan_stock

        given = _read(con, source, progress)
        return plan_stock(
            con,
            given,
            account,
            now=clock.now(),
            guards=guards,
            default_change=default_change,
            progress=progress,
        )

    return make


def new_shipments(
    source: RowSource, account: OrdersAccount, *, progress: PlanProgress = unwatched
) -> MakePlan:
    """Plans the shipments of a source."""
    from shipsync.reverse.orders.shipment_file import read_shipments
    from shipsync.reverse.orders.shipment_planner import plan_shipments
    from shipsync.reverse.outbox.redaction import recorded_under

    recorded = recorded_under(account)

    def make(con: duckdb.DuckDBPyConnection) -> Plan:
        progress("read", 0, None)
        given = read_shipments(con, source)
        return plan_shipments(con, given, account, recorded, now=clock.now(), progress=progress)

    return make


def cancels(
    source: RowSource | Sequence[str],
    account: RateSettings,
    *,
    void_labels: bool = False,
    progress: PlanProgress = unwatched,
) -> MakePlan:
    """Plans the cancellation of the shipments that a source, or a list of ids, names."""

    def make(con: duckdb.DuckDBPyConnection) -> Plan:
        from shipsync.reverse.orders.cancel_planner import plan_cancels

        given = _named(source) if isinstance(source, Sequence) else _read(con, source, progress)
        return plan_cancels(
            con, given, account, now=clock.now(), void_labels=void_labels, progress=progress
        )

    return make


def fulfillments(
    source: RowSource, account: RateSettings, *, progress: PlanProgress = unwatched
) -> MakePlan:
    """Plans the fulfillments of a source."""

    def make(con: duckdb.DuckDBPyConnection) -> Plan:
        from shipsync.reverse.orders.fulfillment_planner import plan_fulfillments

        given = _read(con, source, progress)
        return plan_fulfillments(con, given, account, now=clock.now(), progress=progress)

    return make


def _read(con: duckdb.DuckDBPyConnection, source: RowSource, progress: PlanProgress) -> InputRows:
    progress("read", 0, None)
    given = read_source(con, source)
    progress("read", len(given.rows), len(given.rows))
    return given


def _named(ids: Sequence[str]) -> InputRows:
    rows = (InputRow(number, {"shipment_id": text}) for number, text in enumerate(ids, start=1))
    return InputRows("The command line", ("shipment_id",), tuple(rows))
