"""``shipsync runs``: what was run, how long it took, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from shipsync.cli import options, output, times

if TYPE_CHECKING:
    from shipsync.sync.history import RunRecord, StreamRecord

app = typer.Typer()

SHOWN_CHARACTERS = 60


def _outcome(text: str) -> str:
    from shipsync.sync.history import OUTCOMES

    if text not in OUTCOMES:
        raise typer.BadParameter(f"{text!r} is no outcome; there are {', '.join(OUTCOMES)}.")
    return text


@app.command(epilog="Example: shipsync runs --since 7d --outcome failed")
def runs(
    run: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="Show this run and each stream of it."),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since",
            metavar="TIME",
            parser=times.instant,
            help="Show runs begun since then: 2026-01-31, 36h or 7d.",
        ),
    ] = None,
    outcome: Annotated[
        str | None,
        typer.Option(
            "--outcome",
            metavar="OUTCOME",
            parser=_outcome,
            help="Show runs that ended so: done, failed, needs_person, killed or going_on.",
        ),
    ] = None,
    command: Annotated[
        str | None,
        typer.Option("--command", metavar="COMMAND", help="Show runs of this command: run, build."),
    ] = None,
    limit: Annotated[
        int,
        typer.Option(
            "--limit", metavar="N", min=1, max=options.MOST_ROWS, help="Show so many at most."
        ),
    ] = 20,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """List runs: how long, what they read, how they ended.

    The newest come first. `seconds` are those of the whole run, with its parts beside it; `caught_late`
    are changes that a list's order had hidden until the daily sweep found them.
    """
    from shipsync.sync.history import RunFilter, history, streams_of
    from shipsync.warehouse.copies import readable

    file = options.local(connection, database).database
    wanted = RunFilter(since, outcome, command, run, limit)
    with readable(file) as con:
        streams = streams_of(con, run) if run is not None else None
        found = history(con, wanted)
    if as_json:
        whole = [_document(record) for record in found]
        output.show_json(whole if streams is None else whole[0] | {"streams": streams})
        return
    _show(found)
    if streams is not None:
        _show_streams(found, streams)


def _document(record: RunRecord) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(record)


def _show(found: Sequence[RunRecord]) -> None:
    from shipsync.queries import ResultRows

    columns = (
        "run_id",
        "command",
        "started_at",
        "outcome",
        "seconds",
        "parts",
        "rows",
        "caught_late",
        "requests",
        "error",
    )
    cells = [
        [
            run.run_id,
            run.command,
            run.started_at,
            run.outcome,
            None if run.seconds is None else f"{run.seconds:.1f}",
            ", ".join(f"{name} {seconds:.1f}" for name, seconds in run.phases.items()),
            run.rows,
            run.caught_late,
            run.requests,
            output.shortened(run.error, SHOWN_CHARACTERS),
        ]
        for run in found
    ]
    output.show_table(ResultRows(columns, cells))


def _show_streams(found: Sequence[RunRecord], streams: Sequence[StreamRecord]) -> None:
    from dataclasses import astuple, fields

    from shipsync.queries import ResultRows
    from shipsync.sync.history import StreamRecord

    output.say()
    columns = tuple(field.name for field in fields(StreamRecord))
    output.show_table(ResultRows(columns, [list(astuple(stream)) for stream in streams]))
    for run in found:
        if run.error:
            output.say()
            output.say(run.error)
