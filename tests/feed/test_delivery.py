"""Delivery over HTTP to a receiver that fails, repeats and is slow: nothing lost, order kept."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import duckdb
import pytest

from shipsync.clock import JumpingPacing
from shipsync.connection import Secret
from shipsync.errors import ConfigurationError, UsageError
from shipsync.feed.consumers import Selection, consumers, rewind
from shipsync.feed.dead_letters import DeadLetters
from shipsync.feed.delivery import Delivery, Effort
from shipsync.feed.endpoint import CONTENT_TYPE, Endpoint
from shipsync.feed.events import Event
from shipsync.feed.target import Refused, Taken, Verdict

from .receiver import Receiver, listening
from .shop import happen

Con = duckdb.DuckDBPyConnection
KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that takes everything until it is told otherwise."""
    with listening(Receiver()) as receiver:
        yield receiver


@pytest.fixture
def hook(con: Con, receiver: Receiver) -> Iterator[Delivery]:
    """Deliveries to the receiver, ten events a batch, on a clock that jumps over every wait."""
    pacing = JumpingPacing()
    endpoint = Endpoint(
        receiver.url,
        source="/shipsync/shop",
        secret=Secret(f"whsec_{KEY}"),
        timeout_seconds=0.3,
        pacing=pacing,
    )
    with closing(endpoint):
        yield Delivery(con, "hook", endpoint, Effort(batch_size=10), pacing)


def ids(*numbers: int) -> list[str]:
    return [f"event-{number}" for number in numbers]


def dead(con: Con) -> dict[int, str]:
    return {letter.sequence: letter.reason for letter in DeadLetters(con, "hook").open()}


def assert_in_order_within_shipments(receiver: Receiver) -> None:
    first_seen = {event["id"]: event for event in reversed(receiver.taken())}
    for shipment in {event["partitionkey"] for event in first_seen.values()}:
        numbers = [
            first_seen[key]["data"]["sequence"]
            for key in receiver.ids()
            if first_seen[key]["partitionkey"] == shipment
        ]
        assert numbers == sorted(numbers)


def test_batches_of_cloud_events_arrive_signed_as_the_standard_says(
    con: Con, hook: Delivery, receiver: Receiver
) -> None:
    happen(con, *"abcabcabcabc")

    report = hook.deliver()

    assert (report.outcome, report.delivered, report.acknowledged) == ("done", 12, 12)
    assert [message.ids for message in receiver.messages] == [ids(*range(1, 11)), ids(11, 12)]
    for message in receiver.messages:
        assert message.headers["content-type"] == CONTENT_TYPE
        timestamp = message.headers["webhook-timestamp"]
        assert int(timestamp) == int(hook.pacing.now().timestamp())
        signed = f"{message.headers['webhook-id']}.{timestamp}.".encode() + message.body
        digest = hmac.new(bytes(range(32)), signed, hashlib.sha256).digest()
        assert message.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
        assert {event["specversion"] for event in message.events} == {"1.0"}
    assert hook.deliver().delivered == 0
    assert len(receiver.messages) == 2


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

    assert (report.delivered, report.dead) == (2, 1)
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


def test_an_answer_that_comes_too_late_brings_repeats_and_loses_nothing(
    con: Con, hook: Delivery, receiver: Receiver
) -> None:
    happen(con, "a", "b", "a")
    receiver.decide = lambda number, ids: "too late" if number == 1 else 204

    assert hook.deliver().outcome == "done"
    assert receiver.ids() == ids(1, 2, 3)
    assert len(receiver.taken()) > 3
    assert dead(con) == {}


@pytest.mark.parametrize("seed", range(4))
def test_a_receiver_that_fails_at_random_gets_everything_in_order(
    con: Con, hook: Delivery, receiver: Receiver, seed: int
) -> None:
    dice = random.Random(seed)
    happen(con, *(dice.choice("abcdef") for _ in range(60)))
    hook.effort = Effort(batch_size=7, attempts=2)
    troubles = (204, 204, 503, 500, 400, 429, "cut")
    receiver.decide = lambda number, ids: dice.choice(troubles)

    for _ in range(30):
        hook.deliver(limit=dice.randint(1, 20))
        hook.retry()
    receiver.decide = lambda number, ids: 204
    hook.retry()
    assert hook.deliver().outcome == "done"

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

    def put(self, events: Sequence[Event]) -> Verdict:
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


def test_a_selection_and_a_limit_are_kept_to(con: Con, hook: Delivery, receiver: Receiver) -> None:
    happen(con, "a", "a~", "b", "b~", "a")
    selection = Selection(with_touches=False)

    assert hook.deliver(selection=selection, limit=2).acknowledged == 3
    assert hook.deliver(selection=selection).acknowledged == 5
    assert receiver.ids() == ids(1, 3, 5)


def test_rewinding_sends_again_what_was_dead(con: Con, hook: Delivery, receiver: Receiver) -> None:
    happen(con, "a", "b", "a")
    receiver.decide = lambda number, ids: 400 if "event-1" in ids else 204
    hook.deliver()
    receiver.decide = lambda number, ids: 204

    rewind(con, "hook", 1)

    assert dead(con) == {}
    assert hook.deliver().delivered == 3


@pytest.mark.parametrize("url", ["http://example.com/x", "ftp://127.0.0.1/x", "https:///x"])
def test_events_go_over_https_or_stay_on_this_machine(url: str) -> None:
    with pytest.raises(UsageError, match="Events are not sent to"):
        Endpoint(url, source="/x")


@pytest.mark.parametrize("secret", ["", "short", "whsec_", "not base64 at all, whatever it is!!"])
def test_a_secret_that_signs_nothing_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(ConfigurationError, match="must be base64") as refused:
        Endpoint("https://example.com", source="/x", secret=Secret(secret))
    assert not secret or secret not in str(refused.value).replace("whsec_ before", "")


def test_no_reason_shows_the_path_that_may_authorise(
    con: Con, hook: Delivery, receiver: Receiver
) -> None:
    happen(con, "a")
    receiver.decide = lambda number, ids: 404
    assert "token" not in str(hook.deliver())
