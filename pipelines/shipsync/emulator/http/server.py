"""The account behind a socket on loopback: an ASGI application and a uvicorn server in a thread."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

import uvicorn
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from shipsync.emulator.http.request import Answers, Breakage, IncomingRequest, Response

HOST = "127.0.0.1"

_ABORT = "shipsync.abort"


class _BreakableProtocol(H11Protocol):
    """uvicorn's protocol, with a way for the application to abort the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, _ABORT: transport.abort}


def asgi_app(account: Answers) -> ASGIApp:
    """The account as an ASGI application.

    Faults that break connections need ``serve``; under another server they raise RuntimeError.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        incoming = HttpRequest(scope, receive)
        try:
            body = await incoming.body()
        except ClientDisconnect:
            return
        response = account.handle(
            IncomingRequest(
                method=incoming.method,
                path=scope.get("raw_path", scope["path"].encode()).decode("ascii"),
                query=scope["query_string"].decode("latin-1"),
                headers=dict(incoming.headers),
                body=body,
            )
        )
        await _answer(response, scope, receive, send)

    return app


async def _answer(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    abort = scope.get("state", {}).get(_ABORT, _cannot_abort)
    if response.breakage is Breakage.SILENCE:
        try:
            await _disconnected(receive)
        except asyncio.CancelledError:  # The server stops: nobody shall take that for an answer.
            await _hang_up(abort, receive)
        return
    cut = response.breakage is Breakage.CUT
    if response.breakage is Breakage.RESET or (cut and not response.body):
        await _hang_up(abort, receive)
        return
    body = response.body[: len(response.body) // 2] if cut else response.body
    headers = [(name.encode(), value.encode()) for name, value in response.headers.items()]
    headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": cut})
    if cut:
        await _hang_up(abort, receive)


async def _hang_up(abort: Callable[[], None], receive: Receive) -> None:
    # uvicorn answers 500 for an application that returns without an answer on an open connection.
    abort()
    await _disconnected(receive)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


def _cannot_abort() -> None:
    raise RuntimeError("this server cannot break connections; use shipsync.emulator.serve")


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


Face = TypeVar("Face", bound=Answers)


@dataclass(frozen=True)
class Served(Generic[Face]):
    """A running server and the account that it serves; ``url`` has no trailing slash."""

    account: Face
    url: str


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        raise
    return listener


def _server(account: Answers) -> _Server:
    return _Server(
        uvicorn.Config(
            asgi_app(account),
            http=_BreakableProtocol,
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            date_header=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
    )


@contextmanager
def serve(account: Face, port: int = 0) -> Iterator[Served[Face]]:
    """Serve the account on 127.0.0.1 from a thread until the block ends; port 0 takes a free one.

    OSError when the port is taken.
    """
    listener = _listen(port)
    server = _server(account)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        while not server.ready.wait(timeout=0.5):
            if not thread.is_alive():
                raise RuntimeError(f"the server on port {port} did not start")
        yield Served(account, f"http://{HOST}:{listener.getsockname()[1]}")
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join()
        listener.close()
