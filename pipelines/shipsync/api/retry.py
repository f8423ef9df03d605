"""The one decision about a failed request: send it again, give it up, or call its outcome unknown.

::

                              read            write
    never left this machine   again           again
    401 though the key works  again, once     again, once
    429                       again           again      refused before anyone acted on it
    429 of a carrier or store again           unknown    somebody further on had it already
    408, 5xx but 501 and 505  again           unknown
    lost on the way           again           unknown    reset, timeout, answer cut off
    body of a 2xx unusable    again           unknown
    301, 302, 303             fail            unknown    some servers act first, then send on
    any other status          fail            fail

"Again" carries the seconds to wait: what the server asks for, else a doubling back-off with jitter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import httpx
import pendulum

from shipsync.api.answer import Unusable, http_date

FIRST_BACKOFF_SECONDS = 1.0
FIRST_BACKOFF_AFTER_429_SECONDS = 5.0
LONGEST_BACKOFF_SECONDS = 60.0
TOO_MANY_REQUESTS = 429
UNAUTHORIZED = 401

_RETRIED_STATUSES = frozenset({408, 429, *(set(range(500, 600)) - {501, 505})})
_ACTED_THEN_REDIRECTED = frozenset({301, 302, 303})
# No free connection, a refused one, a failed handshake: no byte of the request has left.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_LOST = (httpx.TransportError, httpx.DecodingError)
_NOT_A_REQUEST = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


@dataclass(frozen=True)
class RetryAfter:
    """Send the same request again after ``seconds``, which is never 0.

    ``asked`` tells whether the server named the time.
    """

    seconds: float
    asked: bool = False


@dataclass(frozen=True)
class Fail:
    """Sending it again would not help."""


@dataclass(frozen=True)
class OutcomeIsUnknown:
    """A write that may have been carried out; it must not be sent again."""


Decision = RetryAfter | Fail | OutcomeIsUnknown
Failure = int | Unusable | Exception


def decide(
    method: str,
    failure: Failure,
    attempt: int,
    headers: Mapping[str, str],
    now: pendulum.DateTime,
    *,
    chance: float = 0.5,
    is_passed_on: bool = False,
    key_works: bool = False,
) -> Decision:
    """What to do after attempt ``attempt`` (from 1) of a ``method`` request ended in ``failure``.

    ``failure`` is the HTTP status, the exception of httpx, or why a 2xx body was unusable.
    ``headers`` are the answer's, with lower-case names; ``now`` is what a dated Retry-After counts
    from; ``chance`` (0 to 1) spreads the wait; ``is_passed_on`` when the answer says that it comes
    from somebody behind ShipStation; ``key_works`` when the key was taken before and this request has
    not been refused it yet.
    """
    is_write = method not in ("GET", "HEAD")
    if failure == UNAUTHORIZED and key_works:
        # Nobody acted on it, and whoever answered so may have lost sight of the keys for a moment.
        return RetryAfter(FIRST_BACKOFF_SECONDS * (0.5 + chance / 2))
    if is_write and failure in _ACTED_THEN_REDIRECTED:
        return OutcomeIsUnknown()
    if not _is_passing(failure):
        return Fail()
    if is_write and (is_passed_on or not _was_not_executed(failure)):
        return OutcomeIsUnknown()
    asked = asked_seconds(headers.get("retry-after"), now)
    if asked is not None:
        # Up to a second more than asked, so that all who wait don't come back at once.
        return RetryAfter(asked + chance, asked=True)
    first = FIRST_BACKOFF_SECONDS
    if failure == TOO_MANY_REQUESTS:
        first = FIRST_BACKOFF_AFTER_429_SECONDS
    backoff = min(LONGEST_BACKOFF_SECONDS, first * 2.0 ** min(attempt - 1, 16))
    return RetryAfter(backoff * (0.5 + chance / 2))


def asked_seconds(retry_after: str | None, now: pendulum.DateTime) -> float | None:
    """The seconds a Retry-After header asks for; None if it is missing, unreadable, past or 0."""
    text = (retry_after or "").strip()
    if re.fullmatch(r"\d{1,9}(?:\.\d+)?", text, re.ASCII):
        seconds = float(text)
    else:
        until = http_date(text)
        if until is None:
            return None
        seconds = (until - now).total_seconds()
    return seconds if seconds > 0 else None


def _is_passing(failure: Failure) -> bool:
    if isinstance(failure, Unusable):
        return True
    if isinstance(failure, int):
        return failure in _RETRIED_STATUSES
    return isinstance(failure, _LOST) and not isinstance(failure, _NOT_A_REQUEST)


def _was_not_executed(failure: Failure) -> bool:
    return failure == TOO_MANY_REQUESTS or isinstance(failure, _NEVER_SENT)
