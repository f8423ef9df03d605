"""Webhook bodies that a receiver has dropped into a folder, turned into hints for the next sync.

::

    NAME.json        one body, as it came; its headers, if kept, in NAME.headers.json (an object)
    NAME.jsonl       one a line: a body, or {"headers": {...}, "body": "<the body as text>"}

A hint names what to read; host and everything else of its address are ignored, so a forged or repeated
one costs a read at most. What a body says of a parcel is kept only if ShipStation has signed it.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import parse_qsl, urlsplit

import duckdb
import orjson

from shipsync import clock
from shipsync.api import endpoints
from shipsync.api.repairs import RepairLog
from shipsync.api.tolerant_json import Document, NotReadable, read_json
from shipsync.connection import MEGABYTE, Connection
from shipsync.errors import InputFileError
from shipsync.feed.webhook_keys import KEY_ID, SIGNATURE, WebhookKeys
from shipsync.set_aside import SetAside
from shipsync.sources.flatten import as_json
from shipsync.sources.streams import TRACKING
from shipsync.statements import statement
from shipsync.warehouse.quarantine import Quarantine

MOST_NAMED: Final = 1000
"""So many bodies that became no hint are named; a folder may hold millions."""

WEBHOOKS: Final = "webhooks"
"""What the quarantine calls them; they belong to no stream."""
_HEADERS: Final = ".headers.json"
_VALUE: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TRACK: Final = re.compile(rf"{endpoints.LABELS.path}/({_VALUE.pattern})/track")
_PARAMETERS: Final = {
    endpoints.SHIPMENTS.path: ("shipments", frozenset({"import_batch_id"})),
    endpoints.LABELS.path: ("labels", frozenset({"batch_id"})),
    endpoints.FULFILLMENTS.path: (
        "fulfillments",
        frozenset({"fulfillment_id", "shipment_id"}),
    ),
}


@dataclass(frozen=True)
class Delivered:
    """One body as it lay in the folder; header names in small letters, empty if none were kept."""

    place: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class InboxProblem:
    """A body that became no hint: its file, with the line in a ``.jsonl``, and why, as a sentence."""

    place: str
    reason: str


@dataclass
class InboxReport:
    """How many bodies became hints, were known already, were no webhook of use, or were forged.

    ``problems`` has the first thousand of the last two kinds one by one, ``remarks`` a sentence for each
    way in which bodies were not clean JSON and were read all the same.
    """

    hints: int = 0
    known: int = 0
    not_understood: int = 0
    refused: int = 0
    problems: list[InboxProblem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def name(self, problem: InboxProblem) -> None:
        """Add to ``problems``, up to their number."""
        if len(self.problems) < MOST_NAMED:
            self.problems.append(problem)


@dataclass(frozen=True)
class _Hint:
    """What a body names: a stream, what to ask it for, and the parcel's state, if the body has one."""

    stream: str
    query: dict[str, str]
    tracking: dict[str, Any] | None = None


def take_in(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    keys: WebhookKeys | None = None,
    *,
    keeps_data: bool = True,
    most_bytes: int = Connection.largest_webhook_mb * MEGABYTE,
) -> InboxReport:
    """Record a hint for every body in ``folder`` that isn't recorded yet; files stay where they are.

    Without ``keeps_data`` nothing of a parcel's state is stored, signed or not: the parcel is asked for.
    What becomes no hint is set aside in the quarantine, and leaves it when its file has come right.
    With ``keys``, a body whose headers carry a signature that does not hold is refused, and so is one
    that is longer than ``most_bytes``, of which no more is read. Raises
    ``InputFileError`` if the folder can't be read; what is wrong with a single file is in the report.
    """
    report = InboxReport()
    repairs = RepairLog()
    understood: set[str] = set()
    for delivered in bodies(folder, most_bytes):
        if isinstance(delivered, InboxProblem):
            report.not_understood += 1
            report.name(delivered)
            continue
        signed_at = None
        if keys is not None and (KEY_ID in delivered.headers or SIGNATURE in delivered.headers):
            signed_at = keys.signed_at(delivered.headers, delivered.body)
            if signed_at is None:
                report.refused += 1
                report.name(InboxProblem(delivered.place, "Its signature does not hold."))
                continue
        document = _document(delivered.body)
        repairs.note("inbox", document)
        hint = _hint(document.value)
        if isinstance(hint, str):
            report.not_understood += 1
            report.name(InboxProblem(delivered.place, hint))
            continue
        understood.add(delivered.place)
        if _record(con, delivered, hint, signed_at if keeps_data else None):
            report.hints += 1
        else:
            report.known += 1
    _set_aside(con, report.problems, understood)
    report.remarks = repairs.remarks()
    return report


def _set_aside(
    con: duckdb.DuckDBPyConnection, problems: Sequence[InboxProblem], understood: set[str]
) -> None:
    """Name in the quarantine what became no hint; the bodies stay in their files."""
    quarantine = Quarantine(con)
    for problem in problems:
        quarantine.put(SetAside(WEBHOOKS, problem.reason, row_id=problem.place))
    quarantine.came_right(WEBHOOKS, understood)


def bodies(folder: Path, most_bytes: int) -> Iterator[Delivered | InboxProblem]:
    """Every body in ``folder``, by file name; a file that is being written is met the next time.

    A file that cannot be read, or that is longer than ``most_bytes``, is a problem of its own, and the
    others are read. Folders inside are left
    alone. Raises ``InputFileError`` if ``folder`` itself can't be read.
    """
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        raise InputFileError(f"{folder} can't be read: {error.strerror}.") from None
    for file in files:
        is_body = file.suffix.lower() in (".json", ".jsonl")
        if is_body and not file.name.lower().endswith(_HEADERS):
            try:
                yield from _bodies_of(file, most_bytes)
            except OSError as error:
                reason = f"It can't be read: {error.strerror}."
                yield InboxProblem(_shown(file.name), reason)


def _bodies_of(file: Path, most: int) -> Iterator[Delivered | InboxProblem]:
    name = _shown(file.name)
    mode = file.stat().st_mode
    if stat.S_ISDIR(mode):
        return
    # A pipe or a socket would be waited for, perhaps for ever.
    if not stat.S_ISREG(mode):
        yield InboxProblem(name, "It is no file but a pipe, a socket or a device.")
    elif file.suffix.lower() == ".jsonl":
        with file.open("rb") as lines:
            for number, row in enumerate(_rows(lines, most), start=1):
                if len(row) > most:
                    yield InboxProblem(f"{name}:{number}", _too_long(most))
                elif row.strip():
                    yield _from_line(f"{name}:{number}", row)
    else:
        yield _body(file, name, most)


def _body(file: Path, name: str, most: int) -> Delivered | InboxProblem:
    kept = file.with_name(f"{file.stem}{_HEADERS}")
    if kept.exists() and not kept.is_file():
        return InboxProblem(
            name, f"{_shown(kept.name)}, which should have its headers, is no file."
        )
    body = _beginning(file, most)
    headers = _beginning(kept, most) if kept.exists() else b"{}"
    if max(len(body), len(headers)) > most:
        return InboxProblem(name, _too_long(most))
    return Delivered(name, body, _lowered(_parsed(headers)))


def _beginning(file: Path, most: int) -> bytes:
    """The file, or of a longer one a byte more than is allowed."""
    with file.open("rb") as opened:
        return opened.read(most + 1)


def _too_long(most: int) -> str:
    return (
        f"It is longer than {most // MEGABYTE} MB (largest_webhook_mb), which no webhook of ShipStation "
        "is."
    )


def _rows(lines: BinaryIO, most: int) -> Iterator[bytes]:
    """The lines; one that is too long is cut just beyond what is allowed, and its rest left out."""
    while row := lines.readline(most + 1):
        rest = row
        while len(rest) > most and not rest.endswith(b"\n"):
            rest = lines.readline(most + 1)
        yield row.removesuffix(b"\n").removesuffix(b"\r")


def _shown(name: str) -> str:
    """The name of a file, of which what is no UTF-8 is written out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _from_line(place: str, row: bytes) -> Delivered:
    line = _parsed(row)
    if isinstance(line.get("body"), str):
        return Delivered(place, line["body"].encode(), _lowered(line.get("headers")))
    return Delivered(place, row, {})


def _hint(webhook: object) -> _Hint | str:
    """What a webhook names to be read, or why that is nothing, as a sentence."""
    url = webhook.get("resource_url") if isinstance(webhook, dict) else None
    if not isinstance(webhook, dict) or not isinstance(url, str):
        return "It is no webhook of ShipStation: it is no JSON object with a resource_url."
    try:
        address = urlsplit(url)
    except ValueError:
        return "Its resource_url is no address."
    query = dict(parse_qsl(address.query))
    if not all(_VALUE.fullmatch(value) for value in query.values()):
        return "The query of its resource_url holds a value that is no id."
    track = _TRACK.fullmatch(address.path)
    if track is not None:
        data = webhook.get("data")
        return _Hint(TRACKING, {"label_id": track[1]}, data if isinstance(data, dict) else None)
    if address.path not in _PARAMETERS:
        return "Its resource_url names something that a sync does not read by webhook."
    stream, allowed = _PARAMETERS[address.path]
    if not query or not allowed >= set(query):
        return f"The query of its resource_url must ask by {' or '.join(sorted(allowed))}."
    return _Hint(stream, query)


def _record(
    con: duckdb.DuckDBPyConnection,
    delivered: Delivered,
    hint: _Hint,
    signed_at: datetime | None,
) -> bool:
    identity = hashlib.sha256(delivered.place.encode() + b"\n" + delivered.body).hexdigest()
    is_data = hint.tracking is not None and signed_at is not None
    row = {
        "hint_id": identity,
        "recorded_at": clock.now(),
        "stream": hint.stream,
        "query": orjson.dumps(hint.query).decode(),
        "signed_at": signed_at,
        "tracking": as_json(hint.tracking) if is_data else None,
    }
    found = con.execute(statement("shipsync.feed", "record_hint"), row).fetchall()
    return bool(found)


def _document(text: bytes) -> Document:
    try:
        return read_json(text)
    except NotReadable:
        return Document(None)


def _parsed(text: bytes) -> dict[str, Any]:
    value = _document(text).value
    return value if isinstance(value, dict) else {}


def _lowered(headers: object) -> dict[str, str]:
    if not isinstance(headers, dict):
        return {}
    return {str(name).lower(): str(value) for name, value in headers.items()}
