"""Small accounts to talk to: a callable that answers requests, and a session over it that never waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx

from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.connection import Connection, Secret

KEY = "kEy-9f27-not-to-be-seen"
SERVER_TIME = "Sun, 22 Nov 2026 19:26:17 GMT"

HTML = httpx.Response(200, html="<html>maintenance</html>")
CUT = httpx.Response(200, content=b'{"shipments": [{"shipm')
ENDS_EARLY = {
    "in a word": b'{"tags": [{"na',
    "in a text": b'{"tags": [{"name": "Ann',
    "in an escape": b'{"tags": [{"name": "\\u00',
    "in a number": b'{"tags": [{"tag_id": -1.',
    "behind a colon": b'{"tags": [{"name": ',
    "behind a row": b'{"tags": [{"name": "a"}',
    "behind a row and its comma": b'{"tags": [{"name": "a"}, ',
    "behind the list": b'{"tags": [{"name": "a"}]',
    "behind a row that is no JSON": b'{"tags": [{"name": none}, {',
    "behind a backslash that is none": b'{"tags": [{"name": "C:\\Users"}, {',
}
"""Bodies that are shorter than they were, though their length is as declared."""
THROTTLED = httpx.Response(429, headers={"retry-after": "7"})

App = Callable[[httpx.Request], httpx.Response]


def connection(**settings: Any) -> Connection:
    defaults = {"name": "default", "api_key": Secret(KEY), "database": Path("unused.duckdb")}
    return Connection(**(defaults | settings))


def open_session(
    app: App, *, pacing: JumpingPacing | None = None, **settings: Any
) -> tuple[Session, JumpingPacing]:
    """A session over ``app``, and the pacing whose clock it moves."""
    pacing = pacing or JumpingPacing()
    transport = httpx.MockTransport(app)
    return Session(connection(**settings), transport=transport, pacing=pacing), pacing


class Script:
    """Plays answers one after the other, the last one for ever; keeps the requests it got."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers[min(len(self.requests), len(self._answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        # A response can be read once; its stream of bytes is there to be read again.
        headers = answer.headers.multi_items()
        return httpx.Response(answer.status_code, headers=headers, stream=answer.stream)


def ok(body: object = None, **headers: str) -> httpx.Response:
    return httpx.Response(200, json={} if body is None else body, headers=headers)


def error_body(message: str, code: str = "invalid_field_value", **more: str) -> dict[str, object]:
    """An error body of the documented shape."""
    return {
        "request_id": "7a5b4c1e-0000-4000-8000-000000000001",
        "errors": [
            {"error_source": "shipstation", "error_type": "validation", "error_code": code}
            | {"message": message}
            | more
        ],
    }


class PagedList:
    """A list of ``rows`` served in pages as ShipStation does, with links to the next page.

    ``before_page`` is called with the page's number before it is cut, so that rows can move meanwhile.
    """

    def __init__(
        self,
        rows: Iterable[dict[str, object]],
        *,
        items_key: str = "products",
        largest: int = 500,
        host: str = "https://api.shipstation.com",
        last_next: Mapping[str, object] | None = None,
        before_page: Callable[[int, list[dict[str, object]]], None] | None = None,
    ) -> None:
        self.rows = list(rows)
        self.requests: list[httpx.Request] = []
        self._items_key = items_key
        self._largest = largest
        self._host = host
        self._last_next = last_next
        self._before_page = before_page

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        query = dict(request.url.params)
        number = int(query.get("page", 1))
        size = min(int(query.get("page_size", 25)), self._largest)
        if self._before_page is not None:
            self._before_page(number, self.rows)
        pages = -(-len(self.rows) // size)
        following: Mapping[str, object] | None = self._last_next
        if number < pages:
            kept = query | {"page": str(number + 1), "page_size": str(size)}
            href = f"{self._host}{request.url.path}?{httpx.QueryParams(kept)}"
            following = {"href": href}
        body = {
            self._items_key: self.rows[(number - 1) * size : number * size],
            "total": len(self.rows),
            "page": number,
            "pages": pages,
            "links": {"first": {}, "last": {}, "prev": {}, "next": following},
        }
        return httpx.Response(200, json=body, headers={"date": SERVER_TIME})


def products(count: int) -> list[dict[str, object]]:
    return [{"product_id": number} for number in range(count)]
