"""The whole job once, against an emulated account: sync, changes, an order, stock back.

The account lives in this process; its clock moves when the demo says so, and its rate limit is kept
by that clock, so that nobody waits.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pendulum

from shipsync import clock, job, queries, tracking
from shipsync.api.session import Session
from shipsync.connection import Connection, Secret
from shipsync.emulator import Account, Transport
from shipsync.emulator.simulation.seed import seed_account
from shipsync.emulator.simulation.simulation import Simulation
from shipsync.errors import UsageError
from shipsync.feed.events import summary
from shipsync.plurals import counted
from shipsync.queries import ResultRows
from shipsync.reverse.applying import Applied, Applying, apply_plan
from shipsync.reverse.plan.input_files import read_rows
from shipsync.reverse.plan.row import Plan
from shipsync.reverse.stock.planner import plan_stock
from shipsync.reverse.stock.row import figures_of
from shipsync.statements import statement
from shipsync.warehouse import lock, read_copy
from shipsync.warehouse.database import connect
from shipsync.warehouse.load import working_folder

NAME = "demo"
API_KEY = "emulator-key"
SHOWN_CHANGES = 2


@dataclass(frozen=True)
class Step:
    """One thing the demo did: a title, lines about it, and at most one table."""

    title: str
    lines: tuple[str, ...] = ()
    table: ResultRows | None = None


class AccountPacing:
    """Waits by the clock of an emulated account, which moves forward at once."""

    def __init__(self, account: Account) -> None:
        self._clock = account.clock

    def now(self) -> pendulum.DateTime:
        """The account's present instant."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Seconds by the account's clock."""
        return self._clock.now().timestamp()

    def sleep(self, seconds: float) -> None:
        """Move the account's clock forward."""
        self._clock.advance(seconds=seconds)

    def random(self) -> float:
        """Always the same."""
        return 0.5


def play(
    database: Path, *, seed: int = 7, shipments: int = 400, start: datetime | None = None
) -> Iterator[Step]:
    """The demo, step by step, into a fresh ``database``; a file of an earlier demo is replaced.

    The account's clock begins at ``start``, or now.

    Raises ``UsageError`` when the file holds anything else, and ``LockHeld`` when a run is at work.
    """
    start_afresh(database, seed=seed, shipments=shipments)
    began = clock.SystemPacing().now() if start is None else pendulum.instance(start)
    account = Account(seed=seed, start=began, api_keys=(API_KEY,))
    seed_account(account, shipments=shipments)
    simulation = Simulation(account)
    connection = Connection(name=NAME, api_key=Secret(API_KEY), database=database)
    pacing = AccountPacing(account)
    with Session(connection, transport=Transport(account), pacing=pacing) as session:
        yield _synced(f"An account with {shipments} shipments, synced", connection, session)
        simulation.run(days=4)
        yield _synced("Four days later, synced again", connection, session)
        yield from _changes(database)
        yield _where_is_it(database, account.clock.now())
        yield from _stock(account, connection, session, pacing)
    yield _tables(database)
    yield _what_next(database)


def start_afresh(database: Path, *, seed: int, shipments: int) -> None:
    """Make an empty, marked ``database``; one with that mark is replaced. Errors as ``play``."""
    with lock.hold(database):
        if database.exists():
            with connect(database, read_only=True) as con:
                is_ours = queries.fetch(con, "demo_marked").rows[0][0] == 1
            if not is_ours:
                raise UsageError(
                    f"{database} was not made by the demo, so it is left alone. Name another file "
                    "with --database."
                )
            database.unlink()
            database.with_name(f"{database.name}.wal").unlink(missing_ok=True)
            read_copy.remove(database)
        shutil.rmtree(working_folder(database), ignore_errors=True)
        with connect(database) as con:
            values = {"seed": seed, "shipments": shipments, "made_at": clock.now()}
            con.execute(statement("shipsync", "demo_mark"), values)


def _synced(title: str, connection: Connection, session: Session) -> Step:
    requests_before = session.requests_sent
    report = job.run(connection, session, job.Scope())
    columns = ("stream", "outcome", "rows", "unchanged", "requests")
    cells = [[getattr(stream, column) for column in columns] for stream in report.sync.streams]
    assert report.build is not None
    return Step(
        title,
        (
            f"{counted(session.requests_sent - requests_before, 'request')}; "
            f"{counted(report.build.models, 'model')} built, {counted(report.build.tests, 'test')} passed.",
        ),
        ResultRows(columns, cells),
    )


def _changes(database: Path) -> Iterator[Step]:
    with connect(database, read_only=True) as con:
        counts = queries.fetch(con, "change_counts")
        examples = queries.fetch(con, "change_examples", {"each": SHOWN_CHANGES})
    yield Step("What changed, as rows of changes.events", table=counts)
    cells = [(e["trigger"], e["entity_id"], summary(e)) for e in examples.objects()]
    yield Step(
        "Some of it, with old and new values", table=ResultRows(("trigger", "id", "change"), cells)
    )


def _where_is_it(database: Path, now: datetime) -> Step:
    with connect(database, read_only=True) as con:
        number = queries.fetch(con, "demo_order").rows[0][0]
        order = tracking.find_order(con, number)
    return Step(f"Where is order {number}?", tuple(tracking.told(order, now).splitlines()))


def _stock(
    account: Account, connection: Connection, session: Session, pacing: AccountPacing
) -> Iterator[Step]:
    """Three changes are planned; then the last pieces of one SKU are sold before they are applied."""
    file = connection.database.with_name("demo-stock.csv")
    with connect(connection.database) as con:
        counted, received, damaged = queries.fetch(con, "demo_stock").objects()
        _write_csv(
            file,
            [
                (counted, "adjust", counted["on_hand"] - 3),
                (received, "increment", 24),
                (damaged, "decrement", 10),
            ],
        )
        plan = plan_stock(con, read_rows(file), connection, now=pacing.now())
        yield Step(f"Three stock changes from {file}, planned", table=_planned(plan))
        account.stock.move(damaged["sku"], damaged["inventory_location_id"], on_hand=4)
        done = apply_plan(con, plan, Applying(session, pacing))
    sold = f"Before it was applied, {damaged['sku']} sold down to 4, so taking 10 was refused."
    yield Step("The plan, applied", (sold,), _applied(done))


def _write_csv(file: Path, changes: list[tuple[dict[str, object], str, int]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("sku", "inventory_location_id", "action", "quantity", "reason"))
        for level, action, quantity in changes:
            place = level["inventory_location_id"]
            writer.writerow((level["sku"], place, action, quantity, "shipsync demo"))


def _planned(plan: Plan) -> ResultRows:
    columns = ("sku", "action", "quantity", "on_hand", "wanted", "difference")
    cells = [
        [*(getattr(figures_of(row), column) for column in columns), row.calls, row.status]
        for row in plan.rows
    ]
    return ResultRows((*columns, "calls", "status"), cells)


def _applied(done: Applied) -> ResultRows:
    columns = ("subject", "state", "reason")
    outcomes = [outcome for report in done.reports for outcome in report.outcomes]
    cells = [[getattr(outcome, column) for column in columns] for outcome in outcomes]
    return ResultRows(columns, cells)


def _tables(database: Path) -> Step:
    with connect(database, read_only=True) as con:
        cells = [(name, _count(con, name)) for (name,) in queries.fetch(con, "tables").rows]
    return Step(
        f"The tables in {database.resolve()}",
        ("raw.* and core.*_history hold every version of these.",),
        ResultRows(("table", "rows"), cells),
    )


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    count: int = queries.fetch(con, "table_rows", {"name": table}).rows[0][0]
    return count


def _what_next(database: Path) -> Step:
    return Step(
        "What to try next",
        (
            f"shipsync dashboard --database {database}   (nine pages, at the address it prints)",
            f"shipsync status --database {database}",
            f"shipsync changes list --trigger shipment_modified --database {database}",
            f"shipsync writes status --connection {NAME} --database {database}",
            f"duckdb -readonly {database}   (docs/query.md has a query worth having)",
            "shipsync emulator             an account like this one behind a port",
            "shipsync check                your own account, once its key is in .dlt/secrets.toml",
        ),
    )
