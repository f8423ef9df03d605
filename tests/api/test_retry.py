from __future__ import annotations

import httpx
import pendulum
import pytest

from shipsync.api.answer import Unusable
from shipsync.api.retry import Fail, OutcomeIsUnknown, RetryAfter, asked_seconds, decide

NOW = pendulum.datetime(2026, 11, 22, 19, 0, 0)
AGAIN, FAIL, UNKNOWN = RetryAfter, Fail, OutcomeIsUnknown


@pytest.mark.parametrize(
    ("failure", "of_a_read", "of_a_write"),
    [
        pytest.param(301, FAIL, UNKNOWN, id="301"),
        pytest.param(302, FAIL, UNKNOWN, id="302"),
        pytest.param(303, FAIL, UNKNOWN, id="303"),
        pytest.param(304, FAIL, FAIL, id="304"),
        pytest.param(307, FAIL, FAIL, id="307"),
        pytest.param(308, FAIL, FAIL, id="308"),
        pytest.param(400, FAIL, FAIL, id="400"),
        pytest.param(401, FAIL, FAIL, id="401"),
        pytest.param(403, FAIL, FAIL, id="403"),
        pytest.param(404, FAIL, FAIL, id="404"),
        pytest.param(408, AGAIN, UNKNOWN, id="408"),
        pytest.param(409, FAIL, FAIL, id="409"),
        pytest.param(418, FAIL, FAIL, id="418 not heard of"),
        pytest.param(422, FAIL, FAIL, id="422"),
        pytest.param(429, AGAIN, AGAIN, id="429"),
        pytest.param(500, AGAIN, UNKNOWN, id="500"),
        pytest.param(501, FAIL, FAIL, id="501"),
        pytest.param(502, AGAIN, UNKNOWN, id="502"),
        pytest.param(503, AGAIN, UNKNOWN, id="503"),
        pytest.param(504, AGAIN, UNKNOWN, id="504"),
        pytest.param(505, FAIL, FAIL, id="505"),
        pytest.param(520, AGAIN, UNKNOWN, id="520 of a proxy"),
        pytest.param(599, AGAIN, UNKNOWN, id="599 not heard of"),
        pytest.param(httpx.ConnectError(""), AGAIN, AGAIN, id="refused or not found"),
        pytest.param(httpx.ConnectTimeout(""), AGAIN, AGAIN, id="connect timeout"),
        pytest.param(httpx.PoolTimeout(""), AGAIN, AGAIN, id="no free connection"),
        pytest.param(httpx.ReadTimeout(""), AGAIN, UNKNOWN, id="read timeout"),
        pytest.param(httpx.WriteTimeout(""), AGAIN, UNKNOWN, id="write timeout"),
        pytest.param(httpx.ReadError(""), AGAIN, UNKNOWN, id="reset while reading"),
        pytest.param(httpx.WriteError(""), AGAIN, UNKNOWN, id="reset while writing"),
        pytest.param(httpx.CloseError(""), AGAIN, UNKNOWN, id="close failed"),
        pytest.param(httpx.ProxyError(""), AGAIN, UNKNOWN, id="proxy"),
        pytest.param(httpx.RemoteProtocolError(""), AGAIN, UNKNOWN, id="server disconnected"),
        pytest.param(httpx.DecodingError(""), AGAIN, UNKNOWN, id="broken gzip"),
        pytest.param(httpx.LocalProtocolError(""), FAIL, FAIL, id="not a request"),
        pytest.param(httpx.UnsupportedProtocol(""), FAIL, FAIL, id="not http"),
        pytest.param(httpx.InvalidURL(""), FAIL, FAIL, id="not an address"),
        *(pytest.param(why, AGAIN, UNKNOWN, id=f"200 {why}") for why in Unusable),
    ],
)
def test_what_a_failure_leads_to(
    failure: int | Exception | Unusable, of_a_read: type, of_a_write: type
) -> None:
    assert type(decide("GET", failure, 1, {}, NOW)) is of_a_read
    for method in ("POST", "PUT", "DELETE"):
        assert type(decide(method, failure, 1, {}, NOW)) is of_a_write


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param("7", 7.0, id="seconds"),
        pytest.param(" 7 ", 7.0, id="seconds with blanks"),
        pytest.param("1.5", 1.5, id="a fraction"),
        pytest.param("86400", 86400.0, id="huge"),
        pytest.param("999999999", 999999999.0, id="huger"),
        pytest.param("Sun, 22 Nov 2026 19:00:42 GMT", 42.0, id="date"),
        pytest.param("Sun, 22 Nov 2026 14:00:42 -0500", 42.0, id="date with an offset"),
        pytest.param("Sun, 22 Nov 2026 18:59:00 GMT", None, id="past date"),
        pytest.param("Sun, 22 Nov 2026 19:00:00 GMT", None, id="date that is now"),
        pytest.param(None, None, id="missing"),
        pytest.param("", None, id="empty"),
        pytest.param("0", None, id="zero"),
        pytest.param("0.0", None, id="zero with a point"),
        pytest.param("-5", None, id="negative"),
        pytest.param("soon", None, id="garbage"),
        pytest.param("1e3", None, id="exponent"),
        pytest.param("nan", None, id="nan"),
        pytest.param("inf", None, id="inf"),
        pytest.param("٣", None, id="digit of another script"),
        pytest.param("9" * 400, None, id="more digits than a number has"),
        pytest.param("2026-11-22T19:00:42Z", None, id="date of another form"),
        pytest.param("Sun, 99 Nov 2026 19:00:42 GMT", None, id="impossible date"),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    headers = {} if header is None else {"retry-after": header}
    assert asked_seconds(header, NOW) == seconds
    for method, failure in (("GET", 429), ("GET", 503), ("POST", 429)):
        decision = decide(method, failure, 1, headers, NOW, chance=0.0)
        assert isinstance(decision, RetryAfter)
        assert decision.seconds > 0
        assert decision.asked is (seconds is not None)
        if seconds is not None:
            assert decision.seconds == seconds


@pytest.mark.parametrize(
    ("attempt", "after_error", "after_429"),
    [
        pytest.param(1, 1.0, 5.0, id="first"),
        pytest.param(2, 2.0, 10.0, id="second"),
        pytest.param(3, 4.0, 20.0, id="third"),
        pytest.param(6, 32.0, 60.0, id="sixth"),
        pytest.param(7, 60.0, 60.0, id="seventh"),
        pytest.param(10_000, 60.0, 60.0, id="ten thousandth"),
    ],
)
def test_backoff_doubles_up_to_a_minute(attempt: int, after_error: float, after_429: float) -> None:
    for failure, longest in ((502, after_error), (429, after_429)):
        shortest = decide("GET", failure, attempt, {}, NOW, chance=0.0)
        widest = decide("GET", failure, attempt, {}, NOW, chance=1.0)
        assert shortest == RetryAfter(longest / 2)
        assert widest == RetryAfter(longest)


def test_those_who_were_told_to_wait_do_not_come_back_all_at_once() -> None:
    waits = {
        decide("GET", 429, 1, {"retry-after": "3"}, NOW, chance=chance / 4) for chance in range(4)
    }
    assert {wait.seconds for wait in waits if isinstance(wait, RetryAfter)} == {3, 3.25, 3.5, 3.75}
