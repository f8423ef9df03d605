"""Every failure gets the sentence that helps: what happened, the value, what to do next."""

from __future__ import annotations

import socket
import ssl

import httpx
import pytest

from shipsync.connection import Secret
from shipsync.errors import (
    AccessDenied,
    ConfigurationError,
    KeyRefused,
    NotFound,
    RequestRejected,
    ShipsyncError,
    Unavailable,
    Unreachable,
    WrongAddress,
)

from .scripted_accounts import KEY, App, Script, error_body, ok, open_session

V1_KEY = "0123456789abcdef0123456789abcdef"


def failure_of(app: App, **settings: object) -> ShipsyncError:
    """Of the session's second request, after one that the API answered."""
    session, _ = open_session(_after_a_good_answer(app), **settings)
    session.read("/v2/tags", stream="tags")
    with pytest.raises(ShipsyncError) as caught:
        session.read("/v2/labels", stream="labels")
    return caught.value


def first_failure_of(app: App) -> ShipsyncError:
    """Of the session's first request, when nothing has ever answered as the API does."""
    session, _ = open_session(app)
    with pytest.raises(ShipsyncError) as caught:
        session.read("/v2/labels", stream="labels")
    return caught.value


def _after_a_good_answer(app: App) -> App:
    def answered(request: httpx.Request) -> httpx.Response:
        return ok({"tags": []}) if request.url.path == "/v2/tags" else app(request)

    return answered


def because(cause: Exception) -> httpx.ConnectError:
    """A failed connection as httpx raises it: the socket's own error is its cause."""
    error = httpx.ConnectError("All connection attempts failed")
    error.__cause__ = OSError("connect")
    error.__cause__.__context__ = cause
    return error


@pytest.mark.parametrize(
    ("answer", "kind", "parts"),
    [
        pytest.param(
            httpx.Response(401),
            KeyRefused,
            ("does not know the API key of connection 'default'", "mistyped, revoked, or a V1 key"),
            id="401",
        ),
        pytest.param(
            httpx.Response(401, json=error_body("The API key is invalid.", "unauthorized")),
            KeyRefused,
            ("The API key is invalid (unauthorized), request id 7a5b4c1e", "mistyped"),
            id="401 with a body",
        ),
        pytest.param(
            httpx.Response(403),
            AccessDenied,
            ("knows the API key", "plan may lack API access"),
            id="403",
        ),
        pytest.param(
            httpx.Response(404),
            NotFound,
            ("refused GET /v2/labels (stream labels) with status 404", "change what is asked for"),
            id="404 with an empty body",
        ),
        pytest.param(
            httpx.Response(404, html="<html>no such page</html>"),
            ConfigurationError,
            ("https://api.shipstation.com answered GET /v2/labels with a web page", "base_url"),
            id="404 of another site",
        ),
        pytest.param(
            httpx.Response(403, html="<html>blocked</html>"),
            ConfigurationError,
            ("with a web page (status 403)", "any proxy in between"),
            id="403 of a firewall",
        ),
        pytest.param(
            httpx.Response(301, headers={"location": "https://www.example/new?key=1"}),
            ConfigurationError,
            ("a redirect to www.example, where the key is not sent", "check base_url"),
            id="redirect",
        ),
        pytest.param(
            httpx.Response(307, headers={"location": "/login"}),
            ConfigurationError,
            ("a redirect to another path",),
            id="redirect on the same host",
        ),
        pytest.param(
            httpx.Response(400, json=error_body("page is too deep.", "moon_phase")),
            RequestRejected,
            ("status 400: page is too deep (moon_phase), request id 7a5b4c1e",),
            id="unheard-of code",
        ),
        pytest.param(
            httpx.Response(500), Unavailable, ("the answer had status 500",), id="empty 500"
        ),
        pytest.param(
            httpx.Response(200, html="<html>"),
            Unavailable,
            ("a web page instead of JSON; check base_url https://api.shipstation.com",),
            id="web page with 200",
        ),
        pytest.param(
            httpx.ReadTimeout("x"), Unavailable, ("nothing came for 10 s (ReadTimeout)",), id="slow"
        ),
        pytest.param(
            httpx.ReadError("x"), Unavailable, ("the connection broke (ReadError)",), id="reset"
        ),
        pytest.param(
            httpx.LocalProtocolError("x"),
            ConfigurationError,
            ("cannot be sent", "Check base_url"),
            id="no request",
        ),
    ],
)
def test_the_sentence(
    answer: httpx.Response | Exception, kind: type[ShipsyncError], parts: tuple[str, ...]
) -> None:
    error = failure_of(Script(answer))
    assert type(error) is kind
    for part in parts:
        assert part in str(error)
    assert str(error).endswith((".", "?"))


@pytest.mark.parametrize(
    ("answer", "kind", "parts"),
    [
        pytest.param(
            because(socket.gaierror(-2, "Name or service not known")),
            Unreachable,
            ("the name api.shipstation.com could not be found; check base_url https://api.",),
            id="no such name",
        ),
        pytest.param(
            because(ConnectionRefusedError(111, "refused")),
            Unreachable,
            ("api.shipstation.com did not take the connection: refused; check base_url",),
            id="refused",
        ),
        pytest.param(
            because(ssl.SSLCertVerificationError(1, "self-signed")),
            Unreachable,
            (
                "no trusted TLS connection to api.shipstation.com could be made: self-signed",
                "and clock",
            ),
            id="not trusted",
        ),
        pytest.param(
            httpx.Response(200, html="<html>shop</html>"),
            WrongAddress,
            ("API does not seem to be at base_url https://api.shipstation.com", "a web page"),
            id="web page with 200",
        ),
        pytest.param(
            httpx.Response(200, text="It works!"), WrongAddress, ("not JSON",), id="another server"
        ),
        pytest.param(
            httpx.Response(404), WrongAddress, ("base_url", "status 404", "leave it out"), id="404"
        ),
        pytest.param(
            httpx.Response(404, json=error_body("no route", "not_found")),
            WrongAddress,
            ("base_url https://api.shipstation.com", "status 404: no route (not_found)"),
            id="404 of an API at another path",
        ),
        pytest.param(
            httpx.Response(403, html="<html>"), WrongAddress, ("check base_url",), id="403 html"
        ),
        pytest.param(
            httpx.Response(401, html="<html>log in</html>"),
            KeyRefused,
            ("does not know the API key of connection 'default'", "status 401"),
            id="401 with a web page",
        ),
    ],
)
def test_the_sentence_where_nothing_has_worked_yet(
    answer: httpx.Response | Exception, kind: type[ShipsyncError], parts: tuple[str, ...]
) -> None:
    error = first_failure_of(Script(answer))
    assert type(error) is kind
    for part in parts:
        assert part in str(error)
    assert "base_url" in str(error) or kind is not WrongAddress


def test_a_refused_key_is_told_as_such_whatever_comes_with_it() -> None:
    error = first_failure_of(Script(httpx.Response(401, html="<html>log in</html>")))
    assert "base_url" not in str(error)


def test_what_is_missing_by_its_id_is_no_wrong_address() -> None:
    session, _ = open_session(Script(httpx.Response(404)))
    with pytest.raises(NotFound):
        session.read("/v2/shipments/se-1", stream="shipments")


@pytest.mark.parametrize("key", [V1_KEY, V1_KEY.upper(), f"{V1_KEY}:{V1_KEY}"])
def test_a_key_of_the_form_of_v1_is_named_as_such(key: str) -> None:
    error = failure_of(Script(httpx.Response(401)), api_key=Secret(key))
    assert "It has the form of a V1 key" in str(error)
    assert key not in str(error)


def test_the_form_of_a_key_is_no_matter_while_it_works() -> None:
    session, _ = open_session(Script(httpx.Response(200, json={})), api_key=Secret(V1_KEY))
    assert session.read("/v2/labels", stream="labels").status == 200


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_key_that_the_vendor_repeats_is_taken_out(status: int) -> None:
    body = error_body(f"The key {KEY} is wrong")
    error = failure_of(Script(httpx.Response(status, json=body)))
    assert KEY not in str(error)
    assert "The key [secret] is wrong" in str(error)
    if isinstance(error, RequestRejected):
        assert error.messages == ("The key [secret] is wrong",)


def test_a_long_message_is_cut() -> None:
    error = failure_of(Script(httpx.Response(400, json=error_body("x" * 5000))))
    assert len(str(error)) < 600
