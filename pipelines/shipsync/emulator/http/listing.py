"""Pages of the three lists that can be filtered, windowed and sorted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

from shipsync.emulator.account.account import Account
from shipsync.emulator.account.collection import Collection, Filters, Key, Row, TimeWindow
from shipsync.emulator.account.journal import Kind
from shipsync.emulator.http.paging import PAGING, PageLimit, cut, envelope, reachable, wanted_page
from shipsync.emulator.http.query import Query
from shipsync.emulator.http.request import Response
from shipsync.emulator.http.routing import Call
from shipsync.emulator.options import Options

MICROS = 1_000_000

NOTHING = "nothing"
"""The sort that is none: an order without meaning, the same at every request."""


@dataclass(frozen=True)
class ListedCollection:
    """How one list reads its query.

    ``instants`` maps the stem of a window's parameters (``created_at`` for ``created_at_start`` and
    ``created_at_end``) to an instant of the rows; ``sorts`` maps values of sort_by likewise.
    ``tests`` give a test of a row for parameters that no column holds.
    """

    kind: Kind
    instants: Mapping[str, str]
    sorts: Mapping[str, str]
    descending: bool
    tests: Mapping[str, Callable[[str], Callable[[Row], bool]]]
    shows_modified: bool = True
    """Whether rows have the modified_at they are sorted by; see ``unlisted_modified_sort``."""


@dataclass(frozen=True)
class Bounds:
    """Whether windows admit the instants they name, and whether those are cut to whole seconds."""

    start_inclusive: bool = True
    end_inclusive: bool = True
    whole_seconds: bool = False


def list_rows(
    account: Account,
    call: Call,
    listing: ListedCollection,
    sort_by: str,
    bounds: Bounds | None = None,
) -> Response:
    """One page of a list, sorted by ``sort_by`` unless the query says otherwise."""
    query, options = call.query, account.options
    limit = call.page_limit or PageLimit(options.max_page_size, options.oversized_page)
    wanted = wanted_page(query, options, limit)
    asked = query.text("sort_dir")
    descending = listing.descending if asked is None else asked == "desc"
    sort_by = _sort(listing, query.text("sort_by") or sort_by, options)
    collection = account.collection(listing.kind)
    bounds = replace(bounds or Bounds(), whole_seconds=options.bounds == "seconds")
    keys, low, high = _sorted_keys(call, collection, listing, sort_by, bounds)
    numbers = (
        cut(
            keys,
            low,
            high,
            wanted,
            descending=descending,
            ties=options.ties,
            random=call.random,
        )
        if reachable(wanted, options)
        else []
    )
    rows = [collection.row(number).raw for number in numbers]
    path = call.request.path
    return envelope(listing.kind, rows, high - low, wanted, path, query, options)


def _sort(listing: ListedCollection, asked: str, options: Options) -> str:
    if asked != "modified_at" or listing.shows_modified:
        return listing.sorts[asked]
    meant = {"modified": "modified_at", "created": "created_at", "nothing": NOTHING}
    return meant[options.unlisted_modified_sort]


def _sorted_keys(
    call: Call,
    collection: Collection,
    listing: ListedCollection,
    sort_by: str,
    bounds: Bounds,
) -> tuple[Sequence[Key], int, int]:
    filters = _filters(collection, listing, call.query, bounds)
    by_nothing = sort_by == NOTHING
    sort_by = "created_at" if by_nothing else sort_by
    only_window = all(window.instant == sort_by for window in filters.windows)
    if not filters.equal and filters.test is None and only_window and not by_nothing:
        window = filters.windows[0] if filters.windows else TimeWindow(sort_by)
        return collection.span(window)
    chosen = tuple(pair for pair in call.query.pairs if pair[0] not in PAGING)
    name = (listing.kind, sort_by, filters.windows, chosen)
    keys = call.selections.get(collection, filters, sort_by, name)
    if by_nothing:
        keys = sorted((crc32(str(number).encode()), number) for _, number in keys)
    return keys, 0, len(keys)


def _filters(
    collection: Collection, listing: ListedCollection, query: Query, bounds: Bounds
) -> Filters:
    columns = collection.layout.columns
    equal = tuple((name, str(value)) for name, value in query.values.items() if name in columns)
    windows = []
    for stem, instant in listing.instants.items():
        start, end = query.number(f"{stem}_start"), query.number(f"{stem}_end")
        if start is not None or end is not None:
            start, end = (_precise(bound, bounds) for bound in (start, end))
            start = start if start is None or bounds.start_inclusive else start + 1
            end = end if end is None or bounds.end_inclusive else end - 1
            windows.append(TimeWindow(instant, start, end))
    tests = [
        test(text) for name, test in listing.tests.items() if (text := query.text(name)) is not None
    ]
    return Filters(equal, tuple(windows), _all_of(tests) if tests else None)


def _precise(bound: int | None, bounds: Bounds) -> int | None:
    return bound // MICROS * MICROS if bound is not None and bounds.whole_seconds else bound


def _all_of(tests: Sequence[Callable[[Row], bool]]) -> Callable[[Row], bool]:
    return lambda row: all(test(row) for test in tests)
