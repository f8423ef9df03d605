"""Faults on demand: which request they hit, and what goes wrong.

Add one with ``app.faults.add(Fault(FaultKind.SERVER_ERROR, path="/v2/shipments", count=3))``. Every
fault that matches a request is applied: those that change the account first, then the first that
answers in place of the account, else those that spoil the answer, in the order of adding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from random import Random
from typing import Any, Literal

from shipsync.emulator.http.request import IncomingRequest


class FaultKind(StrEnum):
    """What can go wrong. AFTER means: after the account did what it was asked to."""

    TOO_MANY_REQUESTS = "too_many_requests"
    """429; see ``retry_after`` and ``as_date``."""
    KEY_REFUSED = "key_refused"
    """401."""
    ACCESS_DENIED = "access_denied"
    """403."""
    SERVER_ERROR = "server_error"
    """500 with an empty body."""
    SERVER_ERROR_AFTER = "server_error_after"
    """The same, but what was asked for is done."""
    BAD_GATEWAY = "bad_gateway"
    """502 with an HTML page."""
    UNAVAILABLE = "unavailable"
    """503 with a line of text."""
    GATEWAY_TIMEOUT = "gateway_timeout"
    """504 with an HTML page."""
    RESET = "reset"
    """The connection is closed before anything was done."""
    RESET_AFTER = "reset_after"
    """The connection is closed in place of the answer."""
    TIMEOUT = "timeout"
    """No answer comes, and nothing was done."""
    TIMEOUT_AFTER = "timeout_after"
    """No answer comes, but what was asked for is done."""
    CUT_CONNECTION = "cut_connection"
    """The connection is closed in the middle of the body."""
    CUT_BODY = "cut_body"
    """A whole answer by its length, whose JSON stops in the middle."""
    HTML = "html"
    """200 with an HTML page."""
    NOT_JSON = "not_json"
    """200, said to be JSON, which it is not."""
    EMPTY = "empty"
    """200 with an empty body."""
    DRIFT = "drift"
    """``seconds`` pass and ``rows`` rows of the list change before each matching request."""
    LATE_COMMIT = "late_commit"
    """``rows`` shipments change; they carry a modified_at ``seconds`` ago."""
    CALL = "call"
    """``call`` is called with the account and the request, before anything else."""
    DUPLICATES = "duplicates"
    """A page begins with the last ``rows`` rows of the page served before it at this path."""
    MISSING_PAGE = "missing_page"
    """A page comes without rows; the totals are what they were."""
    STALE = "stale"
    """The first ``rows`` rows that ever changed come as they were before their last change."""
    UNKNOWN_FIELD = "unknown_field"
    """The first ``rows`` rows (or the one object) have a further ``field`` holding ``value``."""
    WRONG_TYPE = "wrong_type"
    """In the first ``rows`` rows ``field`` (dots lead inside) holds ``value``."""
    SMALL_PAGES = "small_pages"
    """Pages hold ``page_size`` rows at most; ``oversized`` says what a larger one gets."""


@dataclass(frozen=True)
class Fault:
    """One fault and the requests it hits.

    ``path`` is exact or a glob (``/v2/labels/*/track``); ``page`` restricts it to requests for that
    page. The first ``skip`` matching requests are spared, then ``count`` are hit (None: all), each
    with ``probability`` drawn from ``seed``.
    """

    kind: FaultKind
    path: str = "*"
    method: str | None = None
    page: int | None = None
    count: int | None = 1
    skip: int = 0
    probability: float = 1.0
    seed: int = 0
    retry_after: int | str | None = 1
    """Seconds, or the header's text as it is (``"soon"``), or None for no header."""
    as_date: bool = False
    """Give ``retry_after`` seconds as the date that is so far off on the account's clock."""
    rows: int = 1
    seconds: float = 0.05
    field: str = "unheard_of"
    value: Any = "unheard of"
    page_size: int = 50
    oversized: Literal["clamp", "refuse"] = "clamp"
    call: Callable[[Any, IncomingRequest], object] | None = None
    """Gets the account that the face answers for, and the request."""

    def matches(self, request: IncomingRequest) -> bool:
        """Whether it aims at this request."""
        if self.method not in (None, request.method) or not fnmatchcase(request.path, self.path):
            return False
        return self.page is None or self.page == _page(request)


def _page(request: IncomingRequest) -> int:
    text = dict(request.parameters()).get("page", "1")
    return int(text) if text.isdecimal() else 1


@dataclass
class _Armed:
    fault: Fault
    left: int | None
    to_skip: int
    random: Random = field(repr=False)

    def strikes(self, request: IncomingRequest) -> bool:
        if self.left == 0 or not self.fault.matches(request):
            return False
        if self.to_skip:
            self.to_skip -= 1
            return False
        if self.random.random() >= self.fault.probability:
            return False
        if self.left is not None:
            self.left -= 1
        return True


class Faults:
    """The faults that are still to come. Guarded by the account's lock."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []
        self.tails: dict[str, list[Any]] = {}
        """The rows last served at each path, kept while a DUPLICATES fault waits."""

    def add(self, *faults: Fault) -> None:
        """Arm faults."""
        for fault in faults:
            self._armed.append(_Armed(fault, fault.count, fault.skip, Random(fault.seed)))

    def clear(self) -> None:
        """Disarm all."""
        self._armed.clear()
        self.tails.clear()

    @property
    def waiting(self) -> Sequence[Fault]:
        """Faults that may still strike."""
        return [armed.fault for armed in self._armed if armed.left != 0]

    def strike(self, request: IncomingRequest) -> list[Fault]:
        """The faults that hit this request; their counts go down."""
        return [armed.fault for armed in self._armed if armed.strikes(request)]

    def remembers(self, path: str) -> bool:
        """Whether the rows served at a path are wanted for a later duplicate."""
        return any(
            fault.kind is FaultKind.DUPLICATES and fnmatchcase(path, fault.path)
            for fault in self.waiting
        )
