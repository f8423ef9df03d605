"""What came back: a usable answer, the vendor's own error report, or a body nobody can use.

Nothing here trusts the body: an error may come with an empty one, with HTML, with unheard-of codes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from enum import StrEnum

import httpx
import pendulum

from shipsync.api.reply import Reply
from shipsync.api.tolerant_json import NotReadable, Repair, as_text, read_json
from shipsync.api.vendor_words import VendorWords


class Unusable(StrEnum):
    """Why the body of a 2xx answer cannot be used; the value completes "the answer was"."""

    CUT = "cut off"
    EMPTY = "empty"
    WEB_PAGE = "a web page instead of JSON"
    NOT_JSON = "not JSON"
    TOO_LARGE = "larger than answers may be"
    PACKED = "packed in a way that was not asked for"


@dataclass(frozen=True)
class UnusableBody:
    """A body that cannot be used.

    ``reason`` says what a reader of JSON stumbled over, as a clause, empty where it did not come to
    that. ``content`` is the body then, ``server_time`` the instant of its Date header. Two that are
    equal are the same answer once more, even if it carries another request id.
    """

    kind: Unusable
    reason: str = ""
    content: bytes = field(default=b"", repr=False, compare=False)
    server_time: pendulum.DateTime | None = field(default=None, compare=False)

    @property
    def why(self) -> str:
        """What it was, to go on with after "the answer was"."""
        return f"{self.kind} ({self.reason})" if self.reason else str(self.kind)

    @property
    def is_of_the_list(self) -> bool:
        """Whether it came as it was meant, so that it may be the rows in it that spoil it.

        One that ends too early is an outage instead: the next one may be whole.
        """
        if self.kind is Unusable.CUT:
            return False
        return bool(self.reason) or self.kind is Unusable.TOO_LARGE


@dataclass(frozen=True)
class Answer:
    """A successful answer.

    ``body`` is the parsed JSON, None for an empty body; ``server_time`` the instant of its Date
    header; ``request_id`` the vendor's id of the request; ``repairs`` is what of the body had to be read
    otherwise than it came.
    """

    status: int
    body: object
    server_time: pendulum.DateTime | None
    request_id: str | None
    repairs: tuple[Repair, ...] = ()


_BEHIND = frozenset({"carrier", "order_source"})
_OPEN = VendorWords()


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


def read_body(
    reply: Reply, *, may_be_empty: bool, words: VendorWords = _OPEN
) -> Answer | UnusableBody:
    """The answer in a 2xx ``reply``, or why its body cannot be used.

    An empty body passes where it is the whole answer: with 204, and, if ``may_be_empty``, wherever
    the server declared its length as 0 or sent it in chunks, the last of which it has.
    """
    if reply.packed_as:
        return UnusableBody(Unusable.PACKED)
    if reply.is_too_large:
        return UnusableBody(Unusable.TOO_LARGE, server_time=server_time(reply.headers))
    if not reply.content:
        return _without_body(reply, may_be_empty, words)
    if reply.is_cut:
        return UnusableBody(Unusable.CUT)
    try:
        document = read_json(reply.content)
    except NotReadable as error:
        return _not_json(reply, error)
    if not isinstance(document.value, dict | list):
        return UnusableBody(Unusable.NOT_JSON)
    return _answer(reply, document.value, words, document.repairs)


def report(reply: Reply | None, words: VendorWords = _OPEN) -> ErrorReport:
    """What the body of ``reply`` says of errors; an empty report if it says nothing readable.

    Of an error's ``field_value`` nothing is kept: it may be a whole shipment with a buyer's address. What is
    kept of its texts say ``words``.
    """
    if reply is None:
        return ErrorReport()
    try:
        body = read_json(reply.content).value
    except NotReadable:
        return ErrorReport()
    if not isinstance(body, dict):
        return ErrorReport()
    listed = body.get("errors")
    errors = (
        [error for error in listed if isinstance(error, dict)] if isinstance(listed, list) else []
    )
    return ErrorReport(
        request_id=words.request_id(_text(body.get("request_id"))),
        codes=tuple(words.code(code) for code in _texts(errors, "error_code")),
        sources=tuple(words.source(source) for source in _texts(errors, "error_source")),
        messages=tuple(_said(words.message(error) for error in errors)),
        fields=tuple(_said(words.field(name) for name in _texts(errors, "field_name"))),
    )


def _without_body(reply: Reply, may_be_empty: bool, words: VendorWords) -> Answer | UnusableBody:
    is_chunked = reply.headers.get("transfer-encoding") == "chunked"
    is_framed = reply.headers.get("content-length") == "0" or is_chunked
    if reply.status == httpx.codes.NO_CONTENT or (may_be_empty and is_framed):
        return _answer(reply, None, words)
    return UnusableBody(Unusable.EMPTY)


def _answer(
    reply: Reply, body: object, words: VendorWords, repairs: tuple[Repair, ...] = ()
) -> Answer:
    request_id = words.request_id(_text(body.get("request_id"))) if isinstance(body, dict) else None
    return Answer(reply.status, body, server_time(reply.headers), request_id, repairs)


def _not_json(reply: Reply, error: NotReadable) -> UnusableBody:
    if reply.is_web_page:
        return UnusableBody(Unusable.WEB_PAGE)
    text, _ = as_text(reply.content)
    if not text.startswith(("{", "[")):
        return UnusableBody(Unusable.NOT_JSON)
    kind = Unusable.CUT if error.ends_early else Unusable.NOT_JSON
    return UnusableBody(kind, error.reason, reply.content, server_time(reply.headers))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(errors: list[dict[str, object]], key: str) -> Iterator[str]:
    return (text for error in errors if (text := _text(error.get(key))) is not None)


def _said(texts: Iterator[str | None]) -> Iterator[str]:
    return (text for text in texts if text is not None)
