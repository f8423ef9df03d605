"""Consumers: at least once, nothing skipped, none disturbed by another."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from shipsync.errors import DatabaseError, UnknownConsumer, UsageError
from shipsync.feed.consumers import (
    Selection,
    acknowledge,
    acknowledged,
    consumers,
    read,
    remove,
    rewind,
)
from shipsync.feed.dead_letters import DeadLetters
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate

from .made_events import START, happen

Con = duckdb.DuckDBPyConnection


def numbers(con: Con, consumer: str, limit: int = 1000, **wanted: object) -> list[int]:
    batch = read(con, consumer, limit=limit, selection=Selection(**wanted))  # type: ignore[arg-type]
    return [event.sequence for event in batch.events]


def test_a_new_consumer_begins_with_the_first_event_and_reading_changes_nothing(con: Con) -> None:
    happen(con, "a", "b", "a", "a~")

    first = read(con, "billing", limit=3)

    assert [(e.sequence, e.trigger, e.entity_id) for e in first.events] == [
        (1, "new_shipment", "a"),
        (2, "new_shipment", "b"),
        (3, "shipment_modified", "a"),
    ]
    assert first.up_to == 3
    assert (first.events[2].before, first.events[2].after) == ({"zone": 1}, {"zone": 2})
    assert first.events[1].detected_at == START + timedelta(hours=1)
    assert read(con, "billing", limit=3) == first
    assert consumers(con) == []


def test_an_acknowledgement_moves_on_and_never_back(con: Con) -> None:
    happen(con, "a", "b", "c")

    acknowledge(con, "billing", 2)
    acknowledge(con, "billing", 2)
    acknowledge(con, "billing", 1)

    assert numbers(con, "billing") == [3]


def test_two_consumers_do_not_disturb_each_other(con: Con) -> None:
    happen(con, *"abcde")
    acknowledge(con, "billing", 4)
    acknowledge(con, "search", 1)
    rewind(con, "billing", 3)

    assert numbers(con, "billing") == [3, 4, 5]
    assert numbers(con, "search") == [2, 3, 4, 5]


@pytest.mark.parametrize("seed", range(5))
def test_a_consumer_that_dies_anywhere_gets_everything_in_order(con: Con, seed: int) -> None:
    dice = random.Random(seed)
    happen(con, *(dice.choice("abc") for _ in range(40)))
    handled: list[str] = []

    while (batch := read(con, "billing", limit=dice.randint(1, 9))).events:
        died_after = dice.randint(0, 2 * len(batch.events))
        handled += [event.event_id for event in batch.events[:died_after]]
        if died_after >= len(batch.events):
            acknowledge(con, "billing", batch.up_to)

    assert list(dict.fromkeys(handled)) == [f"event-{n}" for n in range(1, 41)]


def test_a_selection_is_kept_to_and_what_it_leaves_out_is_passed(con: Con) -> None:
    happen(con, "a", "a", "a~", "b", "b~", "b~")

    assert numbers(con, "x", triggers=("shipment_modified",)) == [2, 3, 5, 6]
    assert numbers(con, "x", with_touches=False) == [1, 2, 4]
    assert numbers(con, "x", triggers=("shipment_modified",), with_touches=False) == [2]
    new = Selection(("new_shipment",))
    assert [read(con, "x", selection=new, limit=n).up_to for n in (1, 2, 3)] == [1, 4, 6]
    assert read(con, "x", selection=Selection(("new_fulfillment",))).up_to == 6


def test_rewind_goes_to_a_number_or_to_the_first_event_since_an_instant(con: Con) -> None:
    happen(con, *"abcdef")

    assert rewind(con, "x", 4) == 4
    assert numbers(con, "x") == [4, 5, 6]
    assert rewind(con, "x", START + timedelta(hours=1, minutes=30)) == 3
    assert numbers(con, "x") == [3, 4, 5, 6]
    assert rewind(con, "x", START + timedelta(days=9)) == 7
    assert rewind(con, "y", None) == 7
    assert numbers(con, "x") == []
    happen(con, "g")
    assert numbers(con, "x") == [7]


@pytest.mark.parametrize("place", [0, 4])
def test_rewind_refuses_a_number_that_no_event_has_or_will_have_next(con: Con, place: int) -> None:
    happen(con, "a", "b")
    acknowledge(con, "x", 1)

    with pytest.raises(UsageError, match=f"no event {place} to go to; they go from 1 to 2"):
        rewind(con, "x", place)

    assert acknowledged(con, "x") == 1


@pytest.mark.parametrize("sequence", [-1, 3])
def test_only_what_is_recorded_can_be_acknowledged(con: Con, sequence: int) -> None:
    happen(con, "a", "b")

    with pytest.raises(UsageError, match=f"no event {sequence} to acknowledge; the newest is 2"):
        acknowledge(con, "x", sequence)

    assert consumers(con) == []


def test_the_lag_counts_what_was_recorded_since(con: Con) -> None:
    happen(con, *"abcde")
    acknowledge(con, "ahead", 5)
    acknowledge(con, "behind", 2)

    assert [(c.consumer, c.acknowledged, c.lag, c.waiting_since) for c in consumers(con)] == [
        ("ahead", 5, 0, None),
        ("behind", 2, 3, START + timedelta(hours=2)),
    ]


def test_a_consumer_that_is_gone_before_it_took_anything_is_listed_and_removed(con: Con) -> None:
    happen(con, *"ab")
    acknowledge(con, "other", 1)
    letters = DeadLetters(con, "hook")
    letters.pause("the receiver is gone")
    (event, *_) = read(con, "hook").events
    letters.bury(event, "refused", 5)

    listed = {c.consumer: (c.acknowledged, c.lag, c.dead, c.paused_because) for c in consumers(con)}
    remove(con, "hook")

    assert listed == {"hook": (0, 2, 1, "the receiver is gone"), "other": (1, 1, 0, None)}
    assert [c.consumer for c in consumers(con)] == ["other"]
    assert (letters.open(), letters.paused_because()) == ([], None)
    with pytest.raises(UnknownConsumer, match="no consumer 'hook'"):
        remove(con, "hook")


@pytest.mark.parametrize("name", ["", " x", "a b", "../x", "x" * 65, "-x", "x\n"])
def test_a_name_that_cannot_be_one_is_refused(con: Con, name: str) -> None:
    happen(con, "a")
    with pytest.raises(UsageError, match="cannot name a consumer"):
        read(con, name)


def test_a_trigger_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="no trigger 'shipped'"):
        Selection(("shipped",))


def test_before_the_first_run_it_says_what_to_do(tmp_path: Path) -> None:
    with connect(tmp_path / "new.duckdb") as con:
        migrate(con)
        with pytest.raises(DatabaseError, match="shipsync run"):
            read(con, "x")
