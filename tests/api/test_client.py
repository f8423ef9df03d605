"""What only a real connection shows: when it is kept, how it breaks, whom httpx talks to."""

from __future__ import annotations

import gzip

import pytest

from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.errors import ConfigurationError, OutcomeUnknown, Unavailable

from .raw_server import Wire, answer
from .scripted_accounts import connection

TAGS = answer(b'{"tags": []}')
BREAKS = [
    pytest.param(b"", id="closed without an answer"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-", id="closed in the head"),
    pytest.param(answer(b'{"tags": [', length=12), id="closed in the body"),
    pytest.param(
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"tag', id="closed in a chunk"
    ),
    pytest.param(b"nonsense\r\n\r\n", id="no http"),
    pytest.param(
        answer(gzip.compress(b'{"tags": []}')[:20], headers="Content-Encoding: gzip\r\n"),
        id="half a gzip",
    ),
]


def session_to(wire: Wire) -> Session:
    return Session(connection(base_url=wire.url), pacing=JumpingPacing())


@pytest.mark.parametrize("broken", BREAKS)
def test_a_broken_answer_to_a_read_is_asked_for_again(broken: bytes) -> None:
    with Wire(broken, TAGS) as wire, session_to(wire) as session:
        assert session.read("/v2/tags", stream="tags").body == {"tags": []}
        assert len(wire.received) == 2


@pytest.mark.parametrize("broken", BREAKS)
def test_a_broken_answer_to_a_write_leaves_its_outcome_unknown(broken: bytes) -> None:
    with Wire(broken, answer(b"{}")) as wire, session_to(wire) as session:
        with pytest.raises(OutcomeUnknown):
            session.write("POST", "/v2/inventory", {"sku": "A"}, stream="stock")
        assert len(wire.received) == 1


def test_reads_keep_their_connection_and_every_write_has_its_own() -> None:
    with Wire(TAGS) as wire, session_to(wire) as session:
        for _ in range(3):
            session.read("/v2/tags", stream="tags")
        assert wire.connections == 1
        for _ in range(3):
            session.write("POST", "/v2/inventory", {}, stream="stock")
        assert wire.connections == 4


def test_a_packed_answer_is_unpacked() -> None:
    packed = gzip.compress(b'{"tags": [{"name": "Red"}]}')
    with (
        Wire(answer(packed, headers="Content-Encoding: gzip\r\n")) as wire,
        session_to(wire) as session,
    ):
        body = session.read("/v2/tags", stream="tags").body
        assert body == {"tags": [{"name": "Red"}]}
        assert b"accept-encoding: gzip" in wire.received[0].lower()


def test_a_redirect_is_not_followed() -> None:
    with Wire(TAGS) as elsewhere:
        away = answer(b"", status=302, headers=f"Location: {elsewhere.url}/v2/tags\r\n")
        with (
            Wire(away) as wire,
            session_to(wire) as session,
            pytest.raises(ConfigurationError, match="redirect to 127"),
        ):
            session.read("/v2/tags", stream="tags")
        assert elsewhere.received == []


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Wire(answer(b"{}", status=500)) as proxy, Wire(TAGS) as wire:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        with session_to(wire) as session:
            session.read("/v2/tags", stream="tags")
        assert proxy.received == []
        assert len(wire.received) == 1


def test_nobody_listens() -> None:
    with Wire(TAGS) as wire:
        pass
    with session_to(wire) as session, pytest.raises(Unavailable, match="in 3 attempts: 127"):
        session.read("/v2/tags", stream="tags")
