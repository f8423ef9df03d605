"""Bodies as an emulated account serves them, and ways to spoil them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import httpx
from hypothesis import strategies as st

from shipsync.emulator import Account, Transport
from shipsync.emulator.simulation.seed import seed_account
from shipsync.sources.streams import STREAMS, TRACKING, Stream
from shipsync.sources.tracking import labelled

Body = dict[str, Any]
Path = tuple[str | int, ...]
ROWS: Final = 4
_DEEPEST_PATH: Final = 4


def _nested(levels: int) -> Any:
    value: Any = "the bottom"
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


NUMBERS: Final[list[Any]] = [
    *(0, -1, -0.0, 2.5, 17.169999999999998, 15.0000000001, 0.00005, 1e300, -1e300, 1e-320),
    *(2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**64), 10**30, 99999999999999.99),
    *(float("nan"), float("inf"), float("-inf")),
]
TEXTS: Final[list[Any]] = [
    *("", " ", "12.50", "1,234.50", "1e999", "NaN", "null", "true", "-", "0x1F", "１２"),  # noqa: RUF001
    *(
        "\ud83d",
        "Ann \udc00 Lee",
        "\ud83d\ude00",
        "\x00",
        "a\x00b",
        "\ufeffBOM",
        "\u202e",
        "\uffff",
    ),
    *("'; drop table raw.shipments; --", "{{ config }}", "{}", "[]", '"', "\\", "x" * 100_000),
]
TIMES: Final[list[Any]] = [
    *("9999-12-31T23:59:59.9999999-08:00", "9999-12-31", "0001-01-01T00:00:00", "0000-00-00"),
    *("0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "2016-12-31T23:59:60Z"),
    *("2026-01-01T24:00:00Z", "2026-01-01T00:00:00+99:99", "2099-01-01T00:00:00Z", "2026-W01-1"),
    *("1969-12-31T23:59:59.999Z", "2026-03-29T02:30:00", "20260101T000000Z", "yesterday"),
]
SHAPES: Final[list[Any]] = [
    *(None, True, False, [], {}, [None], [[]], [{}], [[[1]]], {"": None}, {"a": {"b": [1, None]}}),
    *([None, {"a": 1}], ["text", 7], [{"sku": "A"}, None, 3], {"0": {"sku": "A"}}),
    *(_nested(60), _nested(300), _nested(900)),
]
KINDS: Final = (NUMBERS, TEXTS, TIMES, SHAPES)
ODD: Final = st.one_of(*(st.sampled_from(kind) for kind in KINDS)).map(copy.deepcopy)


@dataclass(frozen=True)
class Spoiled:
    """Rows of one answer of ``stream``, and the positions of those that are as the account serves them."""

    stream: Stream
    rows: list[Any]
    untouched: frozenset[int]


@cache
def served() -> dict[str, list[Body]]:
    """A few rows of each stream, as an emulated account serves them."""
    account = Account(seed=11)
    seed_account(account, shipments=30)
    with httpx.Client(transport=Transport(account), base_url="http://127.0.0.1") as client:
        client.headers["api-key"] = "emulator-key"
        found: dict[str, list[Body]] = {}
        for name, stream in STREAMS.items():
            if stream.listing is not None:
                body = client.get(stream.listing.path).json()
                found[name] = body[stream.listing.items_key][: 3 * ROWS]
        for label in found["labels"]:
            label_id = label["label_id"]
            answer = client.get(f"/v2/labels/{label_id}/track").json()
            found.setdefault(TRACKING, []).append(labelled(label_id, answer))
    return found


@st.composite
def spoiled(draw: st.DrawFn) -> Spoiled:
    """Rows of one stream of which one or several are spoiled in one or several places."""
    stream = STREAMS[draw(st.sampled_from(sorted(served())))]
    first = draw(st.integers(0, max(0, len(served()[stream.name]) - ROWS)))
    rows: list[Any] = copy.deepcopy(served()[stream.name][first : first + ROWS])
    touched: set[int] = set()
    for _ in range(draw(st.integers(1, 3))):
        position = draw(st.integers(0, len(rows) - 1))
        touched.add(position)
        _spoil(draw, stream, rows, position)
    return Spoiled(stream, rows, frozenset(range(len(rows))) - touched)


def _spoil(draw: st.DrawFn, stream: Stream, rows: list[Any], position: int) -> None:
    row = rows[position]
    way = draw(
        st.sampled_from(["value", "value", "value", "value", "key", "id", "case", "missing"])
    )
    if way == "id" or not row:
        # Often the id of its neighbour: two rows for one key.
        neighbour = rows[position - 1].get(stream.id_key)
        row[stream.id_key] = draw(st.just(neighbour) | ODD | st.integers())
    elif way == "key":
        row[
            draw(
                st.sampled_from(["", "brand_new", "is_removed", "content_hash", "\ud83d", "value"])
            )
        ] = draw(ODD)
    else:
        path = draw(st.sampled_from(sorted(_paths(row), key=repr)))
        if way == "value":
            _put(row, path, draw(ODD))
        elif isinstance(path[-1], str):
            value = _take(row, path)
            if way == "case":
                _put(
                    row,
                    (*path[:-1], draw(st.sampled_from([path[-1].upper(), path[-1].title()]))),
                    value,
                )


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place inside a body, to a few levels."""
    if path:
        yield path
    if len(path) >= _DEEPEST_PATH:
        return
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, below in inner:
        yield from _paths(below, (*path, key))


def _parent(row: Any, path: Path) -> Any:
    for key in path[:-1]:
        row = row[key]
    return row


def _put(row: Any, path: Path, value: Any) -> None:
    _parent(row, path)[path[-1]] = value


def _take(row: Any, path: Path) -> Any:
    return _parent(row, path).pop(path[-1])
