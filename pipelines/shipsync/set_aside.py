"""What could not be used of an answer: one row, parcel, level, page or webhook, named and kept apart.

Whoever meets such a thing hands it to a ``SetsAside`` and goes on with the rest. The database keeps it
in ``ledger.quarantine``; the run's report counts it, and the run ends with exit code 3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Neighbours:
    """Where a row stood of which nothing could be had: ``behind`` one row and ``before`` another, by id.

    None is an end of what was asked for. ``anchor`` is the one of them that is less likely to change.
    ``earliest`` and ``latest`` bound, as the API wrote them, what the row has in ``field``, by which the
    list was sorted; None is an open side.
    """

    behind: str | None
    before: str | None
    anchor: str | None = None
    field: str | None = None
    earliest: str | None = None
    latest: str | None = None

    def __str__(self) -> str:
        places = (("behind", self.behind), ("before", self.before))
        known = [f"{word} {key}" for word, key in places if key is not None]
        return " and ".join(known) or "with no other beside it"


@dataclass(frozen=True)
class SetAside:
    """One thing that was met in ``stream`` and could not be used.

    ``reason`` is a whole sentence for a person. ``body`` is the thing as it came (None if there is
    nothing to keep). ``row_id`` is its id where it has one (the parts of a key joined by ``/``), else
    ``position`` says where in its answer it stood, from 1, and ``neighbours``, where nothing of it could be
    had at all, between which rows.
    """

    stream: str
    reason: str
    body: object = None
    row_id: str | None = None
    position: int | None = None
    neighbours: Neighbours | None = None

    @property
    def place(self) -> str:
        """How a person finds it: its id, else where it stood."""
        if self.row_id is not None:
            return self.row_id
        if self.position is None:
            return "unknown place"
        row = f"row {self.position} of its answer"
        return row if self.neighbours is None else f"{row}, {self.neighbours}"

    def __str__(self) -> str:
        return f"{self.stream}, {self.place}: {self.reason}"


SetsAside = Callable[[SetAside], None]
