"""A job while it goes on, on a terminal's standard error; in a pipe nothing is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from shipsync.cli import output

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from shipsync.sync.reports import StreamReport, SyncProgress
    from shipsync.warehouse.recording import BuildProgress


@contextmanager
def shown(requests_per_minute: int, only: Sequence[str] | None = None) -> Iterator[SyncProgress]:
    """Where a sync reports its progress: bars that vanish with the block, if there is a terminal.

    Something moves from the first moment on. ``only`` are the streams that it reads (None: all); the time
    that is left is told by the requests still to be made at ``requests_per_minute``.
    """
    if not output.is_watched():
        from shipsync.sync.reports import NoProgress

        yield NoProgress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn
    from rich.progress import Progress as Bars

    from shipsync.sources.streams import STREAMS

    bars = Bars(
        SpinnerColumn(finished_text=" "),
        TextColumn("{task.description:<26}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[counts]}"),
        console=Console(stderr=True),
        transient=True,
    )
    with bars:
        yield _Drawn(bars, len(only or STREAMS), requests_per_minute)


@contextmanager
def steps() -> Iterator[Callable[[str], None]]:
    """What to tell the step to that a command is at: a spinner with its words, nothing in a pipe."""
    if not output.is_watched():
        yield lambda words: None
        return
    from rich.console import Console

    with Console(stderr=True).status("begins") as status:
        yield lambda words: status.update(words)


@contextmanager
def models() -> Iterator[BuildProgress]:
    """Where a build by itself reports its progress: which model of how many, nothing in a pipe."""
    with steps() as step:
        yield _Steps(step)


def beside(shown: SyncProgress) -> BuildProgress:
    """Where the build after a sync reports its progress: below the streams."""
    from shipsync.warehouse.recording import NoBuildProgress

    return shown if isinstance(shown, _Drawn) else NoBuildProgress()


class _Steps:
    def __init__(self, step: Callable[[str], None]) -> None:
        self._step = step

    def building(self, step: str, *, done: int, total: int | None) -> None:
        """The words beside the spinner."""
        self._step(f"{done + 1:,} of {total:,}: {step}" if total else step)


class _Drawn:
    """One bar per stream, numbered; before the first, one that says that the database is opened."""

    def __init__(self, bars: Bars, streams: int, requests_per_minute: int) -> None:
        self._bars = bars
        self._streams = streams
        self._requests_per_minute = requests_per_minute
        self._tasks: dict[str, TaskID] = {}
        self._opening = bars.add_task("opening the database", total=None, counts="")

        self._models: TaskID | None = None

    def building(self, step: str, *, done: int, total: int | None) -> None:
        """The bar of the models shows which one of how many."""
        self._bars.update(self._opening, visible=False)
        if self._models is None:
            self._models = self._bars.add_task("models", total=None, counts="")
        of = f"{done + 1:,} of {total:,}: " if total else ""
        self._bars.update(self._models, completed=done, total=total, counts=f"{of}{step}")

    def began(self, stream: str) -> None:
        """A bar appears."""
        self._bars.update(self._opening, visible=False)
        named = f"{len(self._tasks) + 1:>2}/{self._streams} {stream}"
        self._tasks[stream] = self._bars.add_task(named, total=None, counts="")

    def advanced(
        self, stream: str, *, rows: int, expected: int | None, pages: int, requests: int
    ) -> None:
        """The bar moves, if its end is known."""
        of = f" of {expected:,}" if expected else ""
        left = self._time_left(rows, expected, requests)
        counts = f"rows {rows:,}{of}, pages {pages:,}, requests {requests:,}{left}"
        self._bars.update(self._tasks[stream], completed=rows, total=expected, counts=counts)

    def _time_left(self, rows: int, expected: int | None, requests: int) -> str:
        """The time that the account's rate asks for, by the rows that a request has brought so far."""
        if not expected or not rows or expected <= rows:
            return ""
        minutes = (expected - rows) * requests / rows / self._requests_per_minute
        return f", {minutes:.0f} min left" if minutes >= 1 else ", less than a minute left"

    def ended(self, report: StreamReport) -> None:
        """The bar is full and shows the outcome."""
        counts = f"rows {report.rows:,}, requests {report.requests:,}, {report.outcome}"
        task = self._tasks.get(report.stream)
        if task is not None:
            self._bars.update(task, completed=1, total=1, counts=counts)
