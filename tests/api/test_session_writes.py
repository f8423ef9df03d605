from __future__ import annotations

import json

import httpx
import pytest

from shipsync.errors import (
    ConfigurationError,
    OutcomeUnknown,
    RequestRejected,
    Unavailable,
)

from .scripted_accounts import (
    CUT,
    HTML,
    THROTTLED,
    Script,
    error_body,
    ok,
    open_session,
)


def test_a_write_sends_its_body_once() -> None:
    script = Script(httpx.Response(204))
    session, _ = open_session(script)
    answer = session.write("POST", "/v2/inventory", {"sku": "A", "quantity": 3}, stream="stock")
    [request] = script.requests
    assert (request.method, request.url.path) == ("POST", "/v2/inventory")
    assert json.loads(request.content) == {"sku": "A", "quantity": 3}
    assert request.headers["content-type"] == "application/json"
    assert (answer.status, answer.body) == (204, None)


def test_a_write_may_be_answered_with_nothing_if_that_is_declared() -> None:
    session, _ = open_session(Script(httpx.Response(200, headers={"content-length": "0"})))
    assert session.write("PUT", "/v2/shipments/se-1/cancel", None, stream="cancel").body is None


def test_a_write_without_a_body_sends_none() -> None:
    script = Script(httpx.Response(204))
    session, _ = open_session(script)
    session.write("PUT", "/v2/shipments/se-1/cancel", None, stream="cancel")
    [request] = script.requests
    assert request.content == b""
    assert "content-type" not in request.headers


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(httpx.Response(500), id="500"),
        pytest.param(httpx.Response(502), id="502"),
        pytest.param(httpx.Response(503, headers={"retry-after": "1"}), id="503 with Retry-After"),
        pytest.param(httpx.Response(504), id="504"),
        pytest.param(httpx.Response(408), id="408"),
        pytest.param(httpx.Response(302, headers={"location": "https://a.example/"}), id="302"),
        pytest.param(HTML, id="html"),
        pytest.param(CUT, id="cut"),
        pytest.param(
            httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"")),
            id="an empty body of no declared length",
        ),
        pytest.param(httpx.ReadTimeout("slow"), id="read timeout"),
        pytest.param(httpx.WriteTimeout("slow"), id="write timeout"),
        pytest.param(httpx.ReadError("reset"), id="reset"),
        pytest.param(httpx.RemoteProtocolError("gone"), id="disconnected"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_write_that_may_have_been_received_is_never_sent_again(
    failure: httpx.Response | Exception, method: str
) -> None:
    script = Script(failure, ok())
    session, pacing = open_session(script)
    with pytest.raises(OutcomeUnknown, match="Read the account back") as caught:
        session.write(method, "/v2/inventory", {}, stream="stock")
    assert len(script.requests) == 1
    assert pacing.waits == []
    assert caught.value.request == f"{method} /v2/inventory"
    assert caught.value.stream == "stock"
    assert caught.value.attempts == 1


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(THROTTLED, id="429"),
        pytest.param(httpx.ConnectError("refused"), id="refused"),
        pytest.param(httpx.ConnectTimeout("slow"), id="connect timeout"),
    ],
)
def test_a_write_nobody_acted_on_is_sent_again(failure: httpx.Response | Exception) -> None:
    script = Script(failure, failure, httpx.Response(204))
    session, _ = open_session(script)
    assert session.write("POST", "/v2/inventory", {}, stream="stock").status == 204
    assert len(script.requests) == 3


def test_after_a_429_a_write_is_no_safer_than_before() -> None:
    script = Script(THROTTLED, httpx.ReadTimeout("slow"), httpx.Response(204))
    session, _ = open_session(script)
    with pytest.raises(OutcomeUnknown):
        session.write("POST", "/v2/inventory", {}, stream="stock")
    assert len(script.requests) == 2


def test_a_write_that_is_given_up_was_not_carried_out_and_says_so() -> None:
    session, _ = open_session(Script(THROTTLED))
    with pytest.raises(Unavailable, match="It was not carried out"):
        session.write("POST", "/v2/inventory", {}, stream="stock")


def test_a_refused_write_is_rejected() -> None:
    body = error_body("Quantity is too large", field_name="quantity")
    script = Script(httpx.Response(400, json=body))
    session, _ = open_session(script)
    with pytest.raises(RequestRejected) as caught:
        session.write("POST", "/v2/inventory", {}, stream="stock")
    assert len(script.requests) == 1
    assert caught.value.status == 400
    assert caught.value.codes == ("invalid_field_value",)
    assert caught.value.messages == ("Quantity is too large",)
    assert caught.value.fields == ("quantity",)
    assert caught.value.request_id == body["request_id"]


def test_a_read_only_connection_sends_no_write() -> None:
    script = Script(ok())
    session, _ = open_session(script, read_only=True)
    with pytest.raises(ConfigurationError, match="read_only; nothing was sent"):
        session.write("POST", "/v2/inventory", {}, stream="stock")
    assert script.requests == []
    session.read("/v2/tags", stream="tags")
    assert len(script.requests) == 1
