"""A request and a run end in their time, however steadily an answer trickles in."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from shipsync.api.deadline import Deadline, bind
from shipsync.api.endpoints import PRODUCTS
from shipsync.api.paging import follow
from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.errors import DeadlinePassed, IncompleteRead, OutcomeUnknown, Unavailable

from .raw_server import Wire, answer
from .scripted_accounts import PagedList, Script, connection, ok, open_session, products


class Ticking(JumpingPacing):
    """A clock on which five seconds pass whenever somebody looks at it."""

    def monotonic(self) -> float:
        self.sleep(5)
        return super().monotonic()


def session_to(url: str) -> Session:
    its = connection(base_url=url, request_deadline=timedelta(seconds=60))
    return Session(its, pacing=Ticking(), give_up_after=timedelta(seconds=1))


ENDLESS = [
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n", b" ", id="a body"),
    pytest.param(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", id="chunks"
    ),
    pytest.param(b"HTTP/1.1 200 OK\r\nX: ", b"x", id="a header"),
    pytest.param(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", id="headers"),
    pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", id="soon"),
    pytest.param(b"", b"HTTP/1.1 2", id="a status line"),
]


@pytest.mark.parametrize(("head", "more"), ENDLESS)
def test_an_answer_without_end_ends(head: bytes, more: bytes) -> None:
    with Wire(head, endless=more) as wire, session_to(wire.url) as session:
        with pytest.raises(Unavailable) as caught:
            session.read("/v2/tags", stream="tags")
        assert caught.value.attempts == len(wire.received) <= 2
    assert "not there as a whole after 60 s" in str(caught.value) or "Remote" in str(caught.value)


def test_to_a_write_an_answer_that_trickles_is_lost() -> None:
    head, more = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n", b" "
    with Wire(head, endless=more) as wire, session_to(wire.url) as session:
        with pytest.raises(OutcomeUnknown, match="not there as a whole after 60 s"):
            session.write("POST", "/v2/inventory", {}, stream="stock")
        assert len(wire.received) == 1


def test_a_kept_connection_begins_anew_with_each_request() -> None:
    with Wire(answer(b'{"tags": []}')) as wire, session_to(wire.url) as session:
        for _ in range(50):
            session.read("/v2/tags", stream="tags")
        assert wire.connections == 1


def test_a_proxy_is_bound_by_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with Wire(b"HTTP/1.1 200 Connection established\r\nX: ", endless=b"x") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        for name in ("NO_PROXY", "no_proxy", "https_proxy"):
            monkeypatch.delenv(name, raising=False)
        with session_to("https://api.example") as session, pytest.raises(Unavailable):
            session.read("/v2/tags", stream="tags")
        assert proxy.received[0].startswith(b"CONNECT api.example:443")


def test_a_run_sends_nothing_after_its_deadline() -> None:
    pacing = JumpingPacing()
    script = Script(ok())
    session, _ = open_session(script, pacing=pacing, run_deadline=timedelta(hours=2))
    with session.bounded(timedelta(hours=2)):
        session.read("/v2/tags", stream="tags")
        pacing.sleep(7201)
        with pytest.raises(
            DeadlinePassed, match=r"for 2 h \(run_deadline_hours\). What was loaded"
        ):
            session.read("/v2/tags", stream="tags")
    assert len(script.requests) == 1
    session.read("/v2/tags", stream="tags")


def test_a_run_does_not_wait_beyond_its_deadline() -> None:
    pacing = JumpingPacing()
    session, _ = open_session(Script(httpx.Response(503)), pacing=pacing)
    with session.bounded(timedelta(seconds=20)), pytest.raises(DeadlinePassed):
        session.read("/v2/tags", stream="tags")
    assert 5 < pacing.monotonic() < 20


def pages_without_end(**parts: object) -> Callable[[httpx.Request], httpx.Response]:
    """A list whose every page leads to another; ``parts`` of the body may depend on the page."""

    def app(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params.get("page", 1))
        body = {name: part(page) if callable(part) else part for name, part in parts.items()}
        link = {"next": {"href": f"{request.url.path}?page={page + 1}&page_size=10"}}
        return ok({"page": page, "links": link} | body)

    return app


WITHOUT_END = [
    pytest.param({"products": lambda page: [{"product_id": page}]}, id="new rows, no total"),
    pytest.param({"products": [{"product_id": 1}]}, id="the same row for ever"),
    pytest.param(
        {"products": lambda page: [{"product_id": page}], "total": 30, "pages": 3}, id="a total"
    ),
    pytest.param(
        {"products": lambda page: [{"product_id": page}], "total": lambda page: page + 5},
        id="a total that grows",
    ),
    pytest.param(
        {"products": lambda page: [{"product_id": page % 7}], "pages": lambda page: page + 5},
        id="the same rows in turn",
    ),
]


@pytest.mark.parametrize("parts", WITHOUT_END)
def test_links_without_end_are_not_followed_without_end(parts: dict[str, object]) -> None:
    session, _ = open_session(pages_without_end(**parts), requests_per_minute=100_000)
    params, names = {"page_size": 10}, ("products", "products")
    with pytest.raises(IncompleteRead, match="without end"):
        for _ in follow(session, PRODUCTS.path, params, *names, most_pages=500):
            pass


def test_a_long_list_has_an_end() -> None:
    served = PagedList(products(3000))
    session, _ = open_session(served, requests_per_minute=100_000)
    pages = follow(session, PRODUCTS.path, {"page_size": 10}, "products", "products")
    assert sum(len(page.items) for page in pages) == 3000


def test_a_connection_that_is_made_too_late_to_be_secured_is_closed() -> None:
    deadline = Deadline(Ticking())
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        with httpx.Client() as client:
            bind(client, deadline)
            # Looked at when it begins, and by the connection, of whose 8 s are 3 left; then never again.
            with deadline.within(8), pytest.raises(httpx.ConnectTimeout):
                client.get(url)
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.recv(1) == b"", "the other side has closed it"
