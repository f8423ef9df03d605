"""What came back: a usable answer, the vendor's own error report, or a body nobody can use.

Nothing here trusts the body: an error may come with an empty one, with HTML, with unheard-of codes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum

import httpx
import orjson
import pendulum


class Unusable(StrEnum):
    """Why the body of a 2xx answer cannot be used; the value completes "the answer was"."""

    CUT = "cut off"
    EMPTY = "empty"
    WEB_PAGE = "a web page instead of JSON"
    NOT_JSON = "not JSON"


@dataclass(frozen=True)
class Answer:
    """A successful answer.

    ``body`` is the parsed JSON, None for an empty body; ``server_time`` the instant of its Date
    header; ``request_id`` the vendor's id of the request; ``raw`` the decoded bytes of the body.
    """

    status: int
    body: object
    server_time: pendulum.DateTime | None
    request_id: str | None
    raw: bytes


_BEHIND = frozenset({"carrier", "order_source"})


@dataclass(frozen=True)
class ErrorReport:
    """What an unsuccessful answer says of itself; every part may be missing."""

    request_id: str | None = None
    codes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    @property
    def is_passed_on(self) -> bool:
        """Whether a carrier or a store is what failed, behind ShipStation (FACTS, Rate limit)."""
        return any(source.casefold() in _BEHIND for source in self.sources)


def server_time(headers: Mapping[str, str]) -> pendulum.DateTime | None:
    """The instant of the Date header, in UTC; None when it is missing or unreadable."""
    return http_date(headers.get("date", ""))


def http_date(text: str) -> pendulum.DateTime | None:
    """An HTTP date (RFC 9110 §5.6.7) as an instant in UTC, None if ``text`` is not one."""
    try:
        return pendulum.instance(parsedate_to_datetime(text)).in_timezone("UTC")
    except (TypeError, ValueError, OverflowError):
        return None


def read_body(response: httpx.Response, *, may_be_empty: bool) -> Answer | Unusable:
    """The answer in a 2xx ``response``, or why its body cannot be used.

    An empty body passes where it is the whole answer: with 204, and, if ``may_be_empty``, wherever
    the server declared its length as 0 or sent it in chunks, the last of which it has.
    """
    raw = response.content
    declared = response.headers.get("content-length")
    if not raw:
        is_framed = declared == "0" or response.headers.get("transfer-encoding") == "chunked"
        whole = response.status_code == httpx.codes.NO_CONTENT or (may_be_empty and is_framed)
        return _answer(response, None) if whole else Unusable.EMPTY
    if "content-encoding" not in response.headers and declared not in (None, str(len(raw))):
        return Unusable.CUT
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _why_not_json(raw)
    return _answer(response, body) if isinstance(body, dict | list) else Unusable.NOT_JSON


def report(response: httpx.Response | None) -> ErrorReport:
    """What the body of ``response`` says of errors; an empty report if it says nothing readable."""
    if response is None:
        return ErrorReport()
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return ErrorReport()
    if not isinstance(body, dict):
        return ErrorReport()
    listed = body.get("errors")
    errors = (
        [error for error in listed if isinstance(error, dict)] if isinstance(listed, list) else []
    )
    return ErrorReport(
        request_id=_text(body.get("request_id")),
        codes=tuple(_texts(errors, "error_code")),
        sources=tuple(_texts(errors, "error_source")),
        messages=tuple(_texts(errors, "message")),
        fields=tuple(_texts(errors, "field_name")),
    )


def is_web_page(response: httpx.Response) -> bool:
    """Whether a web server, not an API, seems to have answered."""
    return response.content.lstrip()[:1] == b"<"


def _answer(response: httpx.Response, body: object) -> Answer:
    request_id = _text(body.get("request_id")) if isinstance(body, dict) else None
    time = server_time(response.headers)
    return Answer(response.status_code, body, time, request_id, response.content)


def _why_not_json(raw: bytes) -> Unusable:
    text = raw.strip()
    if text[:1] == b"<":
        return Unusable.WEB_PAGE
    began_as_json = text[:1] in (b"{", b"[")
    ended_as_json = text[-1:] in (b"}", b"]")
    return Unusable.CUT if began_as_json and not ended_as_json else Unusable.NOT_JSON


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(errors: list[dict[str, object]], key: str) -> Iterator[str]:
    return (text for error in errors if (text := _text(error.get(key))) is not None)
