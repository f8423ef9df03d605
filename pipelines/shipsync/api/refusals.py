"""From a failed request to the error a person reads: what happened, the value, what to do next."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit

import httpx

from shipsync.api.answer import ErrorReport, Unusable, UnusableBody, report
from shipsync.api.endpoints import LISTINGS
from shipsync.api.reply import Reply
from shipsync.api.request import Request
from shipsync.api.salvage import excerpt
from shipsync.api.tolerant_json import as_text
from shipsync.api.vendor_words import VendorWords
from shipsync.connection import BASE_URL, Connection
from shipsync.errors import (
    AccessDenied,
    ConfigurationError,
    KeyRefused,
    NotFound,
    OutcomeUnknown,
    RequestRejected,
    ShipsyncError,
    Unavailable,
    Unreachable,
    UnreadableAnswer,
    WrongAddress,
)
from shipsync.plurals import counted

_LONGEST_QUOTE = 300
_LONGEST_REASON = 120
_NAMES_OF_ONE = frozenset({"sku", "shipment_id", "external_shipment_id", "label_id"})
_LISTS = frozenset(listing.path for listing in LISTINGS.values())


def refused(
    reply: Reply, request: Request, connection: Connection, *, has_worked: bool
) -> ShipsyncError:
    """The error for an answer whose status says that sending the request again would not help.

    ``has_worked``: the API did answer at this address before.
    """
    said = report(reply, VendorWords(connection.personal_data))
    status = reply.status
    if status == httpx.codes.UNAUTHORIZED:
        return KeyRefused(_key_refused(request, said, connection))
    if reply.location is not None or reply.is_web_page:
        error = ConfigurationError if has_worked else WrongAddress
        return error(_another_site(reply, request, connection))
    if status == httpx.codes.FORBIDDEN:
        return AccessDenied(_access_denied(request, said, connection))
    is_whole_list = request.path in _LISTS and not _names_one(request)
    if status == httpx.codes.NOT_FOUND and not has_worked and is_whole_list:
        return another_site(request, f"the answer had status 404{_quoted(said)}", connection)
    kind = NotFound if status == httpx.codes.NOT_FOUND else RequestRejected
    return kind(
        f"ShipStation refused {request} with status {status}{_quoted(said)}. "
        "Sending it again won't help; change what is asked for.",
        status=status,
        codes=said.codes,
        messages=said.messages,
        fields=said.fields,
        request_id=said.request_id,
    )


def _names_one(request: Request) -> bool:
    """Whether a list is asked for what one thing has: it may be that thing which is not found."""
    return any(name in _NAMES_OF_ONE for name in request.params)


def another_site(request: Request, why: str, connection: Connection) -> WrongAddress:
    """The error for an address where nothing has ever answered as the API does."""
    return WrongAddress(
        f"The ShipStation API does not seem to be at base_url {connection.base_url}: asked for "
        f"{request.line}, {why}. Set base_url to the API's own address, or leave it out to use "
        f"{BASE_URL}; if it is right, a proxy or gateway in between answers instead."
    )


def unreadable(request: Request, body: UnusableBody) -> UnreadableAnswer:
    """The error for an answer that is the same each time and can't be read."""
    text, _ = as_text(body.content)
    return UnreadableAnswer(
        f"The answer to {request} can't be read: it was {body.why}, the same each time. Run again "
        "later; if it stays so, report it to ShipStation.",
        reason=body.why,
        excerpt=excerpt(text),
        stream=request.stream,
        request=request.line,
        attempts=request.patience,
    )


def outcome_unknown(
    request: Request, why: str, attempts: int, request_id: str | None
) -> OutcomeUnknown:
    """The error for a write that may have been carried out."""
    return OutcomeUnknown(
        f"It is not known whether {request} was carried out: {why}{_identified(request_id)}. "
        "Read the account back before sending it again.",
        stream=request.stream,
        request=request.line,
        attempts=attempts,
        request_id=request_id,
    )


def given_up(
    request: Request,
    why: str,
    attempts: int,
    request_id: str | None,
    *,
    due: float,
    limit: float | None,
    may_be_its_rows: bool = False,
) -> Unavailable:
    """The error for a request that got no usable answer in time.

    ``due`` is the seconds to the attempt that was not made, ``limit`` the seconds that were
    allowed, None if the address was never reached at all and waiting longer seemed pointless.
    """
    untouched = "" if request.is_read else " It was not carried out."
    ending = "Run again later."
    if limit is not None:
        ending = (
            f"The next attempt was due {due:.0f} s later, and give_up_after_seconds is {limit:g}. "
            "Run again later."
        )
    error = Unreachable if limit is None else Unavailable
    return error(
        f"No usable answer to {request} in {counted(attempts, 'attempt')}: {why}{_identified(request_id)}."
        f"{untouched} {ending}",
        stream=request.stream,
        request=request.line,
        attempts=attempts,
        request_id=request_id,
        why=why,
        may_be_its_rows=may_be_its_rows,
    )


def unsendable(request: Request, why: str, connection: Connection) -> ConfigurationError:
    """The error for a request that cannot even be put on the wire."""
    return ConfigurationError(
        f"{request} cannot be sent: {why}. Check base_url {connection.base_url}."
    )


def describe(failure: int | UnusableBody | Exception, connection: Connection) -> str:
    """What went wrong with one attempt, and what of our side to check, as part of a sentence."""
    address = connection.base_url
    if isinstance(failure, UnusableBody):
        check = f"; check base_url {address}" if failure.kind is Unusable.WEB_PAGE else ""
        return f"the answer was {failure.why}{check}"
    if isinstance(failure, int):
        return f"the answer had status {failure}"
    host = httpx.URL(address).host
    cause = _innermost(failure)
    if _caused_by(failure, socket.gaierror):
        return f"the name {host} could not be found; check base_url {address} and the network"
    if _caused_by(failure, ssl.SSLError):
        return (
            f"no trusted TLS connection to {host} could be made{cause}; check base_url {address} and "
            "this machine's certificates and clock"
        )
    if isinstance(failure, httpx.ConnectError):
        return (
            f"{host} did not take the connection{cause}; check base_url {address} and the network"
        )
    if isinstance(failure, httpx.TimeoutException):
        kind = type(failure).__name__
        return f"nothing came for {connection.timeout_seconds:g} s ({kind}); is the network slow?"
    return f"the connection broke ({type(failure).__name__}){cause}"


def _innermost(error: BaseException) -> str:
    """What the system or the TLS library gave as the reason, to be put behind a clause; or nothing.

    What a server wrote is no part of it: of other errors the text is left out.
    """
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = getattr(error, "verify_message", "") or error.strerror
    elif isinstance(error, ssl.SSLError):
        reason = (error.reason or "").replace("_", " ").lower()
    else:
        reason = error.strerror if isinstance(error, OSError) else None
    return f": {reason[:_LONGEST_REASON]}" if reason else ""


def _caused_by(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False


def _key_refused(request: Request, said: ErrorReport, connection: Connection) -> str:
    hint = (
        "It has the form of a V1 key; V1 keys don't work here, create a V2 key."
        if connection.key_looks_like_v1
        else "It may be mistyped, revoked, or a V1 key, which does not work here: compare it with "
        "the V2 key that ShipStation shows."
    )
    return (
        f"ShipStation does not know the API key of connection {connection.name!r} "
        f"({request.line}, status 401{_quoted(said)}). {hint} "
        "Keys are under Settings > Account > API Settings."
    )


def _access_denied(request: Request, said: ErrorReport, connection: Connection) -> str:
    return (
        f"ShipStation knows the API key of connection {connection.name!r} but does not allow it "
        f"this ({request.line}, status 403{_quoted(said)}). The account's plan "
        "may lack API access or this part of it: look at the plan under Settings > Account, or ask "
        "ShipStation."
    )


def _another_site(reply: Reply, request: Request, connection: Connection) -> str:
    what = "a web page"
    if reply.location is not None:
        # The host alone: a redirect's path and query may hold anything, also what was sent.
        host = _host(reply.location) or "another path"
        what = f"a redirect to {host}, where the key is not sent"
    return (
        f"{connection.base_url} answered {request.line} with {what} (status "
        f"{reply.status}). The ShipStation API does not answer so: check base_url, and any "
        "proxy in between."
    )


def _host(location: str) -> str:
    try:
        return urlsplit(location).hostname or ""
    except ValueError:
        return ""


def _quoted(said: ErrorReport) -> str:
    """The vendor's first message, the codes and the request id, as far as they came.

    Never a whole body.
    """
    message = said.messages[0] if said.messages else ""
    message = message[:_LONGEST_QUOTE].rstrip(". ")
    codes = f" ({', '.join(dict.fromkeys(said.codes))[:_LONGEST_QUOTE]})" if said.codes else ""
    return f"{': ' if message else ''}{message}{codes}{_identified(said.request_id)}"


def _identified(request_id: str | None) -> str:
    return f", request id {request_id}" if request_id else ""
