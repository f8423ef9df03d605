"""What had to be read otherwise than it came, said once for each kind and not for each row."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Final

from shipsync.api.endpoints import LISTINGS
from shipsync.api.tolerant_json import Document, Path, Repair
from shipsync.api.vendor_words import VendorWords

_IDS: Final = tuple(dict.fromkeys(part for listing in LISTINGS.values() for part in listing.key))

_LONGEST_FIELD: Final = 100


class RepairLog:
    """Repairs by stream and kind: how many, and where the first was. Safe to share between threads."""

    def __init__(self, words: VendorWords | None = None) -> None:
        self._words = words or VendorWords()
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], int] = {}
        self._first: dict[tuple[str, str], str] = {}

    def note(self, stream: str, document: Document) -> None:
        """Count the repairs of one document, read for ``stream``."""
        with self._lock:
            for repair in document.repairs:
                kind = (stream, repair.what)
                self._counts[kind] = self._counts.get(kind, 0) + 1
                if kind not in self._first:
                    self._first[kind] = _place(document.value, repair, self._words)

    def remarks(self) -> list[str]:
        """One sentence for each kind, with the row and the field of the first."""
        with self._lock:
            return list(self._sentences())

    def _sentences(self) -> Iterator[str]:
        for (stream, what), count in self._counts.items():
            more = f" ({count} times in all)" if count > 1 else ""
            place = self._first[stream, what]
            yield f"{stream}: what came was no clean JSON and was read all the same: {place}{what}{more}."


def _place(body: Any, repair: Repair, words: VendorWords) -> str:
    if not repair.path:
        return ""
    row = _row(body, repair.path)
    field = ".".join(str(part) for part in repair.path[row[1] :])
    named = field and (words.field(field) or "a field that is not documented")
    return f"in {row[0]}{named[:_LONGEST_FIELD]}, "


def _row(body: Any, path: Path) -> tuple[str, int]:
    """How the row that ``path`` leads into is called, and how much of the path leads up to it."""
    inner = body
    for length, part in enumerate(path, start=1):
        inner = inner[part]
        if isinstance(part, int):
            key = next((name for name in _IDS if isinstance(inner, dict) and inner.get(name)), None)
            name = f"{key} {inner[key]}" if key else f"row {part + 1}"
            return f"{name}, ", length
    return "", 0
