"""An account whose answers a test can change on their way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from shipsync.emulator import Account, Transport

Change = Callable[[httpx.Request, httpx.Response], httpx.Response | None]


class Answering(Transport):
    """Hands every answer to ``change``, which gives another in its place, or None to let it pass."""

    def __init__(self, account: Account, change: Change) -> None:
        super().__init__(account)
        self._change = change

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        return self._change(request, response) or response


class Scripted(Transport):
    """Lets ``steps`` deal with one request of a method after the other; later ones reach the account.

    A step gives an answer, raises, or gives None to let the request through.
    """

    def __init__(
        self, account: Account, method: str, *steps: Callable[[], httpx.Response | None]
    ) -> None:
        super().__init__(account)
        self._method, self._steps = method, list(steps)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == self._method and self._steps:
            answer = self._steps.pop(0)()
            if answer is not None:
                return answer
        return super().handle_request(request)


def lost() -> httpx.Response:
    """An answer that never comes, of a request that may be on its way."""
    raise httpx.ReadTimeout("slow")


def refusal(status: int = 400, said: str = "No.", source: str = "ShipStation") -> httpx.Response:
    """The documented body of a refusal."""
    error = {
        "error_source": source,
        "error_type": "business_rules",
        "error_code": "unspecified",
        "message": said,
    }
    headers = {"retry-after": "1"} if status == httpx.codes.TOO_MANY_REQUESTS else {}
    return httpx.Response(status, json={"request_id": "r-1", "errors": [error]}, headers=headers)


def rows(of: str, edit: Callable[[dict[str, Any]], object], method: str = "GET") -> Change:
    """Edits the rows of every answer that lists ``of``."""

    def change(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if request.method != method or not response.content:
            return None
        body = response.json()
        if not isinstance(body, dict) or of not in body:
            return None
        for row in body[of]:
            edit(row)
        return httpx.Response(response.status_code, json=body, headers={"date": _date(response)})

    return change


def _date(response: httpx.Response) -> str:
    return str(response.headers.get("date", ""))
