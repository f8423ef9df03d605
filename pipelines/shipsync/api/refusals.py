"""From a failed request to the error a person reads: what happened, the value, what to do next."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass

import httpx

from shipsync.api.answer import ErrorReport, Unusable, is_web_page, report
from shipsync.connection import Connection
from shipsync.errors import (
    AccessDenied,
    ConfigurationError,
    KeyRefused,
    NotFound,
    RequestRejected,
    ShipsyncError,
)


@dataclass(frozen=True)
class Request:
    """What was asked: ``line`` is method, path and the harmless part of the query."""

    stream: str
    line: str


def refused(response: httpx.Response, request: Request, connection: Connection) -> ShipsyncError:
    """The error for an answer whose status says that sending the request again would not help."""
    said = report(response)
    status = response.status_code
    if status == httpx.codes.UNAUTHORIZED:
        return KeyRefused(_key_refused(connection, request, said))
    if status == httpx.codes.FORBIDDEN:
        return AccessDenied(_access_denied(connection, request, said))
    if response.has_redirect_location or is_web_page(response):
        return ConfigurationError(_another_site(response, request, connection))
    kind = NotFound if status == httpx.codes.NOT_FOUND else RequestRejected
    return kind(
        f"ShipStation refused {request.line} (stream {request.stream}) with status {status}"
        f"{_quoted(said, connection)}. Sending it again won't help; change what is asked for.",
        status=status,
        codes=said.codes,
        messages=tuple(connection.api_key.scrub(message) for message in said.messages),
        fields=said.fields,
        request_id=said.request_id,
    )


def describe(failure: int | Unusable | Exception, connection: Connection) -> str:
    """What went wrong with one attempt, and what of our side to check, as the end of a sentence."""
    if isinstance(failure, Unusable):
        check = f"; check base_url {connection.base_url}" if failure is Unusable.WEB_PAGE else ""
        return f"the answer was {failure}{check}"
    if isinstance(failure, int):
        return f"the answer had status {failure}"
    host = httpx.URL(connection.base_url).host
    if _caused_by(failure, socket.gaierror):
        return f"the name {host} could not be found; check base_url {connection.base_url} and the network"
    if _caused_by(failure, ssl.SSLError):
        return (
            f"no trusted TLS connection to {host} could be made; check base_url "
            f"{connection.base_url} and this machine's certificates and clock"
        )
    if isinstance(failure, httpx.ConnectError):
        return f"{host} did not take the connection; check base_url {connection.base_url} and the network"
    if isinstance(failure, httpx.TimeoutException):
        return f"nothing came for {connection.timeout_seconds:g} s ({type(failure).__name__})"
    return f"the connection broke ({type(failure).__name__})"


def _caused_by(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False


def _key_refused(connection: Connection, request: Request, said: ErrorReport) -> str:
    hint = (
        "It has the form of a V1 key; V1 keys don't work here, create a V2 key."
        if connection.key_looks_like_v1
        else "Compare it with the one ShipStation shows: it may be mistyped, revoked, or a V1 key, "
        "which does not work here."
    )
    return (
        f"ShipStation does not know the API key of connection {connection.name!r} "
        f"({request.line}, status 401{_quoted(said, connection)}). {hint} "
        "Keys are under Settings > Account > API Settings."
    )


def _access_denied(connection: Connection, request: Request, said: ErrorReport) -> str:
    return (
        f"ShipStation knows the API key of connection {connection.name!r} but does not let it do this "
        f"({request.line}, status 403{_quoted(said, connection)}). The account's plan may lack API "
        "access or this part of it: look at the plan under Settings > Account, or ask ShipStation."
    )


def _another_site(response: httpx.Response, request: Request, connection: Connection) -> str:
    what = "a web page"
    if response.has_redirect_location:
        target = httpx.URL(connection.base_url).join(response.headers["location"])
        what = f"a redirect to {target.scheme}://{target.host}, where the key is not sent"
    return (
        f"{connection.base_url} answered {request.line} with {what} (status {response.status_code}). "
        "It does not seem to be the ShipStation API: check base_url."
    )


def _quoted(said: ErrorReport, connection: Connection) -> str:
    """``: message (code)`` and the request id, as far as they came; never the key, never a whole body."""
    message = connection.api_key.scrub(said.messages[0])[:300].rstrip(". ") if said.messages else ""
    codes = f" ({', '.join(dict.fromkeys(said.codes))})" if said.codes else ""
    identifier = f", request id {said.request_id}" if said.request_id else ""
    return f"{': ' if message or codes else ''}{message}{codes}{identifier}"
