"""Fetching the next page while the last one is being worked on."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
_END = object()


def ahead(items: Iterable[T], depth: int = 2) -> Iterator[T]:
    """``items`` in order, drawn by a thread of its own at most ``depth`` ahead of the reader.

    An error in ``items`` is raised where its item would have come. If the reader stops early, the
    thread draws no further.
    """
    waiting: queue.Queue[object] = queue.Queue(depth)
    stopped = threading.Event()

    def draw() -> None:
        last: object = _END
        try:
            for item in items:
                if not _put(waiting, item, stopped):
                    return
        except BaseException as error:
            last = _Failure(error)
        _put(waiting, last, stopped)

    thread = threading.Thread(target=draw, name="prefetch", daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not _END:
            if isinstance(item, _Failure):
                raise item.error
            yield item  # type: ignore[misc]
    finally:
        stopped.set()
        thread.join()


class _Failure:
    def __init__(self, error: BaseException) -> None:
        self.error = error


def _put(waiting: queue.Queue[object], item: object, stopped: threading.Event) -> bool:
    while not stopped.is_set():
        try:
            waiting.put(item, timeout=0.05)
        except queue.Full:
            continue
        return True
    return False
