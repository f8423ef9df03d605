"""What could not be used of an answer: one row, parcel, level, page or webhook, named and kept apart.

Whoever meets such a thing hands it to a ``SetsAside`` and goes on with the rest. The database keeps it
in ``ledger.quarantine``; the run's report counts it, and the run ends with exit code 3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class SetAside:
    """One thing that was met in ``stream`` and could not be used.

    ``reason`` is a whole sentence for a person. ``body`` is the thing as it came (None if there is
    nothing to keep). ``row_id`` is its id where it has one (the parts of a key joined by ``/``), else
    ``position`` says where in its answer it stood, from 1.
    """

    stream: str
    reason: str
    body: object = None
    row_id: str | None = None
    position: int | None = None

    @property
    def place(self) -> str:
        """How a person finds it: its id, else where it stood."""
        if self.row_id is not None:
            return self.row_id
        return "unknown place" if self.position is None else f"row {self.position} of its answer"

    def __str__(self) -> str:
        return f"{self.stream}, {self.place}: {self.reason}"


SetsAside = Callable[[SetAside], None]
