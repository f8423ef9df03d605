"""Bodies with odd values anywhere: none stops a reading, what is good is loaded, what is not is named.

The seed is printed; ``SHIPSYNC_FUZZ_SEED=... pytest tests/sources/test_odd_bodies.py`` goes through the same
bodies again.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, seed, settings

from shipsync.set_aside import SetAside
from shipsync.sources.account_time import AccountTime
from shipsync.sources.batches import RowBatch
from shipsync.sources.canonical import content_hash
from shipsync.sources.keyset import Walked
from shipsync.sources.redaction import Redaction
from shipsync.sources.schema import ColumnKind, Table
from shipsync.sources.sifting import Sifting, Tally
from shipsync.sources.sound import sound
from shipsync.sources.stored import StoredVersion
from shipsync.sources.streams import Stream
from sources.odd_bodies import Spoiled, spoiled

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
SEED = int(os.environ.get("SHIPSYNC_FUZZ_SEED") or secrets.randbelow(2**32))
print(f"SHIPSYNC_FUZZ_SEED={SEED}")  # noqa: T201 - it is what a failure is replayed with
EASY = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}


class Nothing:
    """An empty database, as a reading asks it."""

    def newest_change(self) -> datetime | None:
        return None

    def count(self) -> int:
        return 0

    def current(self, ids: Sequence[str]) -> dict[str, StoredVersion]:
        return {}


class Apart:
    """Where a reading puts what it cannot use."""

    def __init__(self) -> None:
        self.things: list[SetAside] = []

    def put(self, thing: SetAside) -> None:
        self.things.append(thing)

    def came_right(self, stream: str, row_ids: Collection[str]) -> int:
        return 0


def _read(
    stream: Stream, rows: list[Any], redaction: Redaction | None = None
) -> tuple[RowBatch, Apart, Tally]:
    apart, tally, time = Apart(), Tally(), AccountTime(lambda: NOW)
    time.observe(NOW)
    sifting = Sifting(stream, Nothing(), time, redaction or Redaction(), tally, apart)
    page = Walked(rows, [content_hash(row) for row in rows], None)
    [batch] = sifting.batches(iter([page]))
    return batch, apart, tally


def _key(table: Table, row: Any) -> tuple[str, ...] | None:
    """The key of a row as a person would read it, None if nobody could tell which row it is."""
    kinds = {column.name: column.kind for column in table.columns}
    parts = []
    for name in table.key:
        spellings = [key for key in row if key.casefold() == name] if name not in row else [name]
        value = row[spellings[0]] if len(spellings) == 1 else None
        # Not every number with a decimal point has a form of its own from there on.
        if isinstance(value, float) and abs(value) >= 2**53:
            value = None
        if isinstance(value, float) and value.is_integer():
            value = int(Decimal(repr(value)))
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if kinds[name] is ColumnKind.WHOLE and isinstance(value, str):
            value = int(value) if value.strip().isascii() and value.strip().isdigit() else None
            is_number = value is not None
        if kinds[name] is ColumnKind.WHOLE:
            is_usable = is_number and abs(value) < 2**63
        else:
            is_usable = is_number or (isinstance(value, float) and abs(value) < float("inf"))
            is_usable = is_usable or (isinstance(value, str) and value.strip() != "")
        if not is_usable and name not in table.optional_key:
            return None
        value = Decimal(repr(value)) if isinstance(value, float) else value
        parts.append(str(sound(str(value))) if is_usable else "")
    return tuple(parts)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("set timezone = 'America/Los_Angeles'")
        yield opened


def _loaded(con: duckdb.DuckDBPyConnection, table: Table, rows: pa.Table) -> list[dict[str, Any]]:
    """``rows`` as they come out of DuckDB again, its JSON columns checked to be JSON."""
    casts = ", ".join(f'"{name}"::json as "{name}"' for name in table.documents)
    con.register("rows", rows)
    found = con.execute(f"select * replace ({casts}) from rows")  # noqa: S608 - names of ours
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def assert_good_is_read_and_nothing_lost(con: duckdb.DuckDBPyConnection, case: Spoiled) -> None:
    stream, table = case.stream, case.stream.table
    batch, apart, tally = _read(stream, case.rows)
    keys = [_key(table, row) for row in case.rows]
    usable = {key for key in keys if key is not None}
    if not usable:
        assert not batch.tables
        assert len(apart.things) == len(case.rows)
        return
    loaded = {found.name: _loaded(con, found, batch.tables[found.name]) for found in stream.tables}

    # What can be told apart is loaded, once; what cannot is set aside, each by itself.
    held = {
        tuple("" if row[part] is None else str(row[part]) for part in table.key): row
        for row in loaded[table.name]
    }
    assert held.keys() == usable
    assert len(loaded[table.name]) == len(usable)
    without = sum(key is None for key in keys)
    assert without <= len(apart.things)
    assert all(str(thing).strip() and thing.stream == stream.name for thing in apart.things)

    # Rows that are as they should be are what they are without bad company.
    for position in case.untouched:
        key = keys[position]
        assert key is not None
        if keys.count(key) > 1:
            continue
        alone, _, _ = _read(stream, [case.rows[position]])
        for found in stream.tables:
            expected = _loaded(con, found, alone.tables[found.name])
            parent = stream.id_key
            if found is not table and parent in found.key:
                rows = [row for row in loaded[found.name] if row[parent] == held[key][parent]]
            else:
                rows = [held[key]]
            assert rows == expected

    # Nothing that came is gone: it stands in its column, in a document, in a line, or in _extra.
    for position, row in enumerate(case.rows):
        if keys[position] is not None and keys.count(keys[position]) == 1:
            assert_all_is_kept(stream, row, held[keys[position]], loaded, tally)


def assert_all_is_kept(
    stream: Stream, row: Any, held: Any, loaded: dict[str, list[dict[str, Any]]], tally: Tally
) -> None:
    extra = json.loads(held["_extra"]) if held["_extra"] else {}
    for path in extra:
        assert tally.extras[f"{stream.table.name}.{path[:200]}"] > 0
    for key, value in row.items():
        if value in (None, "", [], {}) or not isinstance(key, str):
            continue
        columns = [c.name for c in stream.table.columns if c.path[0].casefold() == key.casefold()]
        in_columns = any(held[name] is not None for name in columns)
        in_extra = any(path.split(".")[0].casefold() == sound(key).casefold() for path in extra)
        in_lines = any(lines.list_key == key.casefold() for lines in stream.lines)
        value = value[0] if isinstance(value, list) and len(value) == 1 else value
        inner = value.values() if isinstance(value, dict) else [value]
        is_hollow = all(part in (None, "", [], {}) for part in inner)
        assert in_columns or in_extra or in_lines or is_hollow, (key, value)


@seed(SEED)
@settings(max_examples=150, **EASY)
@given(spoiled())
def test_no_body_stops_a_reading(con: duckdb.DuckDBPyConnection, case: Spoiled) -> None:
    assert_good_is_read_and_nothing_lost(con, case)


@pytest.mark.slow
@seed(SEED + 1)
@settings(max_examples=5000, **EASY)
@given(spoiled())
def test_no_body_of_thousands_stops_a_reading(
    con: duckdb.DuckDBPyConnection, case: Spoiled
) -> None:
    assert_good_is_read_and_nothing_lost(con, case)


@seed(SEED + 2)
@settings(max_examples=40, **EASY)
@given(spoiled())
def test_no_body_stops_a_reading_that_redacts(case: Spoiled) -> None:
    for policy in (Redaction("drop"), Redaction("hash", b"a salt of some length")):
        keys = {_key(case.stream.table, row) for row in case.rows} - {None}
        batch, _, _ = _read(case.stream, case.rows, policy)
        assert len(batch.ids) == len(keys)
