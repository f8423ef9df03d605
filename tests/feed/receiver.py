"""A web server on loopback that takes batches of events, or doesn't, as a test tells it."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import orjson

KEY = base64.b64encode(bytes(range(32))).decode()
"""What deliveries to it are signed with."""

# What to do with a batch: answer with a status; take it and answer too late, or lose the answer; or cut
# the connection and take nothing.
ReceiverAction = int | Literal["too late", "lost", "cut"]


@dataclass(frozen=True)
class Message:
    """One request as it came."""

    headers: dict[str, str]
    body: bytes
    action: ReceiverAction

    @property
    def events(self) -> list[dict[str, Any]]:
        """The CloudEvents in it."""
        found: list[dict[str, Any]] = orjson.loads(self.body)
        return found

    @property
    def ids(self) -> list[str]:
        """Their ids."""
        return [event["id"] for event in self.events]


@dataclass
class Receiver:
    """``decide`` is asked what to do with each batch, by its number from 1 and its event ids."""

    decide: Callable[[int, list[str]], ReceiverAction] = lambda number, ids: 204
    retry_after: str | None = None
    messages: list[Message] = field(default_factory=list)
    url: str = ""

    def taken(self) -> list[dict[str, Any]]:
        """Every event it acted on, repeats included, in the order of arrival."""
        return [
            event
            for message in self.messages
            if message.action in ("too late", "lost")
            or (message.action != "cut" and message.action < 300)
            for event in message.events
        ]

    def ids(self) -> list[str]:
        """Event ids it acted on, each when it first came: what a receiver that keeps ids has seen."""
        return list(dict.fromkeys(event["id"] for event in self.taken()))


def assert_in_order_within_shipments(receiver: Receiver) -> None:
    """Of each shipment, a receiver that keeps ids saw the events in their order."""
    first_seen = {event["id"]: event for event in reversed(receiver.taken())}
    for shipment in {event["partitionkey"] for event in first_seen.values()}:
        numbers = [
            first_seen[key]["data"]["sequence"]
            for key in receiver.ids()
            if first_seen[key]["partitionkey"] == shipment
        ]
        assert numbers == sorted(numbers)


@contextmanager
def listening(receiver: Receiver) -> Iterator[Receiver]:
    """``receiver`` at work on a free port."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            ids = [event["id"] for event in orjson.loads(body)]
            action = receiver.decide(len(receiver.messages) + 1, ids)
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.messages.append(Message(headers, body, action))
            if action == "too late":
                over.wait()
            if isinstance(action, str):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(action)
            if receiver.retry_after is not None:
                self.send_header("retry-after", receiver.retry_after)
            if action == 302:
                self.send_header("location", receiver.url + "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        receiver.url = f"http://127.0.0.1:{server.server_port}/hook?token=not-to-be-shown"
        try:
            yield receiver
        finally:
            over.set()
            server.shutdown()
            thread.join()
