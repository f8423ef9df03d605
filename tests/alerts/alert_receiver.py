"""A web server on loopback that takes alerts, or doesn't, as a test tells it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import orjson

# Answer with a status; take the request and never answer; answer a byte now and then; cut the connection.
Behaviour = int | Literal["hang", "trickle", "cut"]


@dataclass(frozen=True)
class Arrival:
    """One request as it came."""

    path: str
    content_type: str
    body: bytes
    authorization: str | None = None

    @property
    def json(self) -> Any:
        """Its body as JSON."""
        return orjson.loads(self.body)


@dataclass
class AlertReceiver:
    """``behaviour`` may be changed between requests; ``arrivals`` are all requests, answered or not."""

    behaviour: Behaviour = 200
    arrivals: list[Arrival] = field(default_factory=list)
    url: str = ""
    arrived: threading.Event = field(default_factory=threading.Event)

    def told(self) -> list[tuple[list[str], list[str]]]:
        """Of each message in our own form, the conditions that began and those that are over."""
        return [
            (
                [f"{a['condition']}/{a['subject']}" for a in arrival.json["began"]],
                [f"{a['condition']}/{a['subject']}" for a in arrival.json["over"]],
            )
            for arrival in self.arrivals
        ]


@contextmanager
def listening() -> Iterator[AlertReceiver]:
    """A receiver at work on a free port."""
    receiver = AlertReceiver()
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = (self.headers["content-type"], body, self.headers["authorization"])
            receiver.arrivals.append(Arrival(self.path, *headers))
            receiver.arrived.set()
            behaviour = receiver.behaviour
            if behaviour == "hang":
                over.wait()
            elif behaviour == "trickle":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nx: ")
                # Wakes at once when the test is over, or when the client has gone.
                while not over.wait(0.05) and self._still_takes(b"x"):
                    pass
            if isinstance(behaviour, int):
                self.send_response(behaviour)
                self.send_header("content-length", "0")
                self.end_headers()
            else:
                self.connection.shutdown(socket.SHUT_RDWR)

        def _still_takes(self, piece: bytes) -> bool:
            try:
                self.wfile.write(piece)
            except OSError:
                return False
            return True

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that has gone is no error here."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        receiver.url = f"http://127.0.0.1:{server.server_port}/alerts?token=not-to-be-shown"
        try:
            yield receiver
        finally:
            over.set()
            server.shutdown()
            thread.join()
