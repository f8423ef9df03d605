"""How far planning has come: a million rows take minutes, and somebody may watch.

This is a module of its own because reading, planning and writing a plan all report through it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias, TypeVar

T = TypeVar("T")

PlanProgress: TypeAlias = Callable[[str, int, int | None], None]
"""Takes what is being done, how many rows are through, and of how many; None where nobody knows."""

_EVERY = 2_000


def unwatched(step: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""


def watched(
    items: Iterable[T], progress: PlanProgress, step: str, total: int | None
) -> Iterator[T]:
    """The items as they are; says at the beginning, now and then, and at the end how many are through."""
    progress(step, 0, total)
    done = 0
    for done, item in enumerate(items, start=1):
        yield item
        if done % _EVERY == 0:
            progress(step, done, total)
    progress(step, done, total)
