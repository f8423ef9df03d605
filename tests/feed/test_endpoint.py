"""The address of a receiver, what it is sent, and what must not be seen of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from contextlib import closing

import duckdb
import pytest

from api.raw_server import Wire
from api.test_deadline import Ticking
from shipsync.connection import Secret
from shipsync.errors import ConfigurationError, UsageError
from shipsync.feed.delivery import Delivery, Effort
from shipsync.feed.endpoint import CONTENT_TYPE, Endpoint
from shipsync.version import __version__

from .made_events import happen, ids
from .receiver import Receiver, listening

Con = duckdb.DuckDBPyConnection


def test_batches_of_cloud_events_arrive_signed_as_the_standard_says(
    con: Con, hook: Delivery, receiver: Receiver
) -> None:
    happen(con, *"abcabcabcabc")

    report = hook.deliver()

    assert (report.outcome, report.delivered, report.acknowledged) == ("done", 12, 12)
    assert [message.ids for message in receiver.messages] == [ids(*range(1, 11)), ids(11, 12)]
    for message in receiver.messages:
        assert message.headers["content-type"] == CONTENT_TYPE
        assert message.headers["user-agent"] == f"shipsync/{__version__}"
        timestamp = message.headers["webhook-timestamp"]
        assert int(timestamp) == int(hook.pacing.now().timestamp())
        signed = f"{message.headers['webhook-id']}.{timestamp}.".encode() + message.body
        digest = hmac.new(bytes(range(32)), signed, hashlib.sha256).digest()
        assert message.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
        assert {event["specversion"] for event in message.events} == {"1.0"}
    assert hook.deliver().delivered == 0
    assert len(receiver.messages) == 2


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


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_no_proxy_sees_what_goes_to_this_machine(
    con: Con, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    happen(con, "a")
    with listening(Receiver()) as proxy:
        monkeypatch.setenv(name, proxy.url)
        with closing(Endpoint(receiver.url, source="/x")) as endpoint:
            report = Delivery(con, "hook", endpoint).deliver()

    assert (report.delivered, len(receiver.messages), proxy.messages) == (1, 1, [])


def test_an_answer_that_trickles_in_without_end_ends(con: Con) -> None:
    happen(con, "a")
    with (
        Wire(b"HTTP/1.1 204 No Content\r\nX: ", endless=b"x") as wire,
        closing(Endpoint(wire.url, source="/x", pacing=Ticking())) as endpoint,
    ):
        report = Delivery(con, "hook", endpoint, Effort(attempts=1)).deliver()

    assert report.delivered == 0
    assert len(wire.received) == 1
