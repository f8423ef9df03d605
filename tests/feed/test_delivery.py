"""What becomes of a batch, by what the receiver answers."""

from __future__ import annotations

from contextlib import closing

import duckdb
import pytest

from shipsync.clock import JumpingPacing
from shipsync.feed.consumers import Selection, consumers
from shipsync.feed.delivery import Delivery
from shipsync.feed.endpoint import Endpoint

from .made_events import dead, happen, ids
from .receiver import Receiver, listening

Con = duckdb.DuckDBPyConnection


def test_a_receiver_that_is_away_gets_the_same_batch_until_it_is_back(
    con: Con, hook: Delivery, receiver: Receiver
) -> None:
    happen(con, "a", "b")
    receiver.decide = lambda number, ids: (503, 502, 429, 204)[number - 1]

    assert hook.deliver().outcome == "done"
    assert [message.ids for message in receiver.messages] == [ids(1, 2)] * 4
    assert len({message.headers["webhook-id"] for message in receiver.messages}) == 1
    assert isinstance(hook.pacing, JumpingPacing)
    assert hook.pacing.waits == [1.0, 2.0, 4.0]
    assert dead(con) == {}


def test_what_the_receiver_asks_to_wait_is_waited(
    con: Con, hook: Delivery, receiver: Receiver
) -> None:
    happen(con, "a")
    receiver.decide = lambda number, ids: 429 if number == 1 else 204
    receiver.retry_after = "17"

    hook.deliver()

    assert isinstance(hook.pacing, JumpingPacing)
    assert hook.pacing.waits == [17.0]


def test_a_receiver_that_stays_away_stops_the_delivery_within_the_budget(
    con: Con, hook: Delivery, receiver: Receiver
) -> None:
    happen(con, "a", "b")
    receiver.decide = lambda number, ids: 503

    report = hook.deliver()

    assert (report.outcome, report.delivered, report.acknowledged) == ("stopped", 0, 0)
    assert report.reason == "127.0.0.1 answered 503"
    assert hook.pacing.monotonic() <= hook.effort.budget_seconds
    assert dead(con) == {}
    receiver.decide = lambda number, ids: 204
    assert hook.deliver().delivered == 2


@pytest.mark.parametrize("status", [401, 403, 404, 302])
def test_an_answer_that_waiting_cannot_change_stops_at_once(
    con: Con, hook: Delivery, receiver: Receiver, status: int
) -> None:
    happen(con, "a", "b")
    receiver.decide = lambda number, ids: status

    assert hook.deliver().outcome == "stopped"
    assert len(receiver.messages) == 1
    assert dead(con) == {}


def test_nobody_listening_is_no_fault_of_the_events(con: Con) -> None:
    happen(con, "a")
    with listening(Receiver()) as gone:
        url = gone.url
    pacing = JumpingPacing()
    with closing(Endpoint(url, source="/x", pacing=pacing)) as endpoint:
        report = Delivery(con, "hook", endpoint, pacing=pacing).deliver()

    assert (report.outcome, report.reason) == ("stopped", "127.0.0.1 took no connection")
    assert dead(con) == {}


def test_gone_pauses_the_consumer_until_a_retry(
    con: Con, hook: Delivery, receiver: Receiver
) -> None:
    happen(con, "a", "b")
    receiver.decide = lambda number, ids: 410

    assert hook.deliver().outcome == "paused"
    assert hook.deliver().outcome == "paused"
    assert len(receiver.messages) == 1
    assert [(c.consumer, c.lag, c.paused_because) for c in consumers(con)] == [
        ("hook", 2, "127.0.0.1 answered 410")
    ]
    receiver.decide = lambda number, ids: 204
    hook.retry()
    assert hook.deliver().delivered == 2


def test_a_selection_and_a_limit_are_kept_to(con: Con, hook: Delivery, receiver: Receiver) -> None:
    happen(con, "a", "a~", "b", "b~", "a")
    selection = Selection(with_touches=False)

    assert hook.deliver(selection=selection, limit=2).acknowledged == 3
    assert hook.deliver(selection=selection).acknowledged == 5
    assert receiver.ids() == ids(1, 3, 5)
