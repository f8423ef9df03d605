"""One thread writes the outbox for many: on disk before it says so, and no step that makes no sense."""

from __future__ import annotations

import threading

import duckdb
import pytest

from reverse.ledger_events import planned, step
from shipsync.reverse.outbox.states import WriteState, may_follow
from shipsync.reverse.outbox.store import Outbox, all_kinds
from shipsync.reverse.outbox.writer import LedgerWriter


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
