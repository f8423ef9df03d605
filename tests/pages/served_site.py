"""The site of the dashboard on a free port of this machine."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Thread

import uvicorn

from shipsync import clock
from shipsync.pages.site import site

TOKEN = "a-token-for-the-tests"


@contextmanager
def served(database: Path, now: Callable[[], datetime] = clock.now) -> Iterator[str]:
    """The site over ``database`` until the block ends; gives its address without a slash at the end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        pages = site(database, TOKEN, now, f"shipsync-{port}")
        server = uvicorn.Server(uvicorn.Config(pages, log_level="critical", access_log=False))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(timeout=30)
