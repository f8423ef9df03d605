"""Pages: which rows stand on one, and the envelope with its totals and links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from random import Random
from typing import Literal
from urllib.parse import quote, urlencode

import orjson

from shipsync.emulator.account.collection import Key
from shipsync.emulator.http.problems import JSON, ErrorBody, RefusedError, invalid
from shipsync.emulator.http.query import Query
from shipsync.emulator.http.request import Response
from shipsync.emulator.options import Options

PAGING = ("page", "page_size", "limit", "cursor")
"""Query parameters that choose the page and are left out of the repeated filters."""

Ties = Literal["insertion", "reversed", "shuffled"]


@dataclass(frozen=True)
class PageLimit:
    """The largest page of a list, and what a larger one gets."""

    rows: int
    oversized: Literal["clamp", "refuse"]


@dataclass(frozen=True)
class PageWanted:
    """The page asked for: ``number`` from 1, ``size`` rows, counted from row ``offset``."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        """Rows before the page."""
        return (self.number - 1) * self.size


def wanted_page(
    query: Query, options: Options, limit: PageLimit, default_size: int = 25
) -> PageWanted:
    """Read page and page_size. Raises RefusedError for what is too large or too deep."""
    size = query.number("page_size") or query.number("limit") or default_size
    if size > limit.rows:
        if limit.oversized == "refuse":
            if options.oversized_words == "odd":
                message = "The request would cost too much."
                raise RefusedError(400, ErrorBody("system", "unspecified", message))
            raise invalid("page_size", size, f"the largest is {limit.rows}")
        size = limit.rows
    wanted = PageWanted(query.number("page") or 1, size)
    refuse_if_deep(wanted, options)
    return wanted


def refuse_if_deep(wanted: PageWanted, options: Options) -> None:
    """Raises RefusedError for a page past the deepest row, unless it is to be empty."""
    if not _too_deep(wanted, options) or options.deep_page == "empty":
        return
    message = f"Page {wanted.number} was not found."
    status = 404 if options.deep_page == "not_found" else 400
    raise RefusedError(status, ErrorBody("validation", "invalid_field_value", message, "page"))


def _too_deep(wanted: PageWanted, options: Options) -> bool:
    return options.deepest_row is not None and wanted.offset >= options.deepest_row


def reachable(wanted: PageWanted, options: Options) -> bool:
    """Whether rows may stand on the page at all; False for a page beyond the deepest row."""
    return not _too_deep(wanted, options)


def cut(
    keys: Sequence[Key],
    low: int,
    high: int,
    wanted: PageWanted,
    *,
    descending: bool,
    ties: Ties,
    random: Random,
) -> list[int]:
    """The row numbers on a page of ``keys[low:high]``, which is sorted ascending.

    Descending order turns ties round too, unless ``ties`` says otherwise.
    """
    first, last = wanted.offset, min(wanted.offset + wanted.size, high - low)
    if first >= last:
        return []
    if descending:
        first, last = (high - low) - last, (high - low) - first
    left, right = low + first, low + last
    if ties == "insertion":
        numbers = [number for _, number in keys[left:right]]
    else:
        numbers = _reordered(keys, low, high, left, right, ties, random)
    return numbers[::-1] if descending else numbers


def _reordered(
    keys: Sequence[Key], low: int, high: int, left: int, right: int, ties: Ties, random: Random
) -> list[int]:
    start, end = left, right
    while start > low and keys[start - 1][0] == keys[left][0]:
        start -= 1
    while end < high and keys[end][0] == keys[right - 1][0]:
        end += 1
    numbers: list[int] = []
    for _, group in groupby(keys[start:end], key=lambda key: key[0]):
        tied = [number for _, number in group]
        numbers += tied[::-1] if ties == "reversed" else random.sample(tied, len(tied))
    return numbers[left - start : right - start]


def envelope(
    items_key: str,
    rows: Sequence[bytes],
    total: int,
    wanted: PageWanted,
    path: str,
    query: Query,
    options: Options,
    cursors: Mapping[int, str] | None = None,
) -> Response:
    """The answer of a list: the rows first, then total, page, pages, links.

    ``cursors`` gives, by page number, the opaque cursor that links carry in place of ``page``.
    """
    pages = -(-total // wanted.size) or options.pages_when_empty
    filters = urlencode(
        [pair for pair in query.pairs if pair[0] not in PAGING], quote_via=quote, safe=":"
    )

    def link(number: int) -> dict[str, str]:
        position = f"page={number}" if cursors is None else f"cursor={cursors[number]}"
        parts = [filters] if filters else []
        parts += [position, f"page_size={wanted.size}"]
        return {"href": f"{options.public_url}{path}?{'&'.join(parts)}"}

    tail = {
        "total": total,
        "page": wanted.number,
        "pages": pages,
        "links": {
            "first": link(1),
            "last": link(max(pages, 1)),
            "prev": link(min(wanted.number - 1, max(pages, 1))) if wanted.number > 1 else {},
            "next": link(wanted.number + 1) if wanted.number < pages else {},
        },
    }
    head = b'{"' + items_key.encode() + b'":['
    return Response(200, _enclosed(head, rows, b"]," + orjson.dumps(tail)[1:]), JSON)


def _enclosed(head: bytes, rows: Sequence[bytes], tail: bytes) -> bytes:
    """Head, rows with commas, tail; a page of 2 MB is copied once, not three times."""
    if len(rows) < 2:
        return head + b"".join(rows) + tail
    return b",".join([head + rows[0], *rows[1:-1], rows[-1] + tail])
