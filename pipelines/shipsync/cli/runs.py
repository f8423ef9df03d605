"""``shipsync run``, ``sync`` and ``build``: account → raw tables → models."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from importlib.abc import MetaPathFinder
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from shipsync.cli import log, options, output, times
from shipsync.cli.deliver import say_how_it_ended
from shipsync.errors import LockHeld, NeedsPerson
from shipsync.plurals import counted

if TYPE_CHECKING:
    from pathlib import Path

    from shipsync.job import JobReport
    from shipsync.sync.reports import StreamReport, SyncReport
    from shipsync.warehouse.models import BuildReport

app = typer.Typer()

Since = Annotated[
    datetime | None,
    typer.Option(
        "--since",
        metavar="TIME",
        parser=times.instant,
        help="Read again what changed since then: 2026-01-31, 2026-01-31T08:00Z, 36h or 7d.",
    ),
]
Backfill = Annotated[
    times.Span | None,
    typer.Option(
        "--backfill",
        metavar="FROM:TO",
        parser=times.span,
        help="Read a range of time again: 2026-01-01:2026-02-01; either side may be left out.",
    ),
]
ChangesSince = Annotated[
    datetime | None,
    typer.Option(
        "--changes-since",
        metavar="TIME",
        parser=times.instant,
        help="Report what was created since then, once per entity, also what existed at the start.",
    ),
]
FullRefresh = Annotated[
    bool, typer.Option("--full-refresh", help="Read the incremental lists from their beginning.")
]


@app.command(epilog="Example: shipsync run --connection west")
def run(
    changes_since: ChangesSince = None,
    log_file: log.File = None,
    log_format: log.Format = log.LogFormat.TEXT,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Sync, build the models, deliver: the job to schedule.

    Events are delivered to deliver_to, if that is set, as consumer `run`; at the end, tables are published
    into publish_to. A publish that fails is named, with exit code 3, and the run is kept. What was read and
    written is told to lineage_to.

    Exit code 1 when a stream failed; what the others loaded is kept and built. Exit code 4 while another
    run is at work, said in a pipe from the second time on.
    """
    import pendulum

    from shipsync import job
    from shipsync.api.session import Session
    from shipsync.cli import progress

    log.begin("run", log_file, log_format)
    account = options.account(connection, database)
    if changes_since is not None:
        account = replace(account, changes_since=pendulum.instance(changes_since))
    options.keep_publishing_out_of_traces(account.publish_to)
    try:
        with (
            _without_pandas(),
            Session(account) as session,
            progress.shown(account.requests_per_minute) as shown,
        ):
            report = job.run(
                account,
                session,
                job.Scope(),
                progress=log.watched(shown),
                building=progress.beside(shown),
            )
    except LockHeld as held:
        _step_aside(held, account.database, is_asked_for=as_json)
    if as_json:
        output.show_json(
            {
                "sync": asdict(report.sync),
                "build": report.build,
                "delivery": report.delivery,
                "publish": report.publish,
                "publish_failure": report.publish_failure,
                "lineage_failure": report.lineage_failure,
            }
        )
    else:
        _show_streams(report.sync)
        if report.build is not None:
            output.remark(_built(report.build))
        if report.publish is not None:
            output.remark(str(report.publish))
    code = _say_what_left(report)
    _say_what_went_wrong(report.sync, report.build)
    if code:
        raise typer.Exit(code)


@app.command(epilog="Example: shipsync sync --only shipments --since 7d")
def sync(
    since: Since = None,
    backfill: Backfill = None,
    only: options.Only = None,
    full_refresh: FullRefresh = False,
    log_file: log.File = None,
    log_format: log.Format = log.LogFormat.TEXT,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Read what changed in the account into the raw tables.

    Exit code 1 when a stream failed; what the others loaded is kept.
    """
    from shipsync import job
    from shipsync.api.session import Session
    from shipsync.cli import progress

    log.begin("sync", log_file, log_format)
    scope = job.Scope(
        only=frozenset(only) if only else None,
        since=since,
        backfill=(backfill.start, backfill.end) if backfill else None,
        full_refresh=full_refresh,
    )
    account = options.account(connection, database)
    with (
        _without_pandas(),
        Session(account) as session,
        progress.shown(account.requests_per_minute, only) as shown,
    ):
        report = job.sync(account, session, scope, progress=log.watched(shown))
    if as_json:
        output.show_json(report)
    else:
        _show_streams(report)
    _say_what_went_wrong(report, None)


class _NoPandas(MetaPathFinder):
    """Answers at once that there is no pandas; a search of the whole path takes a hundred times as long."""

    def find_spec(self, name: str, path: object, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("pandas is not used here", name=name)


@contextmanager
def _without_pandas() -> Iterator[None]:
    """Load no pandas in the block: DuckDB tries to at each value that is bound, some hundred times a sync.

    Installed, it would take half a second to load, for nothing.
    """
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


@app.command(epilog="Example: shipsync build --select +shipments")
def build(
    select: Annotated[
        str | None,
        typer.Option("--select", metavar="MODELS", help="Build these only, as dbt selects them."),
    ] = None,
    full_refresh: Annotated[
        bool,
        typer.Option(
            "--full-refresh", help="Rebuild incremental models in full; events keep their numbers."
        ),
    ] = False,
    changes_since: ChangesSince = None,
    log_file: log.File = None,
    log_format: log.Format = log.LogFormat.TEXT,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Build and test the models from the raw tables.

    They show the account as of the last sync. All are built and tested, whether anything changed or not;
    `shipsync run` builds what changed.
    """
    from shipsync.cli import progress

    log.begin("build", log_file, log_format)
    local = options.local(connection, database)
    with progress.models() as shown:
        from shipsync import job

        report = job.build(
            local.database,
            changes_since or local.changes_since,
            merchant=local.merchant,
            select=select,
            full_refresh=full_refresh,
            progress=shown,
            memory_limit_mb=local.memory_limit_mb,
        )
    if as_json:
        output.show_json(report)
    else:
        output.say(_built(report))
    for warning in report.warnings:
        output.note(warning)


def _step_aside(held: LockHeld, database: Path, *, is_asked_for: bool) -> NoReturn:
    """End with exit code 4; in silence where nobody watches, until it happened twice or for an hour.

    A schedule that meets a long run once is no trouble, and cron would send a mail.
    """
    from shipsync import clock
    from shipsync.warehouse import lock

    complaint = lock.state(database).complaint(clock.now())
    if complaint is not None:
        raise LockHeld(f"{held} {complaint}") from held
    if is_asked_for or output.is_watched():
        raise held
    raise typer.Exit(held.exit_code)


def _show_streams(report: SyncReport) -> None:
    from shipsync.queries import ResultRows

    columns = ("stream", "outcome", "rows", "unchanged", "pages", "requests")
    rows = [[getattr(stream, column) for column in columns] for stream in report.streams]
    output.show_table(ResultRows(columns, rows))
    for stream in report.streams:
        if stream.calls_saved or stream.calls_put_off:
            output.remark(_spared(stream))
        if stream.gone:
            gone = counted(stream.gone, "row is", "rows are")
            output.remark(f"{stream.stream}: {gone} known to the account no more, and closed.")
    effort = f"{counted(report.requests, 'request')} and {report.seconds:.1f} s"
    if report.read_up_to is None:
        output.remark(f"No stream was read to its end; it took {effort}.")
    else:
        output.remark(f"The account was read up to {output.cell(report.read_up_to)} in {effort}.")


def _spared(stream: StreamReport) -> str:
    saved = counted(stream.calls_saved, "parcel was", "parcels were")
    if not stream.calls_put_off:
        return f"{stream.stream}: {saved} not due, so no call was made for them."
    waits = counted(stream.calls_put_off, "due parcel waits", "due parcels wait")
    return f"{stream.stream}: {saved} not due; {waits} for the next run's budget of calls."


def _built(report: BuildReport) -> str:
    if report.scope == "nothing":
        return "Nothing changed since the last build, so that nothing was built."
    models, tests = (
        counted(report.models, "model was", "models were"),
        counted(report.tests, "test"),
    )
    which = " for what changed" if report.scope == "changes" else ""
    return f"{models} built{which} and {tests} passed."


def _say_what_left(report: JobReport) -> int:
    """Say how delivery, publish and lineage went; the exit code that follows."""
    code = 0 if report.delivery is None else say_how_it_ended(report.delivery)
    if report.publish_failure is not None:
        output.note(f"Not published: {report.publish_failure}")
        code = code or NeedsPerson.exit_code
    if report.lineage_failure is not None:
        output.remark(f"Lineage was not told whole: {report.lineage_failure}")
    return code


def _say_what_went_wrong(report: SyncReport, built: BuildReport | None) -> None:
    for stream in report.streams:
        _say_what_is_odd(stream)
    for remark in (*report.remarks, *(built.warnings if built else ())):
        output.note(remark)
    streams_by_error: dict[str, list[str]] = {}
    for stream in report.failed:
        streams_by_error.setdefault(stream.error or "failed", []).append(stream.stream)
    for error, streams in streams_by_error.items():
        output.note(f"Failed: {', '.join(streams)}. {error}")
    if report.clocks:
        output.note(report.clocks)
    if report.privacy:
        output.note(report.privacy)
    for sentence in report.set_aside:
        output.note(f"Set aside: {sentence}")
    _count_set_aside(report)
    if report.failed:
        raise typer.Exit(1)
    if report.needs_person:
        raise typer.Exit(NeedsPerson.exit_code)


def _say_what_is_odd(stream: StreamReport) -> None:
    for path, count in stream.extras.items():
        values = counted(count, "value that no column takes is", "values that no column takes are")
        output.note(f"{path}: {values} kept in _extra.")
    if stream.note:
        output.note(stream.note)
    if stream.unproven:
        output.note(stream.unproven)
    if stream.beyond:
        dated = counted(stream.beyond, "row is", "rows are")
        output.note(
            f"{stream.stream}: {dated} dated a day or more ahead of the account's own clock, and loaded as "
            "they came."
        )


def _count_set_aside(report: SyncReport) -> None:
    total = sum(stream.set_aside for stream in report.streams)
    if total:
        unusable = counted(total, "row or parcel", "rows or parcels")
        output.note(
            f"{unusable} could not be used and went into ledger.quarantine; everything else was loaded. "
            "`shipsync quarantine list` shows them, `shipsync quarantine retry` reads them again."
        )
