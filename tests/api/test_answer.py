from __future__ import annotations

import orjson
import pendulum
import pytest

from shipsync.api.answer import (
    Answer,
    ErrorReport,
    Unusable,
    UnusableBody,
    http_date,
    read_body,
    report,
    server_time,
)
from shipsync.api.reply import Reply


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(b'{"shipments": [{"shipment_id": "se-1"}, {"ship', Unusable.CUT, id="cut"),
        pytest.param(b'[{"a": 1},', Unusable.CUT, id="cut list"),
        pytest.param(b'{"shipments": [{"a": 1}', Unusable.CUT, id="cut behind a row"),
        pytest.param(b'{"shipments": [{"a": 1}]\n', Unusable.CUT, id="cut behind the list"),
        pytest.param(b'{"a": none, "b": [{"c": ', Unusable.CUT, id="no value, and cut"),
        pytest.param(b'{"a": "C:\\q", "b": "D:', Unusable.CUT, id="no escape, and cut"),
        pytest.param(b'{"a": [{"b": "c}]}', Unusable.NOT_JSON, id="a text without end"),
        pytest.param(b"<html><body>Sign in</body></html>", Unusable.WEB_PAGE, id="html"),
        pytest.param(b"\n  <!DOCTYPE html>", Unusable.WEB_PAGE, id="html after blanks"),
        pytest.param(b"Bad gateway", Unusable.NOT_JSON, id="text"),
        pytest.param(b"\xff\xfe{}", Unusable.NOT_JSON, id="not utf-8"),
        pytest.param(b'{"a": none}', Unusable.NOT_JSON, id="no value of JSON"),
        pytest.param(b'{"a": 1}{"a": 2}', Unusable.NOT_JSON, id="two documents"),
        pytest.param(b"[" * 100_000, Unusable.CUT, id="nested without end"),
        pytest.param(b'"ok"', Unusable.NOT_JSON, id="neither object nor list"),
        pytest.param(b"null", Unusable.NOT_JSON, id="null"),
        pytest.param(b"", Unusable.EMPTY, id="empty"),
    ],
)
@pytest.mark.parametrize("may_be_empty", [False, True])
def test_bodies_nobody_can_use(content: bytes, why: Unusable, may_be_empty: bool) -> None:
    body = read_body(Reply(200, {}, content), may_be_empty=may_be_empty)
    assert isinstance(body, UnusableBody)
    assert body.kind is why


def test_a_body_shorter_than_declared_is_cut_even_if_it_parses() -> None:
    reply = Reply(200, {"content-length": "30"}, b'{"shipments": []}', is_cut=True)
    assert read_body(reply, may_be_empty=False) == UnusableBody(Unusable.CUT)


def test_two_bodies_that_fail_alike_are_the_same_answer() -> None:
    first, second, other = (
        read_body(Reply(200, {}, content), may_be_empty=False)
        for content in (b'{"a": x, "id": 1}', b'{"a": x, "id": 2}', b'{"ab": x, "id": 1}')
    )
    assert isinstance(first, UnusableBody)
    assert first == second
    assert first != other


def test_an_empty_body_is_whole_with_204_and_where_its_length_is_declared() -> None:
    nothing = Reply(204, {})
    declared = Reply(200, {"content-length": "0"})
    for response, may_be_empty in ((nothing, False), (nothing, True), (declared, True)):
        answer = read_body(response, may_be_empty=may_be_empty)
        assert isinstance(answer, Answer)
        assert answer.body is None
    assert read_body(declared, may_be_empty=False) == UnusableBody(Unusable.EMPTY)


def test_an_answer_carries_body_time_and_request_id() -> None:
    raw = b'{"carriers": [], "request_id": "aa2e"}'
    headers = {"date": "Sun, 22 Nov 2026 19:26:17 GMT"}
    answer = read_body(Reply(200, headers, raw), may_be_empty=False)
    assert answer == Answer(
        status=200,
        body={"carriers": [], "request_id": "aa2e"},
        server_time=pendulum.datetime(2026, 11, 22, 19, 26, 17),
        request_id="aa2e",
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
    assert report(Reply(400, {}, content)) == said


@pytest.mark.parametrize(
    ("field_name", "field_value"),
    [
        (
            "shipment",
            {"ship_to": {"name": "Ann Smith", "lines": ["1 Elm St"]}, "phone": "555-1234"},
        ),
        ("shipments", [{"name": "Ann Smith", "street": "1 Elm St", "phone": "555-1234"}]),
    ],
)
def test_what_an_error_quotes_of_a_buyer_is_kept_nowhere(
    field_name: str, field_value: object
) -> None:
    error = {"message": "Ann Smith of 1 Elm St (555-1234) can't be reached", "error_code": "x"}
    error |= {"field_name": field_name, "field_value": field_value}
    said = report(Reply(400, {}, orjson.dumps({"errors": [error]})))
    assert said.messages == ("[value] of [value] ([value]) can't be reached",)
    for part in ("Ann", "Elm", "555"):
        assert part not in repr(said)


def test_a_single_value_is_left_out_only_where_it_is_of_a_person() -> None:
    def said(field: str, value: str) -> str:
        error = {"message": f"{value} is not valid", "field_name": field, "field_value": value}
        return report(Reply(400, {}, orjson.dumps({"errors": [error]}))).messages[0]

    assert said("ship_to.phone", "555-1234") == "[value] is not valid"
    assert said("sku", "ABC-1") == "ABC-1 is not valid"


def test_no_answer_says_nothing() -> None:
    assert report(None) == ErrorReport()
