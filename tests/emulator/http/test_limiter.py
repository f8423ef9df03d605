"""The account's own limit, counted by its clock or another."""

from __future__ import annotations

from emulator.conftest import client_of, make_account
from shipsync.emulator import Options
from shipsync.emulator.http.limiter import Limiter


def test_a_minute_holds_so_many_requests() -> None:
    account = make_account(Options(requests_per_minute=3), shipments=0)
    with client_of(account) as client:
        for wait in (0, 15, 15):
            account.clock.advance(seconds=wait)
            assert client.get("/v2/tags").status_code == 200
        answer = client.get("/v2/tags")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
        account.clock.advance(seconds=29)
        assert client.get("/v2/tags").headers["retry-after"] == "1"
        account.clock.advance(seconds=1)
        assert client.get("/v2/tags").status_code == 200
        assert client.get("/v2/tags").headers["retry-after"] == "15"


def test_retry_after_can_be_missing() -> None:
    account = make_account(Options(requests_per_minute=0, retry_after=False), shipments=0)
    with client_of(account) as client:
        answer = client.get("/v2/tags")
    assert answer.status_code == 429
    assert "retry-after" not in answer.headers


def test_headers_of_the_limit() -> None:
    options = Options(requests_per_minute=5, rate_limit_headers=True)
    with client_of(make_account(options, shipments=0)) as client:
        client.get("/v2/tags")
        headers = client.get("/v2/tags").headers
    names = ("x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset")
    assert [headers[name] for name in names] == ["5", "3", "60"]


def test_no_headers_by_default() -> None:
    with client_of(make_account(Options(requests_per_minute=5), shipments=0)) as client:
        headers = client.get("/v2/tags").headers
    assert not [name for name in headers if name.startswith("x-rate")]


def test_another_clock_may_count() -> None:
    seconds = iter([0.0, 1.5, 61.0])
    account = make_account(
        Options(requests_per_minute=1), shipments=0, rate_clock=lambda: next(seconds)
    )
    with client_of(account) as client:
        assert [client.get("/v2/tags").status_code for _ in range(3)] == [200, 429, 200]


def test_refused_requests_are_not_counted() -> None:
    now = [0.0]
    limiter = Limiter(1, lambda: now[0])
    assert [limiter.take() for _ in range(4)] == [None, 60, 60, 60]
    now[0] = 60.0
    assert limiter.take() is None
