"""What reading the account says of a write.

After a lost answer a reading comes to a ``Finding``: the write was made, it was not, or nobody can tell.
After an apply it comes to a ``ReadBack``: which applied writes the account does not show any more as they
were made. What proves either is for each kind of write to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

LATE_COMMIT_WAIT = timedelta(seconds=30)
"""How long a server may still be at work on a request whose answer we stopped waiting for."""


class Verdict(StrEnum):
    """What became of a write whose answer was lost."""

    MADE = "made"
    NOT_MADE = "not_made"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Finding:
    """A verdict, and the sentence that says what it rests on.

    ``is_unmoved``: nothing at all moved between the readings. ``looks_made``: the account differs just as
    the write would have it, whatever else is against it.
    """

    verdict: Verdict
    reason: str
    is_unmoved: bool = False
    looks_made: bool = False


def made(reason: str) -> Finding:
    """The finding that a write was made."""
    return Finding(Verdict.MADE, reason, looks_made=True)


@dataclass(frozen=True)
class Drift:
    """An applied write that the account does not show as it was made.

    ``subject`` is what was looked at. ``expected`` and ``found`` are units on hand for stock, sentences for
    the others.
    """

    kind: str
    key: str
    subject: str
    expected: int | str
    found: int | str


@dataclass(frozen=True)
class ReadBack:
    """What looking at ``checked`` things that were written came to.

    ``not_comparable`` counts writes that need not show, such as stock in another condition, whose units on
    hand stay as they are.
    """

    checked: int
    drifts: tuple[Drift, ...] = ()
    not_comparable: int = 0

    def __add__(self, other: ReadBack) -> ReadBack:
        """Both together."""
        return ReadBack(
            self.checked + other.checked,
            (*self.drifts, *other.drifts),
            self.not_comparable + other.not_comparable,
        )
