"""Delivery without a network: standard output, a file of JSON Lines, a folder of Parquet."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from shipsync import owner_only
from shipsync.errors import UsageError
from shipsync.feed.events import ChangeEvent, line, object_json, plain
from shipsync.feed.target import Away, Taken, Verdict

_INSTANT: Final = pa.timestamp("us", tz="UTC")
_SCHEMA: Final = pa.schema(
    [
        ("sequence", pa.int64()),
        ("event_id", pa.string()),
        ("trigger", pa.string()),
        ("entity_id", pa.string()),
        ("shipment_id", pa.string()),
        ("occurred_at", _INSTANT),
        ("detected_at", _INSTANT),
        ("is_touch", pa.bool_()),
        ("changed_fields", pa.list_(pa.string())),
        ("before", pa.string()),
        ("after", pa.string()),
        ("object", pa.string()),
    ]
)
_TAIL: Final = 1 << 20


class JsonStream:
    """An open stream, such as standard output: one JSON object a line."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def put(self, events: Sequence[ChangeEvent]) -> Verdict:
        """Write and flush."""
        try:
            self._stream.write(b"".join(line(event) for event in events))
            self._stream.flush()
        except OSError as error:
            return Away(f"the output broke off ({error.strerror})", is_hopeless=True)
        return Taken()

    def close(self) -> None:
        """The stream stays its owner's."""


class JsonLines:
    """A file that grows by whole lines.

    A line that a crash has cut short is taken off before the next is written; its event comes again.
    Raises ``UsageError`` for a file that holds something else.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if path.is_dir():
            raise UsageError(f"{path} is a folder; for Parquet give it with a slash at its end.")
        self._is_mended = False

    def put(self, events: Sequence[ChangeEvent]) -> Verdict:
        """Append, and return once the disk has it."""
        try:
            owner_only.make_folder(self._path.parent)
            with os.fdopen(owner_only.open_to_append(self._path), "a+b") as file:
                if not self._is_mended:
                    _mend(file, self._path)
                    self._is_mended = True
                file.write(b"".join(line(event) for event in events))
                _onto_disk(file)
        except OSError as error:
            return _not_writable(self._path, error)
        return Taken()

    def close(self) -> None:
        """Nothing stays open between batches."""


class ParquetFolder:
    """A folder of Parquet, one subfolder for each UTC day of detection: ``day=2026-01-31/``.

    A file is named after its first event and appears whole or not at all, so a batch that is sent
    again after a crash takes the place of the one before. ``before``, ``after`` and ``object`` are
    JSON text.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        if folder.is_file():
            raise UsageError(f"{folder} is a file; Parquet goes into a folder.")

    def put(self, events: Sequence[ChangeEvent]) -> Verdict:
        """Write one file for each day, and return once the disk has them."""
        by_day = sorted(events, key=lambda event: (_day(event), event.sequence))
        try:
            for day, of_day in groupby(by_day, key=_day):
                _write(self._folder / f"day={day}", list(of_day))
        except OSError as error:
            return _not_writable(self._folder, error)
        return Taken()

    def close(self) -> None:
        """Nothing stays open between batches."""


def _mend(file: IO[bytes], path: Path) -> None:
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        return
    file.seek(0)
    if file.read(1) != b"{":
        raise UsageError(f"{path} doesn't hold JSON Lines; nothing was added. Give another file.")
    file.seek(max(0, size - _TAIL))
    tail = file.read()
    torn = len(tail) - (tail.rfind(b"\n") + 1)
    if torn:
        file.truncate(size - torn)


def _onto_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _write(folder: Path, events: Sequence[ChangeEvent]) -> None:
    owner_only.make_folder(folder)
    path = folder / f"{events[0].sequence:012d}.parquet"
    unfinished = path.with_suffix(".unfinished")
    with os.fdopen(owner_only.open_new(unfinished), "wb") as file:
        table = pa.Table.from_pylist([_row(event) for event in events], _SCHEMA)
        pq.write_table(table, file, compression="zstd")
        _onto_disk(file)
    unfinished.replace(path)


def _row(event: ChangeEvent) -> dict[str, Any]:
    return plain(event) | {
        "before": event.before_json,
        "after": event.after_json,
        "object": object_json(event),
    }


def _day(event: ChangeEvent) -> str:
    return f"{event.detected_at:%Y-%m-%d}"


def _not_writable(path: Path, error: OSError) -> Away:
    return Away(f"{path} can't be written ({error.strerror or error})", is_hopeless=True)
