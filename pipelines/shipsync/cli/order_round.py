"""What the commands for shipments and fulfillments have in common: a plan is shown, kept, or carried out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shipsync.cli import options, stock_view, write_view
from shipsync.errors import UsageError

if TYPE_CHECKING:
    import duckdb

    from shipsync.connection import Connection
    from shipsync.reverse.orders.order_apply import Applying
    from shipsync.reverse.orders.orders_service import OrdersAccount
    from shipsync.reverse.plan.write_plan import WritePlan
    from shipsync.reverse.plan.write_plan_file import What


@dataclass(frozen=True)
class WriteOptions:
    """What a command line asks for, whatever its rows are."""

    connection: str
    database: Path | None
    as_json: bool
    one: bool = False
    verify: bool = False
    apply: bool = False
    out: Path | None = None
    max_rows: int | None = None

    def check(self) -> None:
        """Raise ``UsageError`` for options that mean nothing together."""
        if self.apply and self.out is not None:
            raise UsageError("--out keeps a plan for later and --apply sends it now; give one.")
        if (self.one or self.verify) and not self.apply:
            option = "--one" if self.one else "--verify"
            raise UsageError(f"{option} means something with --apply only.")


def carry_out(
    what: What,
    command: str,
    make: Callable[[duckdb.DuckDBPyConnection, OrdersAccount], WritePlan],
    wishes: WriteOptions,
    *,
    takes_all_columns: bool = False,
) -> None:
    """Plan as ``make`` says; then show the plan, keep it in a file, or send it, as was asked for.

    ``takes_all_columns`` when a column that means nothing is a slip.
    """
    from shipsync.reverse.orders import orders_service
    from shipsync.reverse.plan import write_plan_file

    wishes.check()

    def plan_for(account: OrdersAccount) -> Callable[[duckdb.DuckDBPyConnection], WritePlan]:
        def plan(con: duckdb.DuckDBPyConnection) -> WritePlan:
            made = make(con, account).limited_to(wishes.max_rows)
            if takes_all_columns and made.ignored_columns:
                raise UsageError(f"There is no column {made.ignored_columns[0]!r} to --set.")
            return made

        return plan

    if not wishes.apply:
        local = options.held(wishes.connection, wishes.database)
        made = orders_service.planned(local.database, plan_for(local))
        if wishes.out is not None:
            write_plan_file.save(made, wishes.out)
        write_view.show_plan(made, wishes.out, what, as_json=wishes.as_json)
        return
    account = options.account(wishes.connection, wishes.database)
    with _applying(account, what, wishes) as how:
        done = orders_service.applied(account, command, plan_for(account), how)
    write_view.show_applied(done, "run the command again", as_json=wishes.as_json)


def carry_out_plan(what: What, file: Path, wishes: WriteOptions) -> None:
    """Send what a plan in a file says."""
    from shipsync.reverse.orders import orders_service
    from shipsync.reverse.plan import write_plan_file
    from shipsync.reverse.plan.row import Status

    account = options.account(wishes.connection, wishes.database)
    plan = write_plan_file.load(file, what, orders_service.recorded(account))
    with _applying(account, what, wishes) as how:
        done = orders_service.applied_plan(account, f"{what} apply", plan, how)
    stock_view.tell_of_invalid(plan.count(Status.INVALID))
    write_view.show_applied(done, f"apply {file} again", as_json=wishes.as_json, tells_unsent=False)


@contextmanager
def _applying(account: Connection, what: What, wishes: WriteOptions) -> Iterator[Applying]:
    from shipsync.api.session import Session
    from shipsync.reverse.orders.order_apply import Applying

    with Session(account) as session, stock_view.progress(what) as progress:
        yield Applying(session, progress=progress, only_first=wishes.one, reads_back=wishes.verify)
