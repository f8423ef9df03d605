"""What the database already holds, as far as a reading must know it; the warehouse answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class StoredVersion:
    """The current version of one entity.

    ``changed_at`` is its ``modified_at`` (None for entities that have none), ``observed_at`` the start
    of the run that saw it. ``is_whole`` is False while the load that brought it has not ended: its
    lines may still be missing, so it must be loaded again.
    """

    content_hash: str
    changed_at: datetime | None
    observed_at: datetime
    is_whole: bool


class StoredRows(Protocol):
    """Answers for one stream."""

    def newest_change(self) -> datetime | None:
        """The latest ``modified_at`` stored, None if nothing is stored or entities have none."""
        ...

    def count(self) -> int:
        """How many entities are stored."""
        ...

    def current(self, ids: Sequence[str]) -> dict[str, StoredVersion]:
        """The current versions of those of ``ids`` that are stored."""
        ...
