"""A sync while it goes on, on a terminal's standard error; in a pipe nothing is shown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from shipsync.sync.reports import StreamReport, SyncProgress


@contextmanager
def shown() -> Iterator[SyncProgress]:
    """Where a sync reports its progress: bars that vanish with the block, if there is a terminal."""
    if not sys.stderr.isatty():
        from shipsync.sync.reports import NoProgress

        yield NoProgress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.description:<20}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[counts]}"),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        transient=True,
    )
    with bars:
        yield _Drawn(bars)


@contextmanager
def steps() -> Iterator[Callable[[str], None]]:
    """What to tell the step to that a command is at: a spinner with its words, nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda words: None
        return
    from rich.console import Console

    with Console(stderr=True).status("begins") as status:
        yield lambda words: status.update(words)


class _Drawn:
    """One bar per stream."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def began(self, stream: str) -> None:
        """A bar appears."""
        self._tasks[stream] = self._bars.add_task(stream, total=None, counts="")

    def advanced(
        self, stream: str, *, rows: int, expected: int | None, pages: int, requests: int
    ) -> None:
        """The bar moves, if its end is known."""
        of = f" of {expected:,}" if expected else ""
        counts = f"rows {rows:,}{of}, pages {pages:,}, requests {requests:,}"
        self._bars.update(self._tasks[stream], completed=rows, total=expected, counts=counts)

    def ended(self, report: StreamReport) -> None:
        """The bar is full and shows the outcome."""
        counts = f"rows {report.rows:,}, requests {report.requests:,}, {report.outcome}"
        task = self._tasks.get(report.stream)
        if task is not None:
            self._bars.update(task, completed=1, total=1, counts=counts)
