"""How many rows to ask a list for: what its documentation allows, less what the server has refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

SMALLER: Final = (250, 100, 50, 25, 10)
"""Sizes to try where a larger one was refused."""


@dataclass(frozen=True)
class LearntSize:
    """The page size that the list at ``path`` accepted when it had refused pages of ``refused`` rows."""

    path: str
    accepted: int
    refused: int


class PageSizes:
    """What page sizes the lists of one account take.

    ``learnt`` is what is known beforehand, by path; ``tell`` is called with what is learnt.
    """

    def __init__(self) -> None:
        self._learnt: dict[str, LearntSize] = {}
        self._taken: dict[str, int] = {}
        self.tell: Callable[[LearntSize], None] | None = None

    def know(self, learnt: Mapping[str, LearntSize]) -> None:
        """Take over what was learnt before."""
        self._learnt = {**learnt, **self._learnt}

    def allowed(self, path: str, wanted: int) -> int:
        """``wanted``, or the accepted size if the list at ``path`` has refused so many."""
        learnt = self._learnt.get(path)
        return wanted if learnt is None or wanted < learnt.refused else min(wanted, learnt.accepted)

    def took(self, path: str, size: int, refused: int | None = None) -> None:
        """A page of ``size`` was given, after one of ``refused`` rows had been refused, if any was."""
        self._taken[path] = max(size, self._taken.get(path, 0))
        if refused is None:
            return
        learnt = LearntSize(path, size, refused)
        self._learnt[path] = learnt
        if self.tell is not None:
            self.tell(learnt)

    def has_taken(self, path: str, size: int) -> bool:
        """Whether so large a page was given before: then a refusal means something else."""
        return size <= self._taken.get(path, 0)
