"""The pages as one site on this machine, for whoever has the address with its token.

A page is kept as long as neither the database nor its copy for readers changes, and for five minutes at most,
for it says how old its data is. Who comes with the token gets a cookie; everybody else is refused, and so is
a request that names another host, as a foreign page might make it after binding its name to this machine.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock, Thread
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from shipsync.errors import ShipsyncError
from shipsync.pages import catalogue, html
from shipsync.pages.content import Notice, Page, Tone
from shipsync.warehouse import read_copy
from shipsync.warehouse.copies import state_of

KEPT_MINUTES: Final = 5
MOST_KEPT: Final = 64
_LINKS: Final = (("/", "Start"), *((f"/{kind.name}", kind.title) for kind in catalogue.PAGES))


@dataclass
class Shelf:
    """The pages of ``database``, each read and drawn once for each state of the file."""

    database: Path
    now: Callable[[], datetime]
    _kept: dict[tuple[object, ...], str] = field(default_factory=dict)
    _pages: dict[tuple[object, ...], Page] = field(default_factory=dict)
    _locks: dict[str, Lock] = field(
        default_factory=lambda: {kind.name: Lock() for kind in catalogue.PAGES}
    )
    _is_closed: bool = False
    _preparing: Thread | None = None

    def start(self) -> str:
        """The start page, at once: of a page that was not read yet it has no count.

        Raises ``DatabaseError`` when the file can't be read.
        """
        state = self._state()
        leads = [(kind, self._pages.get((kind.name, "", *state))) for kind in catalogue.PAGES]
        if not all(page for _, page in leads):
            self.prepare()
        return html.start_page(leads, catalogue.heading(self.database, self.now()), _LINKS)

    def document(self, name: str, asked: str) -> str:
        """Page ``name``; errors as ``catalogue.read``."""
        key = (name, asked, *self._state())
        if key not in self._kept:
            drawn = html.site_page(self._page(name, asked), _LINKS)
            self._kept = {**dict(list(self._kept.items())[-MOST_KEPT:]), key: drawn}
        return self._kept[key]

    def _page(self, name: str, asked: str) -> Page:
        key = (name, asked, *self._state())
        # One page waits for no other.
        with self._locks[name]:
            if key not in self._pages:
                read = catalogue.read(self.database, name, self.now(), asked=asked)
                self._pages = {**dict(list(self._pages.items())[-MOST_KEPT:]), key: read}
            return self._pages[key]

    def _state(self) -> tuple[object, ...]:
        age = int(self.now().timestamp()) // (60 * KEPT_MINUTES)
        return (age, state_of(self.database), state_of(read_copy.path_of(self.database)))

    def prepare(self) -> None:
        """Read and draw every page in a thread of its own, unless one is at it: a look finds it ready."""
        if self._preparing is not None and self._preparing.is_alive():
            return
        # No daemon: what DuckDB and the painter do in it must not be cut off by the end of the process.
        self._preparing = Thread(target=self._prepare)
        self._preparing.start()

    def wait(self) -> bool:
        """Wait until the pages that are being read are; whether any were asked for."""
        if self._preparing is not None:
            self._preparing.join()
        return self._preparing is not None

    def close(self) -> None:
        """Prepare no further page."""
        self._is_closed = True

    def _prepare(self) -> None:
        for kind in catalogue.PAGES:
            if self._is_closed:
                return
            try:
                self.document(kind.name, "")
            except ShipsyncError:
                # Whoever opens the page is told.
                return


def site(database: Path, token: str, now: Callable[[], datetime], cookie: str) -> Starlette:
    """The site over ``database``; ``cookie`` is the name of the cookie that holds ``token``."""
    shelf = Shelf(database, now)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        shelf.prepare()
        yield
        shelf.close()

    def start(_: Request) -> Response:
        return _answered(shelf.start)

    def page(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in {kind.name for kind in catalogue.PAGES}:
            return PlainTextResponse("There is no such page.", status_code=404)
        asked = request.query_params.get("q", "")[:200]
        return _answered(lambda: shelf.document(name, asked))

    async def admit(
        request: Request, proceed: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        return await _admitted(request, proceed, token, cookie)

    return Starlette(
        routes=[Route("/", start), Route("/{name}", page)],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"]),
            Middleware(BaseHTTPMiddleware, dispatch=admit),
        ],
        lifespan=lifespan,
    )


async def _admitted(
    request: Request, proceed: Callable[[Request], Awaitable[Response]], token: str, cookie: str
) -> Response:
    given = request.query_params.get("access_token")
    if given is not None and secrets.compare_digest(given.encode(), token.encode()):
        answer: Response = RedirectResponse(request.url.path, status_code=303)
        answer.set_cookie(cookie, token, httponly=True, samesite="strict")
    elif secrets.compare_digest(request.cookies.get(cookie, "").encode(), token.encode()):
        answer = await proceed(request)
    else:
        answer = PlainTextResponse(
            "Open the address that `shipsync dashboard` printed, with its token.", status_code=401
        )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Security-Policy"] = f"{html.content_policy()}; frame-ancestors 'none'"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _answered(make: Callable[[], str]) -> Response:
    try:
        return HTMLResponse(make())
    except ShipsyncError as error:
        return HTMLResponse(html.failure(Notice(Tone.ALARM, str(error)), _LINKS), status_code=503)
