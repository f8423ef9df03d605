"""Reading a list row by row, where its answer as a whole is no JSON because one of its rows is none.

The rows are told apart by their brackets, and what cannot be read of one ends where its bracket closes.
A quotation mark too many shifts what is text and what is not, and with it the brackets; so the outcome
counts only if it is borne out: as many rows as the answer itself says that there are, or, where it says
nothing, no row that swallowed another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from shipsync.api.tolerant_json import (
    TEXT,
    Document,
    NotReadable,
    as_text,
    decode_at,
    read_text,
)

LONGEST_EXCERPT: Final = 2000
_BLANK: Final = re.compile(r"\s*")
_TOKEN: Final = re.compile(rf"{TEXT}|[\[\]{{}}]", re.DOTALL)
_BRACKET: Final = re.compile(r"[\[\]{}]")
_DEEPEST: Final = 1000
_BRACKETS: Final = frozenset("[]{}")


@dataclass(frozen=True)
class BrokenRow:
    """A row that is no JSON: its position in the answer from 0, its text, and why it cannot be read."""

    position: int
    text: str
    reason: str


@dataclass(frozen=True)
class Salvaged:
    """A list's answer, its rows as the document has them, and those that had to be left out of it."""

    document: Document
    broken: tuple[BrokenRow, ...]


def salvage(raw: bytes, items_key: str, id_key: str, size: int | None) -> Salvaged | None:
    """The list ``items_key`` in ``raw`` without its broken rows; None if they can't be told apart.

    ``id_key`` is a field that each row has once, ``size`` the page size that was asked for (None: all).
    """
    text, repairs = as_text(raw)
    found = re.compile(rf'"{re.escape(items_key)}"\s*:\s*\[').search(text)
    begin = found.end() if found else (1 if text.startswith("[") else None)
    if begin is None:
        return None
    cut = _rows(text, begin)
    if cut is None:
        return None
    rows, broken, end = cut
    try:
        document = read_text(f"{text[:begin]}{','.join(rows)}{text[end:]}", repairs)
    except NotReadable:
        return None
    count = len(rows) + len(broken)
    if not _is_borne_out(document, count, broken, id_key, size):
        return None
    return Salvaged(document, tuple(broken))


def row_id(text: str, id_key: str) -> str | None:
    """The id in the text of a broken row, if it can be made out."""
    found = re.search(rf'"{re.escape(id_key)}"\s*:\s*(?:"([^"\\]{{1,100}})"|(\d{{1,20}}))', text)
    return (found[1] or found[2]) if found else None


def excerpt(text: str) -> str:
    """The beginning of ``text`` that is kept, with U+FFFD for what no database can hold."""
    return text[:LONGEST_EXCERPT].encode("utf-8", "replace").decode("utf-8")


def _rows(text: str, begin: int) -> tuple[list[str], list[BrokenRow], int] | None:
    """The texts of the readable rows from ``begin`` on, the broken rows, and where the list ends."""
    rows: list[str] = []
    broken: list[BrokenRow] = []
    position = _after_blank(text, begin)
    while text[position : position + 1] != "]":
        try:
            _, end = decode_at(text, position)
        except NotReadable as error:
            skipped = _closing(text, position)
            if skipped is None:
                return None
            end = skipped
            number = len(rows) + len(broken)
            broken.append(BrokenRow(number, text[position:end], error.reason))
        else:
            rows.append(text[position:end])
        position = _after_blank(text, end)
        if text[position : position + 1] == ",":
            position = _after_blank(text, position + 1)
        elif text[position : position + 1] != "]":
            return None
    return rows, broken, position


def _after_blank(text: str, position: int) -> int:
    found = _BLANK.match(text, position)
    return found.end() if found else position


def _closing(text: str, begin: int) -> int | None:
    """Where the bracket that opens at ``begin`` has closed; None if it never does."""
    if text[begin : begin + 1] not in ("{", "["):
        return None
    depth = 0
    for bracket, end in _brackets(text, begin):
        depth += 1 if bracket in "{[" else -1
        if depth == 0:
            return end
        if depth > _DEEPEST:
            return None
    return None


def _brackets(text: str, begin: int) -> Iterator[tuple[str, int]]:
    """Every bracket outside of texts, and where it ends; a quotation mark that nothing closes begins none."""
    for token in _TOKEN.finditer(text, begin):
        if token[0] in _BRACKETS:
            yield token[0], token.end()
        elif token["unclosed"] is not None:
            for bracket in _BRACKET.finditer(text, token.start()):
                yield bracket[0], bracket.end()


def _is_borne_out(
    document: Document, count: int, broken: list[BrokenRow], id_key: str, size: int | None
) -> bool:
    if any(row.text.count(f'"{id_key}"') > 1 for row in broken):
        return False
    body: Any = document.value
    total = body.get("total") if isinstance(body, dict) else None
    page = body.get("page", 1) if isinstance(body, dict) else 1
    if size is None or not isinstance(total, int) or not isinstance(page, int):
        return True
    return count == max(0, min(size, total - (page - 1) * size))
