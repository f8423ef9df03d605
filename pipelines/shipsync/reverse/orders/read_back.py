"""Looking whether the account still holds what shipments, cancellations and fulfillments made of it.

A difference need not be a fault: somebody else may have changed the shipment since. It is for a person
to see.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shipsync.reverse.orders.kinds import OrderWrites
from shipsync.reverse.outbox.write import Write


@dataclass(frozen=True)
class WriteDrift:
    """An applied write that the account does not show as it was made; ``found`` says what it shows."""

    kind: str
    key: str
    subject: str
    found: str


@dataclass(frozen=True)
class ReadBack:
    """What looking at ``checked`` applied writes came to."""

    checked: int
    drifts: tuple[WriteDrift, ...]


def read_back(applied: Iterable[tuple[OrderWrites[Any], Write[Any]]]) -> ReadBack:
    """Look at each applied write through its kind.

    Raises what ``Session.read`` raises, and ``IncompleteRead``.
    """
    looked = [(kind, write, kind.drift(write)) for kind, write in applied]
    drifts = (
        WriteDrift(kind.name, write.key, write.subject, found)
        for kind, write, found in looked
        if found is not None
    )
    return ReadBack(len(looked), tuple(drifts))
