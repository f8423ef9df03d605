from __future__ import annotations

import httpx
import pendulum
import pytest

from shipsync.api.answer import (
    Answer,
    ErrorReport,
    Unusable,
    http_date,
    read_body,
    report,
    server_time,
)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(b'{"shipments": [{"shipment_id": "se-1"}, {"ship', Unusable.CUT, id="cut"),
        pytest.param(b'[{"a": 1},', Unusable.CUT, id="cut list"),
        pytest.param(b"<html><body>Sign in</body></html>", Unusable.WEB_PAGE, id="html"),
        pytest.param(b"\n  <!DOCTYPE html>", Unusable.WEB_PAGE, id="html after blanks"),
        pytest.param(b"Bad gateway", Unusable.NOT_JSON, id="text"),
        pytest.param(b"\xff\xfe{}", Unusable.NOT_JSON, id="not utf-8"),
        pytest.param(b'{"a": NaN}', Unusable.NOT_JSON, id="nan"),
        pytest.param(b'"ok"', Unusable.NOT_JSON, id="neither object nor list"),
        pytest.param(b"null", Unusable.NOT_JSON, id="null"),
        pytest.param(b"", Unusable.EMPTY, id="empty"),
    ],
)
@pytest.mark.parametrize("may_be_empty", [False, True])
def test_bodies_nobody_can_use(content: bytes, why: Unusable, may_be_empty: bool) -> None:
    response = httpx.Response(200, stream=httpx.ByteStream(content))
    response.read()
    assert read_body(response, may_be_empty=may_be_empty) is why


def test_a_body_shorter_than_declared_is_cut_even_if_it_parses() -> None:
    response = httpx.Response(200, headers={"content-length": "30"}, content=b'{"shipments": []}')
    assert read_body(response, may_be_empty=False) is Unusable.CUT


def test_an_empty_body_is_whole_with_204_and_where_its_length_is_declared() -> None:
    nothing = httpx.Response(204)
    declared = httpx.Response(200, headers={"content-length": "0"})
    for response, may_be_empty in ((nothing, False), (nothing, True), (declared, True)):
        answer = read_body(response, may_be_empty=may_be_empty)
        assert isinstance(answer, Answer)
        assert answer.body is None
        assert answer.raw == b""
    assert read_body(declared, may_be_empty=False) is Unusable.EMPTY


def test_an_answer_carries_body_time_and_request_id() -> None:
    raw = b'{"carriers": [], "request_id": "aa2e"}'
    headers = {"date": "Sun, 22 Nov 2026 19:26:17 GMT"}
    answer = read_body(httpx.Response(200, headers=headers, content=raw), may_be_empty=False)
    assert answer == Answer(
        status=200,
        body={"carriers": [], "request_id": "aa2e"},
        server_time=pendulum.datetime(2026, 11, 22, 19, 26, 17),
        request_id="aa2e",
        raw=raw,
    )


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Sun, 99 Nov 2026 19:26:17 GMT", "Mon, 01 Jan 99999 00:00:00 GMT"]
)
def test_an_unreadable_date_is_no_time(date: str) -> None:
    assert server_time({"date": date}) is None
    assert http_date(date) is None


def test_a_missing_date_is_no_time() -> None:
    assert server_time({}) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", ErrorReport(), id="empty"),
        pytest.param(b"<html>", ErrorReport(), id="html"),
        pytest.param(b"[]", ErrorReport(), id="a list"),
        pytest.param(b'{"errors": null}', ErrorReport(), id="null"),
        pytest.param(b'{"errors": "no"}', ErrorReport(), id="a text"),
        pytest.param(b'{"errors": ["no", 5, null]}', ErrorReport(), id="no objects"),
        pytest.param(b'{"request_id": 7, "errors": [{"message": 7}]}', ErrorReport(), id="types"),
        pytest.param(
            b'{"request_id": "r", "errors": [{"error_source": "moon", "error_code": "eclipse",'
            b' "message": "dark", "field_name": "page"}, {"message": "cold"}]}',
            ErrorReport("r", ("eclipse",), ("moon",), ("dark", "cold"), ("page",)),
            id="unheard-of codes",
        ),
    ],
)
def test_error_bodies_are_met_calmly(content: bytes, said: ErrorReport) -> None:
    assert report(httpx.Response(400, content=content)) == said


def test_no_answer_says_nothing() -> None:
    assert report(None) == ErrorReport()
