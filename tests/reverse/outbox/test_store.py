"""The outbox: only ever added to, on disk before it says so, and no step that makes no sense."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from reverse.stock_shop import NOW
from shipsync.errors import DatabaseError
from shipsync.reverse.outbox.states import Source, WriteState, may_follow
from shipsync.reverse.outbox.store import LedgerEvent, Outbox, all_kinds
from shipsync.reverse.outbox.writer import LedgerWriter
from shipsync.warehouse.ledger import migrate


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as con:
        migrate(con)
        yield con


def planned(key: str, plan: str = "sha256:1") -> LedgerEvent:
    return LedgerEvent(
        key,
        WriteState.PLANNED,
        Source.PLAN,
        NOW,
        plan,
        subject=f"row {key}",
        places=("A-1 at Main",),
        request={"quantity": 5},
    )


def step(key: str, state: WriteState, minutes: int = 0, **said: object) -> LedgerEvent:
    at = NOW.add(minutes=minutes)
    return LedgerEvent(key, state, Source.ANSWER, at, "sha256:1", 1, **said)  # type: ignore[arg-type]


def test_an_entry_holds_the_last_step_and_what_earlier_ones_said(
    con: duckdb.DuckDBPyConnection,
) -> None:
    outbox = Outbox(con, "shop", "stock")
    outbox.append([planned("k")])
    outbox.append([step("k", WriteState.SENDING, 1, reading_before={"on_hand": 10})])
    outbox.append([step("k", WriteState.APPLIED, 2, http_status=204, request_id="req-1")])
    entry = outbox.entries(["k", "other"])["k"]
    assert (entry.state, entry.attempt, entry.http_status) == (WriteState.APPLIED, 1, 204)
    assert (entry.subject, entry.places, entry.request) == (
        "row k",
        ("A-1 at Main",),
        {"quantity": 5},
    )
    assert entry.reading_before == {"on_hand": 10}
    assert (entry.planned_at, entry.sent_at, entry.settled_at) == (
        NOW,
        NOW.add(minutes=1),
        NOW.add(minutes=2),
    )


def test_what_the_last_step_leaves_open_is_not_taken_from_an_earlier_one(
    con: duckdb.DuckDBPyConnection,
) -> None:
    outbox = Outbox(con, "shop", "stock")
    outbox.append(
        [planned("k"), step("k", WriteState.REJECTED, http_status=400, reason="no stock")]
    )
    outbox.append([planned("k", "sha256:2")])
    entry = outbox.entries(["k"])["k"]
    assert (entry.state, entry.http_status, entry.reason) == (WriteState.PLANNED, None, None)


def test_connections_and_kinds_are_kept_apart(con: duckdb.DuckDBPyConnection) -> None:
    Outbox(con, "shop", "stock").append([planned("k"), step("k", WriteState.UNKNOWN)])
    assert Outbox(con, "other", "stock").entries(["k"]) == {}
    assert Outbox(con, "shop", "cancel").entries(["k"]) == {}
    assert list(Outbox(con, "shop", "stock").unsettled()) == ["k"]


def test_every_step_stays_as_it_was_written(con: duckdb.DuckDBPyConnection) -> None:
    outbox = Outbox(con, "shop", "stock")
    seen: list[tuple[object, ...]] = []
    for event in (planned("k"), step("k", WriteState.SENDING), step("k", WriteState.APPLIED)):
        outbox.append([event])
        rows = con.execute("select * from ledger.outbox order by sequence").fetchall()
        assert rows[:-1] == seen
        seen = rows
    assert len(seen) == 3


def test_nothing_of_a_batch_is_kept_when_one_of_it_cannot_be(
    con: duckdb.DuckDBPyConnection,
) -> None:
    outbox = Outbox(con, "shop", "stock")
    without_time = LedgerEvent("k-2", WriteState.PLANNED, Source.PLAN, None, "sha256:1")  # type: ignore[arg-type]
    with pytest.raises(DatabaseError, match="outbox could not be written, so nothing more is sent"):
        outbox.append([planned("k-1"), without_time])
    assert all_kinds(con, "shop") == []


def test_steps_of_many_threads_are_all_on_disk(con: duckdb.DuckDBPyConnection) -> None:
    outbox = Outbox(con, "shop", "stock")
    with LedgerWriter(outbox, {}) as ledger:

        def write(number: int) -> None:
            for n in range(10):
                key = f"{number}-{n}"
                ledger.record(planned(key))
                ledger.record(step(key, WriteState.SENDING))
                ledger.record(step(key, WriteState.APPLIED))

        threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    entries = all_kinds(con, "shop")
    assert len(entries) == 60
    assert {entry.state for entry in entries} == {WriteState.APPLIED}


def test_whoever_waits_for_the_disk_hears_of_any_failure(con: duckdb.DuckDBPyConnection) -> None:
    """A thread that died in silence would leave the others waiting for ever."""
    unwritable = step("k", WriteState.PLANNED, reading_before={"level": object()})
    with LedgerWriter(Outbox(con, "shop", "stock"), {}) as ledger:
        with pytest.raises(TypeError):
            ledger.record(unwritable)
        ledger.record(planned("l"))
    assert [entry.row_key for entry in all_kinds(con, "shop")] == ["l"]


@pytest.mark.parametrize(
    ("state", "following"),
    [
        pytest.param(None, WriteState.SENDING, id="unplanned_is_not_sent"),
        pytest.param(WriteState.APPLIED, WriteState.SENDING, id="applied_is_not_sent_again"),
        pytest.param(WriteState.APPLIED, WriteState.PLANNED, id="applied_is_not_planned_again"),
        pytest.param(WriteState.APPLIED, WriteState.REJECTED, id="applied_stays_applied"),
        pytest.param(WriteState.REJECTED, WriteState.SENDING, id="rejected_is_planned_first"),
        pytest.param(WriteState.UNKNOWN, WriteState.PLANNED, id="unknown_is_settled_first"),
        pytest.param(
            WriteState.PLANNED, WriteState.APPLIED, id="what_did_not_leave_is_not_applied"
        ),
    ],
)
def test_a_step_that_makes_no_sense_is_not_written(
    con: duckdb.DuckDBPyConnection, state: WriteState | None, following: WriteState
) -> None:
    assert not may_follow(state, following)
    outbox = Outbox(con, "shop", "stock")
    states = {} if state is None else {"k": state}
    with LedgerWriter(outbox, states) as ledger, pytest.raises(ValueError, match="cannot go from"):
        ledger.record(step("k", following))
    assert all_kinds(con, "shop") == []
