"""Each condition that needs a person, made and read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pendulum
import pytest

from shipsync.alerts.conditions import conditions
from shipsync.alerts.publishing import (
    publish_conditions,
    publish_failed,
    publish_went_well,
)
from shipsync.settings import Local
from shipsync.warehouse import runs
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate
from shipsync.warehouse.lock import Holder, LockState

NOW = pendulum.datetime(2026, 5, 4, 12)
LOCAL = Local("default", Path("unused"), None, tracking_calls_per_day=10)
FREE = LockState(None)


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A ledger in which one good run ended an hour before ``NOW``."""
    with connect(tmp_path / "shop.duckdb") as con:
        migrate(con)
        add_run(con, "r1", hours_ago=1)
        add_stream(con, "r1", "labels", "loaded", hours_ago=1)
        yield con


def add_run(
    con: duckdb.DuckDBPyConnection,
    run_id: str,
    *,
    hours_ago: float,
    command: str = "run",
    outcome: str | None = "done",
) -> None:
    at = NOW.subtract(minutes=int(hours_ago * 60))
    con.execute(
        "insert into ledger.runs values (?, ?, ?, ?, ?, 1, null)",
        [run_id, command, at, at if outcome != "killed" else None, outcome],
    )


def add_stream(
    con: duckdb.DuckDBPyConnection, run_id: str, stream: str, outcome: str, *, hours_ago: float
) -> None:
    at = NOW.subtract(minutes=int(hours_ago * 60))
    con.execute(
        "insert into ledger.stream_runs (run_id, stream, outcome, finished_at, rows, unchanged, stale, "
        "caught_late, pages, requests, packages) values (?, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0)",
        [run_id, stream, outcome, at],
    )


def keys(
    con: duckdb.DuckDBPyConnection, standing: LockState = FREE, max_age: timedelta | None = None
) -> list[str]:
    return [c.key for c in conditions(con, LOCAL, standing, NOW, max_age=max_age)]


def test_after_a_good_run_nothing_needs_a_person(con: duckdb.DuckDBPyConnection) -> None:
    assert keys(con) == []


def test_a_publish_that_fails_is_told_since_the_first_time(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    database = tmp_path / "shop.duckdb"
    assert list(publish_conditions(database)) == []

    first = publish_failed(database, NOW - timedelta(hours=2))
    again = publish_failed(database, NOW)

    assert (first.since, again.since) == (NOW - timedelta(hours=2),) * 2
    beside = publish_conditions(database)
    assert conditions(con, LOCAL, FREE, NOW, beside=beside) == [first]
    publish_went_well(database)
    assert list(publish_conditions(database)) == []


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"since": "soon"}', b"\xff"])
def test_a_record_of_publishing_that_is_spoiled_says_nothing(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "shop.duckdb.publish.json").write_bytes(content)
    assert list(publish_conditions(tmp_path / "shop.duckdb")) == []


def test_a_ledger_that_is_not_there_yet_shows_nothing() -> None:
    with duckdb.connect() as empty:
        assert keys(empty) == []


def test_a_failed_run_names_its_streams(con: duckdb.DuckDBPyConnection) -> None:
    add_run(con, "r2", hours_ago=0.5, outcome="failed")
    add_stream(con, "r2", "labels", "failed", hours_ago=0.5)

    (failed,) = conditions(con, LOCAL, FREE, NOW)
    assert failed.key == "run_failed/run"
    assert failed.message == "The last run failed at labels. `shipsync runs r2` says why."


@pytest.mark.parametrize(
    ("command", "expected"),
    [("run", []), ("sync", []), ("build", ["run_failed/run"])],
)
def test_a_good_run_or_sync_ends_the_trouble_of_a_run(
    con: duckdb.DuckDBPyConnection, command: str, expected: list[str]
) -> None:
    add_run(con, "r2", hours_ago=0.5, outcome="failed")
    add_run(con, "r3", hours_ago=0.4, command=command)

    assert keys(con) == expected


def test_a_killed_build_is_told_beside_a_good_run(con: duckdb.DuckDBPyConnection) -> None:
    add_run(con, "r2", hours_ago=0.5, command="build", outcome="killed")
    assert keys(con) == ["run_failed/build"]


def test_a_command_that_a_person_watches_is_no_alert(con: duckdb.DuckDBPyConnection) -> None:
    add_run(con, "r2", hours_ago=0.5, command="stock apply", outcome="failed")
    assert keys(con) == []


@pytest.mark.parametrize(("minutes", "expected"), [(59, ["run_too_old/"]), (61, [])])
def test_a_good_run_is_too_old_at_the_age_that_was_given(
    con: duckdb.DuckDBPyConnection, minutes: int, expected: list[str]
) -> None:
    assert keys(con, max_age=timedelta(minutes=minutes)) == expected


def test_a_run_that_needs_a_person_is_still_a_recent_run(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update ledger.runs set outcome = 'needs_person'")
    assert keys(con, max_age=timedelta(hours=2)) == []


@pytest.mark.parametrize(
    ("stream", "hours_ago", "expected"),
    [
        ("shipments", 24, []),
        ("shipments", 26, ["stream_stale/shipments"]),
        # Read once a day: it may be older by that.
        ("products", 48, []),
        ("products", 50, ["stream_stale/products"]),
        ("inventory_levels", 26, ["stream_stale/inventory_levels"]),
    ],
)
def test_a_stream_is_stale_when_runs_went_on_without_it(
    con: duckdb.DuckDBPyConnection, stream: str, hours_ago: float, expected: list[str]
) -> None:
    add_stream(con, "r0", stream, "loaded", hours_ago=hours_ago)
    assert keys(con) == expected


def test_a_stream_that_never_was_read_is_stale_and_one_without_its_add_on_is_not(
    con: duckdb.DuckDBPyConnection,
) -> None:
    add_stream(con, "r1", "shipments", "failed", hours_ago=1)
    add_stream(con, "r1", "suppliers", "skipped", hours_ago=1)
    assert keys(con) == ["stream_stale/shipments"]


def test_where_nothing_ran_it_is_said_once_and_not_for_each_stream(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute("update ledger.runs set finished_at = '2026-01-01 00:00:00Z'")
    con.execute("update ledger.stream_runs set finished_at = '2026-01-01 00:00:00Z'")
    assert keys(con) == ["run_too_old/"]


def test_dead_events_and_a_paused_consumer_are_told(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "insert into ledger.dead_letters values ('shop', 1, 'se-1', 'refused', 5, ?, null), "
        "('shop', 2, 'se-2', 'refused', 5, ?, ?)",
        [NOW, NOW, NOW],
    )
    con.execute("insert into ledger.paused_consumers values ('shop', 'gone', ?)", [NOW])

    paused, dead = conditions(con, LOCAL, FREE, NOW)
    assert (paused.key, dead.key) == ("consumer_paused/shop", "dead_letters/shop")
    assert dead.message.startswith("1 event could not be delivered to consumer shop.")


@pytest.mark.parametrize(
    ("state", "minutes_ago", "expected"),
    [
        ("unknown", 1, ["unknown_writes/stock"]),
        ("sending", 61, ["unknown_writes/stock"]),
        ("sending", 1, []),
        ("applied", 61, []),
    ],
)
def test_a_write_that_nobody_knows_the_outcome_of_is_told(
    con: duckdb.DuckDBPyConnection, state: str, minutes_ago: int, expected: list[str]
) -> None:
    at = NOW.subtract(minutes=minutes_ago)
    for step, source in (("planned", "plan"), ("sending", "check"), (state, "answer")):
        con.execute(
            "insert into ledger.outbox (recorded_at, connection, kind, row_key, state, source, attempt, "
            "plan_digest) values (?, 'default', 'stock', 'k', ?, ?, 1, 'd')",
            [at, step, source],
        )
    assert keys(con) == expected


@pytest.mark.parametrize(("calls", "expected"), [(9, []), (10, ["budget_spent/tracking"])])
def test_a_spent_budget_is_told(
    con: duckdb.DuckDBPyConnection, calls: int, expected: list[str]
) -> None:
    con.execute("insert into ledger.tracking_calls values (?, ?)", [NOW, calls])
    con.execute("insert into ledger.tracking_calls values (?, 99)", [NOW.subtract(hours=25)])
    assert keys(con) == expected


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (LockState(Holder("1", NOW.subtract(minutes=61))), ["lock_held/"]),
        (LockState(Holder("1", None), 3, NOW.subtract(minutes=61)), ["lock_held/"]),
        (LockState(Holder("1", NOW.subtract(minutes=5)), 3, NOW.subtract(minutes=4)), []),
        (LockState(None, 1, NOW.subtract(hours=3)), []),
    ],
)
def test_a_lock_that_is_held_for_over_an_hour_is_told(
    con: duckdb.DuckDBPyConnection, standing: LockState, expected: list[str]
) -> None:
    assert keys(con, standing) == expected


def test_the_most_urgent_comes_first(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("insert into ledger.tracking_calls values (?, 10)", [NOW])
    add_run(con, "r2", hours_ago=0.5, outcome="failed")
    assert keys(con) == ["run_failed/run", "budget_spent/tracking"]


def test_a_killed_run_gets_its_outcome_when_the_next_begins_and_is_then_told(
    con: duckdb.DuckDBPyConnection,
) -> None:
    add_run(con, "r2", hours_ago=0.5, command="build", outcome=None)
    assert keys(con) == []
    runs.begin(con, "stock apply")
    assert keys(con) == ["run_failed/build"]
