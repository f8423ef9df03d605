"""The log of one command: a line for each thing that it says or does, as text or as JSON, beside its result.

::

    {"at": "2026-05-04T12:00:00.123456+00:00", "command": "run", "event": "begun", "message": "..."}
    event    begun | stream | note | failed | ended
    stream   also stream, outcome, rows, requests and the other counts of a stream
    ended    also exit_code and seconds
"""

from __future__ import annotations

import os
import time
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from shipsync import owner_only
from shipsync.cli import output
from shipsync.errors import UsageError

if TYPE_CHECKING:
    from shipsync.sync.reports import StreamReport, SyncProgress


class LogFormat(StrEnum):
    """How a line of a log is written."""

    TEXT = "text"
    JSON = "json"


File = Annotated[
    Path | None,
    typer.Option("--log-file", metavar="FILE", help="Add a line to this file for what goes on."),
]
Format = Annotated[
    LogFormat,
    typer.Option(
        "--log-format", help="Write those lines as text or JSON; JSON without a file to stderr."
    ),
]


def begin(command: str, file: Path | None, form: LogFormat) -> None:
    """Log what the command says from here on; nothing without a file, unless as JSON.

    As JSON without a file it takes the place of the plain sentences on standard error. The file is made for
    its owner alone, and only ever added to. Raises ``UsageError`` if it cannot be written.
    """
    if file is None and form is LogFormat.TEXT:
        return
    began = time.monotonic()

    def listen(event: str, message: str, fields: dict[str, object]) -> bool:
        if event == "ended":
            fields = fields | {"seconds": round(time.monotonic() - began, 3)}
        _add(file, _line(command, event, message, fields, form))
        return file is None

    try:
        listen("begun", f"shipsync {command} begins", {"process": os.getpid()})
    except OSError as error:
        raise UsageError(f"The log {file} cannot be written: {error.strerror or error}.") from None
    output.listen(listen)


def watched(shown: SyncProgress) -> SyncProgress:
    """The same progress, with each stream's end in the log."""
    return _Logged(shown)


class _Logged:
    def __init__(self, shown: SyncProgress) -> None:
        self._shown = shown

    def began(self, stream: str) -> None:
        """Passed on."""
        self._shown.began(stream)

    def advanced(
        self, stream: str, *, rows: int, expected: int | None, pages: int, requests: int
    ) -> None:
        """Passed on."""
        self._shown.advanced(stream, rows=rows, expected=expected, pages=pages, requests=requests)

    def ended(self, report: StreamReport) -> None:
        """Passed on, and logged."""
        self._shown.ended(report)
        told = f"{report.stream} {report.outcome}: {report.rows} rows, {report.requests} requests"
        output.tell("stream", told, asdict(report))


def _line(
    command: str, event: str, message: str, fields: dict[str, object], form: LogFormat
) -> str:
    from shipsync import clock

    at = clock.now().isoformat()
    if form is LogFormat.TEXT:
        return f"{at} {command} {event}: {' '.join(message.split())}"
    document = {"at": at, "command": command, "event": event, "message": message} | fields
    return orjson.dumps(document, default=str).decode()


def _add(file: Path | None, line: str) -> None:
    if file is None:
        output.complain(line)
        return
    owner_only.make_folder(file.absolute().parent)
    with os.fdopen(owner_only.open_to_append(file), "a", encoding="utf-8") as log:
        log.write(f"{line}\n")
