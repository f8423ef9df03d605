"""Where events are delivered to, and what may become of a batch there.

::

    Taken                it is there; the offset may move
    Refused              this batch was not taken: a smaller one, or each event alone, may be
    Away                 nobody takes anything now; nothing is wrong with the events
    Gone                 the receiver is gone for good (410)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shipsync.feed.events import ChangeEvent


@dataclass(frozen=True)
class Taken:
    """The batch is where it should be."""


@dataclass(frozen=True)
class Refused:
    """``reason`` says what the receiver answered or how it failed; it holds no secret."""

    reason: str


@dataclass(frozen=True)
class Away:
    """``wait_seconds`` is what the receiver asked to be given; ``is_hopeless``: waiting won't help."""

    reason: str
    wait_seconds: float = 0.0
    is_hopeless: bool = False


@dataclass(frozen=True)
class Gone:
    """The receiver wants nothing any more."""

    reason: str


Verdict = Taken | Refused | Away | Gone


class DeliveryTarget(Protocol):
    """A place that takes batches of events, in order."""

    def put(self, events: Sequence[ChangeEvent]) -> Verdict:
        """Hand over ``events``; once it says ``Taken``, they survive a crash of ours."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...
