"""``shipsync fleet``: many accounts from one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from shipsync.cli import options, output
from shipsync.errors import NeedsPerson, ShipsyncError, UsageError
from shipsync.plurals import counted

if TYPE_CHECKING:
    from shipsync.fleet.record import AccountStatus

app = typer.Typer(help="Run many accounts from one table.", no_args_is_help=True)

Accounts = Annotated[
    Path, typer.Argument(metavar="ACCOUNTS", help="The accounts: a .toml, .csv or .sql file.")
]
Record = Annotated[
    Path,
    typer.Option("--record", metavar="FILE", help="Keep what became of each run in this file."),
]
_RECORD = Path("data/fleet_runs.duckdb")


@app.command(epilog="Example: shipsync fleet run accounts.toml --workers 8")
def run(
    accounts: Accounts,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=256, help="Run so many accounts at a time.")
    ] = 4,
    deadline_minutes: Annotated[
        float,
        typer.Option(
            "--deadline-minutes", min=0.01, max=10_080, help="End the run of an account after this."
        ),
    ] = 120,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="ACCOUNT", help="Run this account; repeat for several."),
    ] = None,
    publish_to: Annotated[
        str | None,
        typer.Option(
            "--publish-to",
            metavar="TARGET",
            help="Publish each account there; {account} stands for its name.",
        ),
    ] = None,
    record: Record = _RECORD,
    as_json: options.AsJson = False,
) -> None:
    """Run every account once, each in a process of its own.

    The account that waited longest comes first. One that fails or is slow holds up no other. Exit code 3
    when one of them needs a person or failed, 1 when none went well, 4 while another round is at work.
    """
    from shipsync.fleet.accounts import read_accounts
    from shipsync.fleet.round import run_round
    from shipsync.queries import ResultRows

    chosen = read_accounts(accounts)
    if publish_to is not None:
        chosen = [account.publishing_to(publish_to) for account in chosen]
    if only:
        unknown = sorted(set(only) - {account.name for account in chosen})
        if unknown:
            raise UsageError(f"{accounts} names no account {unknown[0]!r}.")
        chosen = [account for account in chosen if account.name in only]
    ended = []
    deadline = timedelta(minutes=deadline_minutes)
    for one in run_round(chosen, record, workers=workers, deadline=deadline):
        ended.append(one)
        output.remark(
            f"{len(ended)} of {len(chosen)}: {one.account} {one.outcome}, {one.seconds:.0f} s"
        )
    ended.sort(key=lambda one: one.account)
    if as_json:
        output.show_json(
            [
                asdict(one) | {"seconds": one.seconds, "lag_seconds": one.lag_seconds}
                for one in ended
            ]
        )
    else:
        columns = ("account", "outcome", "seconds", "requests", "rows", "lag_seconds", "said")
        rows = [
            (
                *(one.account, one.outcome, round(one.seconds, 1), one.requests, one.rows),
                None if one.lag_seconds is None else round(one.lag_seconds),
                output.shortened(one.said.rpartition("\n")[2], 120),
            )
            for one in ended
        ]
        output.show_table(ResultRows(columns, rows))
    bad = [one.account for one in ended if not one.is_good]
    odd = [one.account for one in ended if one.outcome != "done"]
    if len(bad) == len(ended):
        raise ShipsyncError("No account was brought up to date; the table says why.")
    if odd:
        raise NeedsPerson(
            f"{counted(len(odd), 'account')} of {len(ended)} did not go by without a word: "
            f"{', '.join(odd[:10])}{', ...' if len(odd) > 10 else ''}. `shipsync fleet status` says more."
        )


@app.command(epilog="Example: shipsync fleet status --to fleet.html")
def status(
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="Write a page: a .html or .pdf file."),
    ] = None,
    record: Record = _RECORD,
    as_json: options.AsJson = False,
) -> None:
    """Show how each account stands, those that fail first.

    lag_seconds is how old the newest that was read is by now; failed_since counts the runs that failed since
    one went well; day_runs, day_requests and day_seconds are of the runs of the last 24 hours.
    """
    from shipsync import clock
    from shipsync.fleet.record import AccountStatus, FleetRecord
    from shipsync.queries import ResultRows

    now = clock.now()
    found = FleetRecord(record).status(now)
    if to is not None:
        _write_page(found, now, to, as_json=as_json)
        return
    if as_json:
        output.show_json(found)
        return
    columns = tuple(AccountStatus.__dataclass_fields__)
    cells = [
        tuple(round(value) if isinstance(value, float) else value for value in asdict(one).values())
        for one in found
    ]
    output.show_table(ResultRows(columns, cells))


def _write_page(
    accounts: Sequence[AccountStatus], now: datetime, to: Path, *, as_json: bool
) -> None:
    from shipsync.fleet.page import fleet_page
    from shipsync.pages import report

    page = fleet_page(accounts, now, ZoneInfo("UTC"))
    report.write(page, to)
    if as_json:
        output.show_json({"file": to, "accounts": len(accounts), "alarms": page.alarms})
    else:
        output.say(f"The page of {counted(len(accounts), 'account')} is in {to}.")
