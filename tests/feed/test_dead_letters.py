"""Events that a receiver refuses: they go dead, alone, and what belongs behind them waits."""

from __future__ import annotations

import duckdb

from shipsync.feed.consumers import consumers, rewind
from shipsync.feed.delivery import Delivery

from .made_events import dead, happen, ids
from .receiver import Receiver, assert_in_order_within_shipments

Con = duckdb.DuckDBPyConnection


def test_an_event_that_is_refused_goes_dead_alone_and_its_shipment_waits(
    con: Con, hook: Delivery, receiver: Receiver
) -> None:
    happen(con, "a", "b", "c", "b", "a", "d")
    receiver.decide = lambda number, ids: 400 if "event-2" in ids else 204

    report = hook.deliver()

    assert receiver.ids() == ids(1, 3, 5, 6)
    assert (report.outcome, report.delivered, report.dead) == ("done", 4, 2)
    assert dead(con) == {2: "127.0.0.1 answered 400", 4: "waits behind event 2"}
    assert [message.ids for message in receiver.messages].count(ids(2)) == hook.effort.attempts
    happen(con, "b", "c")
    hook.deliver()
    assert dead(con)[7] == "waits behind event 2"
    assert receiver.ids() == ids(1, 3, 5, 6, 8)
    assert [(c.dead, c.lag) for c in consumers(con)] == [(3, 0)]


def test_retry_sends_dead_letters_in_order_and_opens_the_shipment_again(
    con: Con, hook: Delivery, receiver: Receiver
) -> None:
    happen(con, "b", "c", "b", "c", "e")
    receiver.decide = lambda number, ids: 400 if {"event-1", "event-2"} & set(ids) else 204
    hook.deliver()
    assert sorted(dead(con)) == [1, 2, 3, 4]

    receiver.decide = lambda number, ids: 422 if "event-2" in ids else 204
    report = hook.retry()

    assert (report.delivered, report.dead) == (2, 2)
    assert receiver.ids() == ids(5, 1, 3)
    assert dead(con) == {2: "127.0.0.1 answered 422", 4: "waits behind event 2"}
    receiver.decide = lambda number, ids: 204
    hook.retry()
    happen(con, "b", "c")
    hook.deliver()
    assert dead(con) == {}
    assert sorted(receiver.ids()) == ids(*range(1, 8))
    assert_in_order_within_shipments(receiver)


def test_a_receiver_that_refuses_everything_is_not_fed_to_the_end(
    con: Con, hook: Delivery, receiver: Receiver
) -> None:
    happen(con, *"abcdefgh")
    receiver.decide = lambda number, ids: 500

    report = hook.deliver()

    assert report.outcome == "stopped"
    assert report.reason == "127.0.0.1 answered 500 to 3 events in a row"
    assert (sorted(dead(con)), report.acknowledged) == ([1, 2], 2)


def test_rewinding_sends_again_what_was_dead(con: Con, hook: Delivery, receiver: Receiver) -> None:
    happen(con, "a", "b", "a")
    receiver.decide = lambda number, ids: 400 if "event-1" in ids else 204
    hook.deliver()
    receiver.decide = lambda number, ids: 204

    rewind(con, "hook", 1)

    assert dead(con) == {}
    assert hook.deliver().delivered == 3


def test_a_retry_sends_the_whole_object_if_it_is_asked_to(
    con: Con, hook: Delivery, receiver: Receiver
) -> None:
    con.execute("create schema core")
    con.execute(
        "create table core.shipments as select 'a' as shipment_id, 12.5 as amount_paid, null as zone, "
        "'' as content_hash, null as valid_from, null as observed_at, null as load_id"
    )
    happen(con, "a")
    receiver.decide = lambda number, ids: 400
    hook.deliver(with_object=True)
    receiver.decide = lambda number, ids: 204

    hook.retry(with_object=True)

    sent = [message.events[0]["data"]["object"] for message in receiver.messages]
    assert sent == [{"shipment_id": "a", "amount_paid": 12.5, "zone": None}] * len(sent)
    assert dead(con) == {}
