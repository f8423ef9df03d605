"""The outbox: only ever added to, and each write summed up."""

from __future__ import annotations

import duckdb
import pytest

from reverse.ledger_events import planned, step
from reverse.stock_shop import NOW
from shipsync.errors import DatabaseError
from shipsync.reverse.outbox.states import Source, WriteState
from shipsync.reverse.outbox.store import LedgerEvent, Outbox, all_kinds


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
