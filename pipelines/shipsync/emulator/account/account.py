"""A ShipStation v2 account in a process: its state, its clock, its journal and its HTTP face.

::

    account.handle(request) -> response
      late changes show ─▶ faults before ─▶ checks: key, rate, route, shape ─▶ the route: state
                                                 ─▶ faults on the answer ─▶ Date header, log
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID

import pendulum

from shipsync.emulator.account.options import Options
from shipsync.emulator.account.orders import Orders
from shipsync.emulator.account.state import START
from shipsync.emulator.account.stockroom import Stockroom
from shipsync.emulator.http import fault_effects
from shipsync.emulator.http.checks import checked
from shipsync.emulator.http.faults import Fault, FaultKind, Faults
from shipsync.emulator.http.limiter import Limiter
from shipsync.emulator.http.listing import Selections
from shipsync.emulator.http.paging import PageLimit
from shipsync.emulator.http.problems import RefusedError
from shipsync.emulator.http.request import IncomingRequest, Logged, Response
from shipsync.emulator.timestamps import http_date


class Account(Orders, Stockroom):
    """One account. ``options`` choose behaviours that nobody has established.

    ``elapsed`` makes the clock run (``time.monotonic``); ``rate_clock`` is what the rate limit
    counts seconds by, the account's clock when not given. Keys in ``denied_keys`` answer 403.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        options: Options | None = None,
        start: pendulum.DateTime = START,
        api_keys: Iterable[str] = ("emulator-key",),
        denied_keys: Iterable[str] = (),
        elapsed: Callable[[], float] | None = None,
        rate_clock: Callable[[], float] | None = None,
    ) -> None:
        super().__init__(seed=seed, options=options, start=start, elapsed=elapsed)
        self.api_keys = frozenset(api_keys)
        self.denied_keys = frozenset(denied_keys)
        self.requests: list[Logged] = []
        self.dice = Random(seed + 1)
        self.selections = Selections()
        self.faults = Faults()
        self.webhooks: dict[str, dict[str, Any]] = {}
        self.rates: dict[str, dict[str, Any]] = {}
        self.rates_pending: dict[str, int] = {}
        per_minute = self.options.requests_per_minute
        seconds = rate_clock or (lambda: self.clock.now().timestamp())
        self.limiter = None if per_minute is None else Limiter(per_minute, seconds)

    def request_id(self) -> UUID:
        """A uuid for an answer; other ids of the account do not depend on how many were drawn."""
        return UUID(int=self.dice.getrandbits(128), version=4)

    def handle(self, request: IncomingRequest) -> Response:
        """Answer one request; never raises for what a client may send."""
        with self.lock:
            self.settle()
            faults = self.faults.strike(request)
            response = self._with_headers(self._answered(request, faults))
            self.requests.append(
                Logged(
                    at=self.clock.now(),
                    method=request.method,
                    path=request.path,
                    query=request.query,
                    status=response.status,
                    fault="+".join(fault.kind for fault in faults) or None,
                )
            )
            return response

    def _answered(self, request: IncomingRequest, faults: Sequence[Fault]) -> Response:
        for fault in faults:
            fault_effects.before(self, fault, request)
        for fault in faults:
            answer = fault_effects.instead(self, fault)
            if answer is not None:
                return answer
        small = [fault for fault in faults if fault.kind is FaultKind.SMALL_PAGES]
        limit = PageLimit(small[0].page_size, small[0].oversized) if small else None
        response = self._routed(request, limit)
        plain = response
        for fault in faults:
            response = fault_effects.after(self, fault, request, response)
        fault_effects.remember(self, request, plain)
        return response

    def _routed(self, request: IncomingRequest, limit: PageLimit | None) -> Response:
        try:
            route, call = checked(self, request)
            return route.answer(self, replace(call, page_limit=limit))
        except RefusedError as refusal:
            return refusal.response(self.request_id())

    def _with_headers(self, response: Response) -> Response:
        headers = {"date": http_date(self.clock.now()), **response.headers}
        if self.limiter is not None and self.options.rate_limit_headers:
            headers["x-rate-limit-limit"] = str(self.limiter.per_minute)
            headers["x-rate-limit-remaining"] = str(self.limiter.remaining)
            headers["x-rate-limit-reset"] = str(self.limiter.resets_in)
        return Response(response.status, response.body, headers, response.breakage)
