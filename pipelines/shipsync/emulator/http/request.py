"""The one form in which the account meets HTTP: everything in front of it turns into this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from types import MappingProxyType
from typing import Protocol
from urllib.parse import parse_qsl
from uuid import UUID

import pendulum

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class IncomingRequest:
    """A request: path without query, header names in lower case, query as it came."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_HEADERS)
    body: bytes = b""

    def parameters(self) -> list[tuple[str, str]]:
        """Query parameters in their order, decoded; those without a value are kept."""
        return parse_qsl(self.query, keep_blank_values=True)


class Breakage(StrEnum):
    """How a connection fails instead of, or while, carrying the answer."""

    RESET = "reset"
    """The peer closes without answering."""
    SILENCE = "silence"
    """Nothing comes until the client gives up."""
    CUT = "cut"
    """The body ends before the length that was announced."""


@dataclass(frozen=True)
class Response:
    """An answer; with ``breakage`` the transport breaks the connection in that way instead."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_HEADERS)
    breakage: Breakage | None = None


class Answers(Protocol):
    """Whoever answers requests: an ``App``, or an account with one in front."""

    def handle(self, request: IncomingRequest) -> Response:
        """Answer one request."""
        ...


@dataclass(frozen=True)
class Logged:
    """A line of the account's request log; ``fault`` names the faults that were applied."""

    at: pendulum.DateTime
    method: str
    path: str
    query: str
    status: int
    fault: str | None


def new_request_id(random: Random) -> UUID:
    """A uuid for an answer."""
    return UUID(int=random.getrandbits(128), version=4)
