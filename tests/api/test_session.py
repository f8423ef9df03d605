from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest

from shipsync import __version__
from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.errors import (
    AccessDenied,
    ConfigurationError,
    KeyRefused,
    NotFound,
    OutcomeUnknown,
    RequestRejected,
    ShipsyncError,
    Unavailable,
    UnreadableAnswer,
)

from .scripted_accounts import (
    CUT,
    ENDS_EARLY,
    HTML,
    KEY,
    SERVER_TIME,
    THROTTLED,
    Script,
    connection,
    error_body,
    ok,
    open_session,
)

PASSING = [
    pytest.param(httpx.Response(429), id="429"),
    pytest.param(httpx.Response(500), id="500"),
    pytest.param(httpx.Response(502, html="<html>"), id="502"),
    pytest.param(httpx.Response(503), id="503"),
    pytest.param(httpx.Response(504), id="504"),
    pytest.param(HTML, id="html"),
    pytest.param(httpx.Response(200, text="sorry"), id="text"),
    pytest.param(httpx.Response(200, content=b""), id="empty"),
    pytest.param(httpx.Response(200, headers={"content-length": "0"}), id="declared empty"),
    pytest.param(
        httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"no")),
        id="broken gzip",
    ),
    pytest.param(httpx.ConnectError("refused"), id="refused"),
    pytest.param(httpx.ConnectTimeout("slow"), id="connect timeout"),
    pytest.param(httpx.ReadTimeout("slow"), id="read timeout"),
    pytest.param(httpx.ReadError("reset"), id="reset"),
    pytest.param(httpx.RemoteProtocolError("gone"), id="disconnected"),
]


def raw(answer: httpx.Response) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: answer


def test_a_read_sends_what_the_api_wants() -> None:
    script = Script(ok({"shipments": []}))
    session, _ = open_session(script, base_url="https://gateway.example/shipstation/")
    session.read("/v2/shipments", {"page": 2, "active": True, "sku": "a b&c"}, stream="shipments")
    [request] = script.requests
    assert request.method == "GET"
    assert str(request.url) == (
        "https://gateway.example/shipstation/v2/shipments?page=2&active=true&sku=a+b%26c"
    )
    assert request.headers["api-key"] == KEY
    assert request.headers["user-agent"] == f"shipsync/{__version__}"
    assert "gzip" in request.headers["accept-encoding"]
    assert "authorization" not in request.headers
    assert "content-type" not in request.headers


def test_a_read_answers_with_body_time_and_request_id() -> None:
    body = {"shipments": [{"shipment_id": "se-1"}], "request_id": "r-1"}
    packed = gzip.compress(json.dumps(body).encode())
    headers = {"content-encoding": "gzip", "date": SERVER_TIME}
    session, _ = open_session(
        raw(httpx.Response(200, headers=headers, stream=httpx.ByteStream(packed)))
    )
    answer = session.read("/v2/shipments", stream="shipments")
    assert answer.body == body
    assert answer.request_id == "r-1"
    assert answer.server_time is not None
    assert answer.server_time.isoformat() == "2026-11-22T19:26:17+00:00"


@pytest.mark.parametrize("failure", PASSING)
def test_a_read_is_repeated(failure: httpx.Response | Exception) -> None:
    script = Script(failure, failure, ok({"tags": []}))
    session, pacing = open_session(script)
    assert session.read("/v2/tags", stream="tags").body == {"tags": []}
    assert len(script.requests) == session.requests_sent == 3
    assert session.retries == 2
    assert session.waited_seconds == sum(pacing.waits) > 0


def test_a_cut_answer_is_asked_for_again() -> None:
    script = Script(CUT, CUT, ok({"tags": []}))
    session, _ = open_session(script)
    assert session.read("/v2/tags", stream="tags").body == {"tags": []}
    assert len(script.requests) == 3


UNREADABLE = [
    pytest.param(b'{"tags": [{"name": "a" "b"}]}', id="no comma"),
    pytest.param(b'{"tags": [{"name": "a}]}', id="an open text"),
    pytest.param(b'{"tags": [oops]}', id="no value"),
    pytest.param(b'{"tags": []}{"tags": []}', id="twice"),
    pytest.param(b"[" * 200 + b"x" + b"]" * 200, id="nested, and no value"),
]


@pytest.mark.parametrize("body", UNREADABLE)
def test_a_body_that_is_the_same_each_time_is_not_asked_for_without_end(body: bytes) -> None:
    script = Script(ok(), httpx.Response(200, content=body))
    session, pacing = open_session(script)
    session.read("/v2/tags", stream="tags")
    with pytest.raises(UnreadableAnswer, match="can't be read") as caught:
        session.read("/v2/tags", stream="tags")
    assert len(script.requests) == 6
    assert pacing.monotonic() < 20
    assert caught.value.excerpt == body.decode()[:2000]
    assert caught.value.stream == "tags"


@pytest.mark.parametrize("body", ENDS_EARLY.values(), ids=ENDS_EARLY)
def test_a_body_that_ends_too_early_is_waited_for_as_any_outage(body: bytes) -> None:
    script = Script(*[httpx.Response(200, content=body)] * 7, ok({"tags": []}))
    session, _ = open_session(script)
    assert session.read("/v2/tags", stream="tags").body == {"tags": []}
    assert len(script.requests) == 8


def test_a_body_that_always_ends_too_early_is_given_up_when_an_outage_is() -> None:
    script = Script(httpx.Response(200, content=ENDS_EARLY["in a text"]))
    session, pacing = open_session(script, give_up_after=timedelta(seconds=200))
    with pytest.raises(Unavailable, match=r"attempts: the answer was cut off \(unterm") as caught:
        session.read("/v2/tags", stream="tags")
    assert not isinstance(caught.value, UnreadableAnswer)
    assert 100 < pacing.monotonic() <= 200


@pytest.mark.parametrize("body", [*UNREADABLE, *ENDS_EARLY.values()])
def test_to_a_write_an_unreadable_answer_is_a_lost_one(body: bytes) -> None:
    script = Script(httpx.Response(200, content=body))
    session, _ = open_session(script)
    with pytest.raises(OutcomeUnknown):
        session.write("POST", "/v2/inventory", {}, stream="stock")
    assert len(script.requests) == 1


def test_to_a_write_a_clumsy_answer_is_an_answer() -> None:
    body = b'\xef\xbb\xbf{"has_errors": false, "shipments": [{"name": "Ann \\ud83d"},],}'
    session, _ = open_session(Script(httpx.Response(200, content=body)))
    answer = session.write("POST", "/v2/shipments", {}, stream="shipments")
    assert answer.body == {"has_errors": False, "shipments": [{"name": "Ann \ufffd"}]}


def test_one_401_after_the_key_has_worked_is_asked_once_more() -> None:
    script = Script(ok(), httpx.Response(401), ok({"tags": []}))
    session, _ = open_session(script)
    session.read("/v2/tags", stream="tags")
    assert session.read("/v2/tags", stream="tags").body == {"tags": []}
    assert session.retries == 1


def test_a_write_that_a_401_kept_out_is_sent_once_more() -> None:
    script = Script(ok(), httpx.Response(401), httpx.Response(204))
    session, _ = open_session(script)
    session.read("/v2/tags", stream="tags")
    assert session.write("POST", "/v2/inventory", {}, stream="stock").status == 204


def test_a_second_401_ends_it() -> None:
    script = Script(ok(), httpx.Response(503), httpx.Response(401), httpx.Response(401), ok())
    session, _ = open_session(script)
    session.read("/v2/tags", stream="tags")
    with pytest.raises(KeyRefused):
        session.read("/v2/tags", stream="tags")
    assert len(script.requests) == 4


def test_a_401_before_the_key_has_worked_ends_it_at_once() -> None:
    script = Script(httpx.Response(401), ok())
    session, _ = open_session(script)
    with pytest.raises(KeyRefused):
        session.read("/v2/tags", stream="tags")
    assert len(script.requests) == 1


@pytest.mark.parametrize("failure", PASSING)
def test_a_read_gives_up_after_the_stated_time(failure: httpx.Response | Exception) -> None:
    script = Script(ok(), failure)
    session, pacing = open_session(script, give_up_after=timedelta(seconds=120))
    session.read("/v2/tags", stream="tags")
    with pytest.raises(Unavailable) as caught:
        session.read("/v2/labels", {"page": 3, "ship_to_name": "Ann"}, stream="labels")
    assert 30 < pacing.monotonic() <= 120
    assert caught.value.stream == "labels"
    assert caught.value.request == "GET /v2/labels?page=3"
    assert caught.value.attempts == len(script.requests) - 1 > 2
    message = str(caught.value)
    for part in ("labels", "GET /v2/labels?page=3", f"{caught.value.attempts} attempts", "is 120"):
        assert part in message
    assert "Ann" not in message


def test_giving_up_names_the_request_id_the_vendor_gave() -> None:
    body = error_body("boom", "unspecified")
    session, _ = open_session(Script(httpx.Response(500, json=body)))
    with pytest.raises(Unavailable, match=str(body["request_id"])) as caught:
        session.read("/v2/labels", stream="labels")
    assert caught.value.request_id == body["request_id"]


def test_the_time_to_give_up_may_be_set_for_a_session() -> None:
    pacing = JumpingPacing()
    session = Session(
        connection(),
        transport=httpx.MockTransport(Script(httpx.Response(503))),
        pacing=pacing,
        give_up_after=timedelta(seconds=5),
    )
    with pytest.raises(Unavailable):
        session.read("/v2/tags", stream="tags")
    assert pacing.monotonic() <= 5


@pytest.mark.parametrize(
    ("header", "waited"),
    [
        pytest.param("7", 7.5, id="seconds"),
        pytest.param("Sun, 22 Nov 2026 19:26:37 GMT", 20.5, id="date, by the server's clock"),
        pytest.param("Sun, 22 Nov 2026 19:26:00 GMT", 3.75, id="past date"),
        pytest.param("0", 3.75, id="zero"),
        pytest.param("", 3.75, id="missing"),
        pytest.param("soon", 3.75, id="garbage"),
    ],
)
def test_what_a_429_asks_for_is_waited(header: str, waited: float) -> None:
    throttled = httpx.Response(429, headers={"retry-after": header, "date": SERVER_TIME})
    session, pacing = open_session(Script(throttled, ok()))
    session.read("/v2/tags", stream="tags")
    assert pacing.waits == [waited]


def test_without_a_date_a_dated_retry_after_counts_from_our_clock() -> None:
    throttled = httpx.Response(429, headers={"retry-after": "Thu, 01 Jan 2026 00:00:09 GMT"})
    session, pacing = open_session(Script(throttled, ok()))
    session.read("/v2/tags", stream="tags")
    assert pacing.waits == [9.5]


def test_a_wait_longer_than_we_would_go_on_is_not_begun() -> None:
    session, pacing = open_session(Script(httpx.Response(429, headers={"retry-after": "86400"})))
    with pytest.raises(Unavailable, match="due 86400 s later, and give_up_after_seconds is 300"):
        session.read("/v2/tags", stream="tags")
    assert pacing.waits == []


def test_a_storm_of_429_slows_every_request_down_and_goes_on() -> None:
    storm = [httpx.Response(429, headers={"retry-after": "1"})] * 4
    script = Script(*storm, ok())
    session, pacing = open_session(script, requests_per_minute=600)
    session.read("/v2/tags", stream="tags")
    calm = pacing.monotonic()
    for _ in range(40):
        session.read("/v2/tags", stream="tags")
    # 600 a minute would have taken 4 s at most.
    assert pacing.monotonic() - calm > 20


def test_a_429_of_a_carrier_does_not_slow_our_own_pace() -> None:
    body = error_body("slow down", "rate_limit_exceeded", error_source="carrier")
    storm = [httpx.Response(429, json=body, headers={"retry-after": "1"})] * 4
    session, pacing = open_session(Script(*storm, ok()), requests_per_minute=600)
    session.read("/v2/tags", stream="tags")
    calm = pacing.monotonic()
    for _ in range(40):
        session.read("/v2/tags", stream="tags")
    assert pacing.monotonic() - calm < 5


def test_a_429_to_one_thread_holds_the_others() -> None:
    pacing = JumpingPacing()
    session, _ = open_session(Script(THROTTLED, ok()), pacing=pacing)
    seen: list[float] = []
    session.on_request = lambda stream: seen.append(pacing.monotonic())
    with ThreadPoolExecutor(1) as pool:
        pool.submit(session.read, "/v2/tags", stream="tags").result()
    session.read("/v2/labels", stream="labels")
    assert seen == [0.0, 7.5, 7.5]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, RequestRejected),
        (401, KeyRefused),
        (403, AccessDenied),
        (404, NotFound),
        (409, RequestRejected),
        (422, RequestRejected),
        (302, ConfigurationError),
        (501, RequestRejected),
    ],
)
def test_a_refusal_is_not_repeated(status: int, error: type[ShipsyncError]) -> None:
    refusal = httpx.Response(status, headers={"location": "https://elsewhere.example/"})
    again = [refusal] if status == 401 else []
    script = Script(ok(), refusal, *again, ok())
    session, _ = open_session(script)
    session.read("/v2/tags", stream="tags")
    with pytest.raises(error) as caught:
        session.read("/v2/labels", stream="labels")
    assert type(caught.value) is error
    assert len(script.requests) == 2 + len(again)


def test_nobody_at_the_address_is_told_soon() -> None:
    script = Script(httpx.ConnectError("refused"))
    session, pacing = open_session(script)
    with pytest.raises(Unavailable, match="did not take the connection; check base_url"):
        session.read("/v2/tags", stream="tags")
    assert len(script.requests) == 3
    assert pacing.monotonic() < 5


def test_somebody_who_answered_before_is_waited_for_longer() -> None:
    script = Script(ok(), httpx.ConnectError("refused"))
    session, pacing = open_session(script)
    session.read("/v2/tags", stream="tags")
    with pytest.raises(Unavailable):
        session.read("/v2/tags", stream="tags")
    assert pacing.monotonic() > 200


def test_requests_are_counted_by_stream_and_told_as_they_go() -> None:
    told: list[str] = []
    script = Script(httpx.Response(503), ok())
    session, _ = open_session(script)
    session.on_request = told.append
    session.read("/v2/tags", stream="tags")
    session.read("/v2/labels", stream="labels")
    assert told == ["tags", "tags", "labels"]
    assert session.requests_by_stream == {"tags": 2, "labels": 1}
    assert session.requests_sent == 3


def test_threads_lose_no_count() -> None:
    session, _ = open_session(Script(ok()), requests_per_minute=100_000)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: session.read("/v2/tags", stream=f"s{n % 3}"), range(200)))
    assert session.requests_sent == 200


def test_the_rate_is_kept() -> None:
    session, pacing = open_session(Script(ok()), requests_per_minute=60)
    for _ in range(121):
        session.read("/v2/tags", stream="tags")
    assert pacing.monotonic() > 120


def test_a_closed_session_closes_its_connections() -> None:
    with open_session(Script(ok()))[0] as session:
        session.read("/v2/tags", stream="tags")
    with pytest.raises(RuntimeError, match="closed"):
        session.read("/v2/tags", stream="tags")
