"""The quarantine: what waits, what comes right, what a run says of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import orjson
import pytest

from shipsync.set_aside import SetAside
from shipsync.sources.redaction import Redaction
from shipsync.warehouse import quarantine
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate
from shipsync.warehouse.quarantine import Quarantine

NO_ID = SetAside("labels", "It has no label_id.", {"status": "completed"}, position=3)
REFUSED = SetAside("tracking", "The account answers 400 for it.", row_id="se-1")


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(tmp_path / "shop.duckdb") as opened:
        migrate(opened)
        yield opened


def test_what_is_met_again_is_one_row_that_is_counted(con: duckdb.DuckDBPyConnection) -> None:
    for run in ("run-1", "run-2"):
        held = Quarantine(con, run)
        for _ in range(2):
            held.put(NO_ID)
        held.put(REFUSED)
        assert held.counts == {"labels": 1, "tracking": 1}
        assert held.named == [
            "labels, row 3 of its answer: It has no label_id.",
            "tracking, se-1: The account answers 400 for it.",
        ]
    waiting = {one.stream: one for one in Quarantine(con).waiting()}
    assert [one.times_seen for one in waiting.values()] == [2, 2]
    assert waiting["labels"].run_id == "run-2"
    assert orjson.loads(waiting["labels"].body or "") == {"status": "completed"}
    assert waiting["labels"].first_seen_at <= waiting["labels"].last_seen_at


def test_a_row_that_comes_right_leaves_and_one_that_goes_wrong_again_comes_back(
    con: duckdb.DuckDBPyConnection,
) -> None:
    Quarantine(con, "run-1").put(REFUSED)
    assert Quarantine(con, "run-2").came_right("tracking", {"se-2"}) == 0
    assert Quarantine(con, "run-2").came_right("labels", {"se-1"}) == 0
    assert Quarantine(con, "run-2").came_right("tracking", {"se-1", "se-2"}) == 1
    assert Quarantine(con).waiting() == []
    [left] = Quarantine(con).waiting(with_resolved=True)
    assert (left.resolution, left.resolved_at is not None) == ("came right", True)
    Quarantine(con, "run-3").put(REFUSED)
    [back] = Quarantine(con).waiting()
    assert (back.resolved_at, back.resolution, back.times_seen) == (None, None, 2)


def test_what_this_run_set_aside_is_not_taken_out_by_this_run(
    con: duckdb.DuckDBPyConnection,
) -> None:
    Quarantine(con, "run-1").put(SetAside("tags", "It has no name.", {"color": "red"}, position=1))
    held = Quarantine(con, "run-2")
    held.put(SetAside("tags", "It has no name.", {"color": "blue"}, position=1))
    assert held.whole_list_was_read("tags") == 1
    assert held.came_right("tags", {"x"}) == 0
    assert [one.body for one in Quarantine(con).waiting()] == ['{"color":"blue"}']


def test_bodies_are_cut_and_redacted_and_may_be_anything(con: duckdb.DuckDBPyConnection) -> None:
    held = Quarantine(con, "run-1", Redaction("drop"))
    address = {"name": "Ann \ud83d", "country_code": "US"}
    held.put(SetAside("shipments", "a.", {"ship_to": address, "zone": float("nan")}, position=1))
    held.put(SetAside("shipments", "b.", "Ann, as a bare text", position=2))
    held.put(SetAside("shipments", "c.", {"internal_notes": "x" * 50_000}, position=3))
    bodies = {one.position: one.body for one in held.waiting()}
    assert orjson.loads(bodies[1] or "")["ship_to"] == {"name": None, "country_code": "US"}
    assert orjson.loads(bodies[1] or "")["zone"] == "NaN"
    assert bodies[2] is None
    assert len(bodies[3] or "") <= quarantine.LONGEST_BODY + 1


def test_a_report_names_the_first_and_counts_all(con: duckdb.DuckDBPyConnection) -> None:
    held = Quarantine(con, "run-1")
    for number in range(25):
        held.put(SetAside("labels", "It has no label_id.", {"n": number}, position=number))
    assert held.counts == {"labels": 25}
    assert len(held.named) == quarantine.MOST_NAMED
