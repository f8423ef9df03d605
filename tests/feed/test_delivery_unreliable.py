"""A receiver that fails, repeats and is slow, and a sender that dies: nothing lost, order kept."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb
import pytest

from shipsync.clock import JumpingPacing
from shipsync.feed.delivery import Delivery, Effort
from shipsync.feed.events import ChangeEvent
from shipsync.feed.target import Refused, Taken, Verdict

from .made_events import dead, happen, ids
from .receiver import Receiver, ReceiverAction, assert_in_order_within_shipments

Con = duckdb.DuckDBPyConnection


def test_an_answer_that_comes_too_late_brings_repeats_and_loses_nothing(
    con: Con, hook: Delivery, receiver: Receiver
) -> None:
    happen(con, "a", "b", "a")
    receiver.decide = lambda number, ids: "too late" if number == 1 else 204

    assert hook.deliver().outcome == "done"
    assert receiver.ids() == ids(1, 2, 3)
    assert len(receiver.taken()) > 3
    assert dead(con) == {}


@pytest.mark.parametrize("seed", range(3))
def test_a_receiver_that_fails_at_random_gets_everything_in_order(
    con: Con, hook: Delivery, receiver: Receiver, seed: int
) -> None:
    dice = random.Random(seed)
    happen(con, *(dice.choice("abcdef") for _ in range(60)))
    hook.effort = Effort(batch_size=7, attempts=2)
    answers: list[ReceiverAction] = [204, 204, 204, 503, 500, 400, 429, "cut", "lost"]
    receiver.decide = lambda number, ids: "too late" if number == 3 else dice.choice(answers)

    for _ in range(12):
        hook.deliver(limit=dice.randint(1, 20))
        hook.retry()
    receiver.decide = lambda number, ids: 204
    hook.retry()
    assert hook.deliver().outcome == "done"

    assert {message.action for message in receiver.messages} == {*answers, "too late"}
    assert len(receiver.taken()) > len(receiver.ids())
    assert sorted(receiver.ids()) == sorted(ids(*range(1, 61)))
    assert_in_order_within_shipments(receiver)
    assert dead(con) == {}


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Mortal:
    """A target during which the process dies at random, before or after it has taken the batch."""

    dice: random.Random
    taken: list[int] = field(default_factory=list)

    def put(self, events: Sequence[ChangeEvent]) -> Verdict:
        """Take, refuse, or die."""
        chance = self.dice.random()
        if chance < 0.2:
            raise Killed
        if chance < 0.3:
            return Refused("no")
        self.taken += [event.sequence for event in events]
        if chance < 0.5:
            raise Killed
        return Taken()

    def close(self) -> None:
        """Nothing to close."""


@pytest.mark.parametrize("seed", range(5))
def test_killed_anywhere_nothing_is_skipped(con: Con, seed: int) -> None:
    dice = random.Random(seed)
    happen(con, *(dice.choice("abcd") for _ in range(40)))
    target = Mortal(dice)
    ended = 0
    while not ended:
        delivery = Delivery(con, "hook", target, Effort(5, attempts=3), JumpingPacing())
        try:
            delivery.retry()
            ended = delivery.deliver().outcome == "done" and not dead(con)
        except Killed:
            continue

    assert set(target.taken) == set(range(1, 41))
