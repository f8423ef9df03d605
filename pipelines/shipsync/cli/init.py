"""``shipsync init``: from a key to a job that runs."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipsync.cli import options, output
from shipsync.cli.schedule import Schedule, Scheduler, install, proposed, this_program
from shipsync.errors import UsageError
from shipsync.plurals import counted

if TYPE_CHECKING:
    from shipsync.connection import Connection
    from shipsync.sources.first_read import FirstRead
    from shipsync.sources.probe import Probe

app = typer.Typer()


@app.command(epilog="Example: shipsync init --every 5 --install")
def init(
    every: Annotated[
        int,
        typer.Option(
            "--every", metavar="MINUTES", min=1, max=59, help="Propose a run every so many minutes."
        ),
    ] = 5,
    schedule: Annotated[
        Scheduler | None,
        typer.Option("--schedule", help="Propose this; without it, what this machine has."),
    ] = None,
    install_it: Annotated[
        bool, typer.Option("--install", help="Install the schedule instead of printing it.")
    ] = False,
    replace_key: Annotated[
        bool, typer.Option("--replace-key", help="Put the key in the place of the one there is.")
    ] = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Take in a key, check the account, and propose a schedule.

    The key is asked for without echo, or is the first line of standard input. Once the account has answered
    it is kept in `.dlt/secrets.toml`, for you alone to read, with a salt for hashes. Then this says how long
    the first run takes, and how to schedule it.
    """
    from shipsync import settings
    from shipsync.settings.secrets_file import keep_key

    account = _account(_asked_key(connection), connection, database)
    probes = _checked(account)
    path = keep_key(settings.CONFIG_DIR, connection, account.api_key, replace=replace_key)
    job = Schedule(connection, this_program(), Path.cwd(), every)
    by = schedule or proposed()
    done = install(job, by, os.environ) if install_it and by is not Scheduler.NONE else []
    _tell(account, path, probes, job, by, done, as_json=as_json)
    if any(probe.is_failure for probe in probes):
        raise typer.Exit(1)


def _asked_key(connection: str) -> str:
    if sys.stdin is not None and sys.stdin.isatty():
        import getpass

        given = getpass.getpass(f"V2 API key of account {connection} (it is not shown): ")
    else:
        given = sys.stdin.readline() if sys.stdin is not None else ""
    if not given.strip():
        raise UsageError(
            "No key was given. ShipStation shows it under Settings > Account > API Settings; type it when "
            "asked, or hand it on: shipsync init < key.txt"
        )
    return given.strip()


def _account(key: str, connection: str, database: Path | None) -> Connection:
    """The connection as it will be, with the key that was given instead of one that is set."""
    from shipsync import settings

    own = "" if connection == "default" else f"{connection.upper()}__"
    environ = os.environ | {f"SOURCES__SHIPSTATION__{own}API_KEY": key}
    account = settings.load(connection, database=database, environ=environ)
    options.keep_out_of_traces(account.secrets)
    return account


def _checked(account: Connection) -> list[Probe]:
    from shipsync.api.session import Session
    from shipsync.cli import progress
    from shipsync.cli.status import CHECK_PATIENCE
    from shipsync.sources.probe import probe

    found = []
    with progress.steps() as step, Session(account, give_up_after=CHECK_PATIENCE) as session:
        step(f"asking {account.base_url}")
        for one in probe(session):
            found.append(one)
            step(f"{one.stream} answered")
    return found


def _tell(
    account: Connection,
    path: Path,
    probes: Sequence[Probe],
    job: Schedule,
    by: Scheduler,
    installed: Sequence[str],
    *,
    as_json: bool,
) -> None:
    from shipsync.sources.first_read import first_read

    expected = first_read(probes, account)
    if as_json:
        output.show_json(
            {
                "secrets_file": path,
                "streams": probes,
                "first_run": {
                    "rows": expected.rows,
                    "requests": expected.requests,
                    "seconds": round(expected.takes.total_seconds()),
                    "parcels_later": expected.parcels_later,
                },
                "schedule": {"by": by, "cron": job.cron_line, "units": job.units},
                "installed": installed,
            }
        )
        return
    output.say(
        f"{account.base_url} answers. The key is in {path}, with a salt for hashes beside it."
    )
    output.say("Keep a copy of that file: without its salt, hashes made later differ.")
    for one in probes:
        if one.is_failure:
            output.note(f"{one.stream} cannot be read: {one.error}")
        elif not one.is_offered:
            output.say(f"{one.stream}: this account does not have it, so it stays empty.")
    output.say()
    output.say(_forecast(expected, account))
    output.say()
    _tell_schedule(job, by, installed)


def _forecast(expected: FirstRead, account: Connection) -> str:
    minutes = expected.takes.total_seconds() / 60
    takes = "less than a minute" if minutes < 1 else f"about {counted(round(minutes), 'minute')}"
    later = (
        f" Tracking of up to {counted(expected.parcels_later, 'parcel')} comes with later runs."
        if expected.parcels_later
        else ""
    )
    rows, requests = counted(expected.rows, "row"), counted(expected.requests, "request")
    return (
        f"The first `shipsync run` reads {rows} in {requests}, at {account.requests_per_minute} a minute "
        f"{takes}. If it is interrupted, the next one goes on from there.{later}"
    )


def _tell_schedule(job: Schedule, by: Scheduler, installed: Sequence[str]) -> None:
    if installed:
        for sentence in installed:
            output.say(sentence)
        return
    own = "" if job.account == "default" else f" --connection {job.account}"
    interval = counted(job.minutes, "minute")
    if by is Scheduler.NONE:
        output.say(f"Run it: {job.program} run{own}")
    elif by is Scheduler.CRON:
        output.say(f"For a run every {interval}, add this line with `crontab -e`:")
        output.say(job.cron_line)
    else:
        output.say(f"For a run every {interval}, `shipsync init --install` writes these:")
        for name, text in job.units.items():
            output.say(f"\n# ~/.config/systemd/user/{name}\n{text}")
    if shutil.which("shipsync") is None:
        output.remark(f"shipsync is not on your PATH; it is {job.program}.")
