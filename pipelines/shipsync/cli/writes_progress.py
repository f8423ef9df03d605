"""How far planning and applying are: a line on standard error, when somebody watches it on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from shipsync.cli import output

if TYPE_CHECKING:
    from rich.progress import Progress

    from shipsync.reverse.outbox.rollout import WriteProgress
    from shipsync.reverse.plan.progress import PlanProgress


@contextmanager
def planning() -> Iterator[PlanProgress]:
    """What to tell the progress of planning to."""
    from shipsync.reverse.plan.progress import unwatched

    if not output.is_watched():
        yield unwatched
        return
    bars = _bars("plan")
    task = bars.add_task("plan", total=None, counts="")

    def show(step: str, done: int, total: int | None) -> None:
        of = "" if total is None else f" of {total:,}"
        counts = f"{done:,}{of} rows {step}" if done else f"rows being {step}"
        bars.update(task, completed=done, total=total, counts=counts)

    with bars:
        yield show


@contextmanager
def applying(what: str) -> Iterator[Callable[[WriteProgress], None]]:
    """What to tell an apply's progress to; ``what`` is the name that the bar has."""
    if not output.is_watched():
        yield lambda _: None
        return
    bars = _bars(what)
    task = bars.add_task(what, total=None, counts="")

    def show(progress: WriteProgress) -> None:
        states = "".join(f", {n:,} {state.value}" for state, n in progress.counts.items())
        counts = f"{progress.done:,} of {progress.total:,} rows{states}"
        bars.update(task, completed=progress.done, total=progress.total, counts=counts)

    with bars:
        yield show


def _bars(name: str) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn(name),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[counts]}"),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        transient=True,
    )
