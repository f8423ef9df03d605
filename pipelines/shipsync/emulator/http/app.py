"""The HTTP face of an account: every request is answered here.

::

    App.handle(request) -> response
      late changes show ─▶ faults before ─▶ checks: key, rate, route, shape ─▶ the route: state
                                                 ─▶ faults on the answer ─▶ Date header, log
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from random import Random

from shipsync.emulator.account.account import Account
from shipsync.emulator.account.collection import Selections
from shipsync.emulator.http import fault_effects
from shipsync.emulator.http.checks import Gate
from shipsync.emulator.http.faults import Fault, FaultKind, Faults
from shipsync.emulator.http.limiter import Limiter
from shipsync.emulator.http.paging import PageLimit
from shipsync.emulator.http.problems import RefusedError
from shipsync.emulator.http.request import IncomingRequest, Logged, Response, new_request_id
from shipsync.emulator.http.routing import Call, RouteTable
from shipsync.emulator.timestamps import http_date


class App:
    """Answers requests from an account, and holds what belongs to HTTP alone.

    ``rate_clock`` is what the rate limit counts seconds by, the account's clock when not given. Keys
    in ``denied_keys`` answer 403. After each write the account's clock moves on by
    ``seconds_per_write``: on a clock that stands still, what is written would otherwise carry the
    very instant at which the next reader stops reading. ``faults`` are those still to come;
    ``requests`` is the log.
    """

    def __init__(
        self,
        account: Account,
        routes: RouteTable,
        *,
        api_keys: Iterable[str] = ("emulator-key",),
        denied_keys: Iterable[str] = (),
        rate_clock: Callable[[], float] | None = None,
        seconds_per_write: float = 0,
    ) -> None:
        self.account = account
        self._seconds_per_write = seconds_per_write
        self.faults = Faults()
        self.requests: list[Logged] = []
        per_minute = account.options.requests_per_minute
        seconds = rate_clock or (lambda: account.clock.now().timestamp())
        self._limiter = None if per_minute is None else Limiter(per_minute, seconds)
        self._gate = Gate(
            routes=routes,
            api_keys=frozenset(api_keys),
            denied_keys=frozenset(denied_keys),
            limiter=self._limiter,
            tells_retry_after=account.options.retry_after,
        )
        # Not the account's own: its ids do not depend on how many requests were answered.
        self._random = Random(account.seed + 1)
        self._selections = Selections()

    def handle(self, request: IncomingRequest) -> Response:
        """Answer one request; never raises for what a client may send."""
        with self.account.lock:
            self.account.orders.settle()
            faults = self.faults.strike(request)
            response = self._with_headers(self._answered(request, faults))
            self.requests.append(
                Logged(
                    at=self.account.clock.now(),
                    method=request.method,
                    path=request.path,
                    query=request.query,
                    status=response.status,
                    fault="+".join(fault.kind for fault in faults) or None,
                )
            )
            if request.method != "GET":
                self.account.clock.advance(seconds=self._seconds_per_write)
            return response

    def _answered(self, request: IncomingRequest, faults: Sequence[Fault]) -> Response:
        for fault in faults:
            fault_effects.before(self.account, fault, request, self._random)
        for fault in faults:
            answer = fault_effects.instead(self.account, fault, self._random)
            if answer is not None:
                return answer
        small = [fault for fault in faults if fault.kind is FaultKind.SMALL_PAGES]
        limit = PageLimit(small[0].page_size, small[0].oversized) if small else None
        response = self._routed(request, limit)
        plain = response
        for fault in faults:
            struck = fault_effects.Struck(self.account, self.faults, fault, request)
            response = fault_effects.after(struck, response)
        fault_effects.remember(self.faults, request, plain)
        return response

    def _routed(self, request: IncomingRequest, limit: PageLimit | None) -> Response:
        try:
            admitted = self._gate.admit(request)
            call = Call(
                request=request,
                ids=admitted.ids,
                query=admitted.query,
                body=admitted.body,
                random=self._random,
                selections=self._selections,
                page_limit=limit,
            )
            return admitted.route.answer(self.account, call)
        except RefusedError as refusal:
            request_id = new_request_id(self._random)
            return refusal.response(request_id, self.account.options.error_source)

    def _with_headers(self, response: Response) -> Response:
        headers = {"date": http_date(self.account.clock.now()), **response.headers}
        if self._limiter is not None and self.account.options.rate_limit_headers:
            headers["x-rate-limit-limit"] = str(self._limiter.per_minute)
            headers["x-rate-limit-remaining"] = str(self._limiter.remaining)
            headers["x-rate-limit-reset"] = str(self._limiter.resets_in)
        return Response(response.status, response.body, headers, response.breakage)
