"""A server of raw bytes on loopback: what no callable can play, a real socket can."""

from __future__ import annotations

import socketserver
import threading
from types import TracebackType
from typing import Self


def answer(
    body: bytes, *, status: int = 200, headers: str = "", length: int | None = None
) -> bytes:
    """An HTTP answer; ``length`` declares another length than the body has."""
    declared = len(body) if length is None else length
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {declared}\r\n{headers}\r\n"
    return head.encode() + body


class Wire:
    """Plays its answers one after the other, the last for ever, and notes what it got.

    ``received`` holds the requests, ``connections`` how many were made. A connection is kept while
    answers are whole; after one that is not, it is closed. ``endless`` is sent behind the last one for
    as long as anybody listens.
    """

    def __init__(self, *answers: bytes, endless: bytes = b"") -> None:
        self.received: list[bytes] = []
        self.connections = 0
        self._answers = answers
        self._endless = endless
        wire = self

        class Handler(socketserver.StreamRequestHandler):
            timeout = 10

            def handle(self) -> None:
                wire.connections += 1
                while wire._exchange(self):
                    pass

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def _exchange(self, handler: socketserver.StreamRequestHandler) -> bool:
        """One request and its answer; whether the connection goes on."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = handler.rfile.readline()
            if not line:
                return False
            head += line
        fields = (line.lower().split(b":") for line in head.splitlines() if b":" in line)
        lengths = [int(value[0]) for name, *value in fields if name == b"content-length"]
        self.received.append(head + handler.rfile.read(sum(lengths)))
        reply = self._answers[min(len(self.received), len(self._answers)) - 1]
        handler.wfile.write(reply)
        while self._endless and len(self.received) >= len(self._answers):
            try:
                handler.wfile.write(self._endless)
            except OSError:
                return False
        _, _, body = reply.partition(b"\r\n\r\n")
        return f"Content-Length: {len(body)}\r\n".encode() in reply

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
