"""Webhook bodies that a receiver has dropped into a folder, turned into hints for the next sync.

::

    NAME.json        one body, as it came; its headers, if kept, in NAME.headers.json (an object)
    NAME.jsonl       one a line: a body, or {"headers": {...}, "body": "<the body as text>"}

A hint names what to read; host and everything else of its address are ignored, so a forged or repeated
one costs a read at most. What a body says of a parcel is kept only if ShipStation has signed it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import duckdb
import orjson

from shipsync import clock
from shipsync.api import endpoints
from shipsync.errors import InputFileError
from shipsync.feed.webhook_keys import KEY_ID, SIGNATURE, WebhookKeys
from shipsync.sources.streams import TRACKING
from shipsync.statements import statement

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


@dataclass
class InboxReport:
    """How many bodies became hints, were known already, were no webhook of use, or were forged."""

    hints: int = 0
    known: int = 0
    not_understood: int = 0
    refused: int = 0


def take_in(
    con: duckdb.DuckDBPyConnection, folder: Path, keys: WebhookKeys | None = None
) -> InboxReport:
    """Record a hint for every body in ``folder`` that isn't recorded yet; files stay where they are.

    With ``keys``, a body whose headers carry a signature that does not hold is refused. Raises
    ``InputFileError`` if the folder can't be read.
    """
    report = InboxReport()
    for delivered in bodies(folder):
        signed_at = None
        if keys is not None and (KEY_ID in delivered.headers or SIGNATURE in delivered.headers):
            signed_at = keys.signed_at(delivered.headers, delivered.body)
            if signed_at is None:
                report.refused += 1
                continue
        named = _named(delivered.body)
        if named is None:
            report.not_understood += 1
        elif _record(con, delivered, *named, signed_at):
            report.hints += 1
        else:
            report.known += 1
    return report


def bodies(folder: Path) -> Iterator[Delivered]:
    """Every body in ``folder``, by file name; a file that is being written is met the next time."""
    try:
        files = sorted(file for file in folder.iterdir() if file.is_file())
        for file in files:
            if file.name.endswith(_HEADERS):
                continue
            if file.suffix == ".json":
                kept = file.with_name(f"{file.stem}{_HEADERS}")
                headers = _lowered(_parsed(kept.read_bytes())) if kept.exists() else {}
                yield Delivered(file.name, file.read_bytes(), headers)
            elif file.suffix == ".jsonl":
                for number, row in enumerate(file.read_bytes().splitlines(), start=1):
                    if row.strip():
                        yield _from_line(f"{file.name}:{number}", row)
    except OSError as error:
        raise InputFileError(
            f"{error.filename or folder} can't be read: {error.strerror}."
        ) from None


def _from_line(place: str, row: bytes) -> Delivered:
    line = _parsed(row)
    if isinstance(line.get("body"), str):
        return Delivered(place, line["body"].encode(), _lowered(line.get("headers")))
    return Delivered(place, row, {})


def _named(body: bytes) -> tuple[str, dict[str, str], dict[str, Any] | None] | None:
    """The stream, what to ask it for, and the parcel's state, if the body has one; None if none."""
    webhook = _parsed(body)
    try:
        address = urlsplit(str(webhook.get("resource_url")))
    except ValueError:
        return None
    query = dict(parse_qsl(address.query))
    if not all(_VALUE.fullmatch(value) for value in query.values()):
        return None
    track = _TRACK.fullmatch(address.path)
    if track is not None:
        data = webhook.get("data")
        return TRACKING, {"label_id": track[1]}, data if isinstance(data, dict) else None
    stream, allowed = _PARAMETERS.get(address.path, ("", frozenset()))
    return (stream, query, None) if stream and query and allowed >= set(query) else None


def _record(
    con: duckdb.DuckDBPyConnection,
    delivered: Delivered,
    stream: str,
    query: dict[str, str],
    tracking: dict[str, Any] | None,
    signed_at: datetime | None,
) -> bool:
    identity = hashlib.sha256(delivered.place.encode() + b"\n" + delivered.body).hexdigest()
    is_data = tracking is not None and signed_at is not None
    row = {
        "hint_id": identity,
        "recorded_at": clock.now(),
        "stream": stream,
        "query": orjson.dumps(query).decode(),
        "signed_at": signed_at,
        "tracking": orjson.dumps(tracking).decode() if is_data else None,
    }
    found = con.execute(statement("shipsync.feed", "record_hint"), row).fetchall()
    return bool(found)


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _lowered(headers: object) -> dict[str, str]:
    if not isinstance(headers, dict):
        return {}
    return {str(name).lower(): str(value) for name, value in headers.items()}
