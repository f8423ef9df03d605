"""Delivery to an HTTP endpoint: batches of CloudEvents 1.0 in structured mode, signed.

The signature is that of the Standard Webhooks specification (HMAC-SHA256). Signed is
``{webhook-id}.{webhook-timestamp}.{body}``; the secret is base64, with or without the prefix ``whsec_``.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import httpx

from shipsync.api.deadline import Deadline, bind
from shipsync.clock import Pacing, SystemPacing
from shipsync.connection import Secret, is_loopback
from shipsync.errors import ConfigurationError, UsageError
from shipsync.feed.events import ChangeEvent, cloud_line
from shipsync.feed.target import Away, Gone, Refused, Taken, Verdict
from shipsync.version import __version__

CONTENT_TYPE: Final = "application/cloudevents-batch+json"
# Says nothing about the events: the receiver is busy, or a proxy before it finds nobody.
_AWAY: Final = frozenset({429, 502, 503, 504})
# Nor do these: the address or the secret is wrong, and every batch would fare alike.
_HOPELESS: Final = frozenset({401, 403, 404, 405, 407})
# However steadily an answer trickles in, a delivery is over after so many times the timeout.
_DEADLINE_IN_TIMEOUTS: Final = 6
_LONGEST_WAIT_ASKED: Final = 3600.0
_PREFIX: Final = "whsec_"
_LEAST_BYTES: Final = 24


class Endpoint:
    """One address; ``transport`` replaces the network, ``pacing`` the clock.

    A redirect is not followed: events go nowhere but to the address that was given. Only status and
    ``Retry-After`` of an answer are read. Raises ``UsageError`` for an address that is neither https
    nor on this machine.
    """

    def __init__(
        self,
        url: str,
        *,
        source: str,
        secret: Secret | None = None,
        timeout_seconds: float = 10.0,
        transport: httpx.BaseTransport | None = None,
        pacing: Pacing | None = None,
    ) -> None:
        self._url = url
        self._host = _checked_host(url)
        self._source = source
        self._signer = None if secret is None else Signer(secret)
        self._pacing = pacing or SystemPacing()
        self._client = httpx.Client(
            headers={"user-agent": f"shipsync/{__version__}"},
            timeout=timeout_seconds,
            transport=transport,
            follow_redirects=False,
            # A proxy named in the environment is for the world outside, not for a receiver here.
            trust_env=not is_loopback(self._host),
        )
        self._longest = timeout_seconds * _DEADLINE_IN_TIMEOUTS
        self._deadline = Deadline(self._pacing)
        bind(self._client, self._deadline)

    def put(self, events: Sequence[ChangeEvent]) -> Verdict:
        """Post ``events`` once; an answer that is lost counts as refused, so they may come twice."""
        body = b"[" + b",".join(cloud_line(event, self._source) for event in events) + b"]"
        headers = {"content-type": CONTENT_TYPE}
        message_id = _message_id(events)
        if self._signer is None:
            headers["webhook-id"] = message_id
        else:
            headers |= self._signer.headers(message_id, self._pacing.now(), body)
        try:
            with (
                self._deadline.within(self._longest),
                self._client.stream("POST", self._url, content=body, headers=headers) as response,
            ):
                return self._judged(response)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return Away(f"{self._host} took no connection")
        except httpx.TimeoutException:
            return Refused(f"{self._host} gave no answer in time")
        except httpx.HTTPError as error:
            return Refused(f"{self._host} broke off ({type(error).__name__})")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _judged(self, response: httpx.Response) -> Verdict:
        status = response.status_code
        said = f"{self._host} answered {status}"
        if response.is_success:
            return Taken()
        if status == httpx.codes.GONE:
            return Gone(said)
        if status in _AWAY:
            return Away(said, _asked_wait(response.headers.get("retry-after", "")))
        if response.has_redirect_location:
            return Away(f"{said}, a redirect, which is not followed", is_hopeless=True)
        if status in _HOPELESS:
            return Away(f"{said}, so the address or the secret is wrong", is_hopeless=True)
        return Refused(said)


class Signer:
    """Signs bodies with one secret. Raises ``ConfigurationError`` for one that can't be used."""

    def __init__(self, secret: Secret) -> None:
        text = secret.reveal().removeprefix(_PREFIX)
        try:
            self._key = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            self._key = b""
        if len(self._key) < _LEAST_BYTES:
            raise ConfigurationError(
                f"deliver_secret must be base64 of at least {_LEAST_BYTES} random bytes, such as "
                "`openssl rand -base64 32` gives, with or without whsec_ before it."
            )

    def headers(self, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
        """The three headers of a message; ``at`` is when this attempt is made."""
        timestamp = str(int(at.timestamp()))
        signed = b".".join((message_id.encode(), timestamp.encode(), body))
        digest = hmac.new(self._key, signed, hashlib.sha256).digest()
        return {
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        }


def _message_id(events: Sequence[ChangeEvent]) -> str:
    """The same for the same events, so that a receiver can tell a repeated batch."""
    text = "/".join(event.event_id for event in events)
    return f"msg_{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _asked_wait(retry_after: str) -> float:
    return min(float(retry_after), _LONGEST_WAIT_ASKED) if retry_after.isdecimal() else 0.0


def _checked_host(url: str) -> str:
    # Path and query of an address may be what authorises a sender: only the host is ever shown.
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise UsageError(
            "The address to deliver to can't be read; give https://HOST/PATH."
        ) from None
    if parts.scheme == "https" and host:
        return host
    if parts.scheme == "http" and is_loopback(host):
        return host
    raise UsageError(
        f"Events are not sent to {host or 'an address without a host'} over {parts.scheme}; give an "
        "address that begins with https://, or http:// for this machine."
    )
