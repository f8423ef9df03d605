"""The httpx clients of a session: address, time limits, headers, and where the key goes."""

from __future__ import annotations

import logging
from collections.abc import Generator

import httpx

from shipsync.api.deadline import Deadline, bind
from shipsync.connection import Connection, Secret
from shipsync.version import __version__

# A kept connection may be closed by the server just as a request leaves on it, and nobody can tell
# then whether it was received. That is harmless for reads; each write gets a connection of its own.
_KEPT = httpx.Limits(max_connections=8, max_keepalive_connections=8)
_FRESH = httpx.Limits(max_connections=8, max_keepalive_connections=0)

# At DEBUG httpcore logs headers as they stand, at INFO httpx logs the query and the status line: a server
# may repeat the key in any of it, and a query may name a buyer.
logging.getLogger("httpcore").setLevel(logging.WARNING)
logging.getLogger("httpx").setLevel(logging.WARNING)


class _KeyHeader(httpx.Auth):
    """Puts the key on a request at the last moment, so that no list of default headers holds it."""

    def __init__(self, key: Secret) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["api-key"] = self._key.reveal()
        yield request


def open_client(
    connection: Connection,
    transport: httpx.BaseTransport | None,
    deadline: Deadline,
    *,
    keep_alive: bool,
) -> httpx.Client:
    """A client for one account, over ``transport`` or, if that is None, over the network.

    It follows no redirect: one would carry the key to another address. Over the network it keeps
    ``deadline``.
    """
    client = httpx.Client(
        base_url=connection.base_url,
        auth=_KeyHeader(connection.api_key),
        headers={
            "user-agent": f"shipsync/{__version__}",
            "accept": "application/json",
            "accept-encoding": "gzip, deflate",
        },
        timeout=connection.timeout_seconds,
        limits=_KEPT if keep_alive else _FRESH,
        transport=transport,
        follow_redirects=False,
        # A proxy named in the environment is for the world outside, not for the emulator here.
        trust_env=not connection.on_loopback,
    )
    bind(client, deadline)
    return client
