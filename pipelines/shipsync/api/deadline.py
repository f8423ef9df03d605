"""A deadline for a request as a whole: httpx bounds only the wait for each byte that comes.

A server that sends one byte every few seconds, in the body, in the headers or in the TLS handshake,
never runs into a timeout. So every operation on the network is given the time that is left of its
request at most, and none once that is used up.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

from shipsync.clock import Pacing


class Deadline:
    """The deadline of the request that each thread is at; a thread has one request at a time."""

    def __init__(self, pacing: Pacing) -> None:
        self._pacing = pacing
        self._of_thread = threading.local()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """What the block asks of the network is over after ``seconds``."""
        self._of_thread.ends_at = self._pacing.monotonic() + seconds
        try:
            yield
        finally:
            self._of_thread.ends_at = None

    def left(self) -> float | None:
        """The seconds that are left, 0 or less when it is over; None outside of a request."""
        ends_at: float | None = getattr(self._of_thread, "ends_at", None)
        return None if ends_at is None else ends_at - self._pacing.monotonic()

    @property
    def is_over(self) -> bool:
        """Whether this thread's request has used up its time."""
        left = self.left()
        return left is not None and left <= 0


def bind(client: httpx.Client, deadline: Deadline) -> None:
    """Have ``deadline`` kept by every connection that ``client`` opens, through a proxy too."""
    # httpcore takes a backend where a pool is made, but httpx, which makes them, hands none on.
    transports = (client._transport, *client._mounts.values())
    pools = [getattr(transport, "_pool", None) for transport in transports]
    for pool in pools:
        if isinstance(pool, httpcore.ConnectionPool):
            pool._network_backend = _Backend(deadline)


class _Backend(httpcore.NetworkBackend):
    """The network as it is, but that nothing goes past the deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection, made in the time that is left."""
        left = _at_most(self._deadline, timeout, httpcore.ConnectTimeout)
        stream = self._network.connect_tcp(
            host, port, left, local_address=local_address, socket_options=socket_options
        )
        return _Stream(stream, self._deadline)


class _Stream(httpcore.NetworkStream):
    """One connection; it may serve many requests, one after the other."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What comes in the time that is left."""
        left = _at_most(self._deadline, timeout, httpcore.ReadTimeout)
        return self._stream.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send in the time that is left."""
        self._stream.write(buffer, _at_most(self._deadline, timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """The handshake as a whole has the time that is left."""
        try:
            left = _at_most(self._deadline, timeout, httpcore.ConnectTimeout)
        except httpcore.ConnectTimeout:
            # The network closes what it can't secure, and so does this; nobody else does.
            self._stream.close()
            raise
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """What the connection tells of itself."""
        return self._stream.get_extra_info(info)


def _at_most(
    deadline: Deadline, timeout: float | None, error: type[httpcore.TimeoutException]
) -> float | None:
    left = deadline.left()
    if left is None:
        return timeout
    if left <= 0:
        raise error("the request has used up its time")
    return left if timeout is None else min(left, timeout)
