"""Packages: at most so many pages, and no id twice; the thread that reads ahead keeps order and errors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from shipsync.sources.batches import Packages, RowBatch
from shipsync.sources.prefetch import ahead

START = datetime(2026, 1, 1, tzinfo=UTC)


def _batch(minute: int, *ids: str) -> RowBatch:
    tables = {"t": pa.table({"id": list(ids)})} if ids else {}
    return RowBatch(START + timedelta(minutes=minute), tables, frozenset(ids))


def _taken(batches: list[RowBatch], size: int) -> list[list[str]]:
    packages = Packages(iter(batches), size)
    found = []
    while packages.has_more:
        package = packages.take()
        found.append(package.tables["t"]["id"].to_pylist() if package.tables else [])
    return found


def test_a_package_ends_at_its_size() -> None:
    batches = [_batch(i, f"id{i}") for i in range(5)]
    assert _taken(batches, 2) == [["id0", "id1"], ["id2", "id3"], ["id4"]]


def test_a_package_ends_before_an_id_comes_again() -> None:
    batches = [_batch(0, "a", "b"), _batch(1, "c"), _batch(2, "b"), _batch(3, "d")]
    assert _taken(batches, 10) == [["a", "b", "c"], ["b", "d"]]


def test_a_batch_without_rows_joins_the_package_before_it() -> None:
    packages = Packages(iter([_batch(0, "a"), _batch(9)]), 1)
    package = packages.take()
    assert package.cursor == START + timedelta(minutes=9)
    assert not packages.has_more


def test_cursors_alone_are_not_worth_a_load() -> None:
    assert not Packages(iter([_batch(0), _batch(1)]), 5).take().must_load


def test_an_empty_snapshot_is() -> None:
    snapshot = RowBatch(None, {"t": pa.table({"id": pa.array([], pa.string())})}, frozenset(), True)
    assert Packages(iter([snapshot]), 5).take().must_load


def test_reading_ahead_keeps_the_order_and_hands_on_the_error() -> None:
    def numbers() -> Iterator[int]:
        yield from range(50)
        raise ValueError("the 51st")

    reader = ahead(numbers(), depth=3)
    assert [next(reader) for _ in range(50)] == list(range(50))
    with pytest.raises(ValueError, match="the 51st"):
        next(reader)


def test_a_reader_that_stops_early_stops_the_drawing() -> None:
    drawn: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(10_000):
            drawn.append(number)
            yield number

    reader = ahead(numbers(), depth=2)
    assert [next(reader) for _ in range(3)] == [0, 1, 2]
    reader.close()
    # three handed over, two waiting, one in hand
    assert len(drawn) <= 6
