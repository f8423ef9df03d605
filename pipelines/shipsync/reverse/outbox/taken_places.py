"""Places where a write must not go now: another write there is open, or has come first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shipsync.reverse.outbox.write import Write


@dataclass(frozen=True)
class TakenPlaces:
    """The key of another write, by place.

    ``open`` are those whose outcome nobody knows: a reading there could no longer tell the two apart.
    ``unread`` are the same, as long as the account would not let itself be read: that may pass.
    ``changed`` are those that changed the place after the plan was made: what the plan says of what is
    there, or should be, is of before.
    """

    open: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    changed: Mapping[str, str] = field(default_factory=dict)

    def is_unread(self, write: Write[Any]) -> bool:
        """Whether it can be decided only when the account can be read again."""
        return bool(_others(self.unread, write))

    def reason_against(self, write: Write[Any]) -> str | None:
        """Why the write is rejected; None if it may go."""
        if others := _others(self.open, write):
            return (
                "It is not known whether an earlier row there was carried out. Run `shipsync stock resolve "
                f"{others[0]}`, then plan this row again."
            )
        # What may be repeated states what should be there; the rest adds to whatever is.
        if write.may_be_repeated and (others := _others(self.changed, write)):
            return (
                f"The row {others[0]} changed the stock there after this plan was made. Run `shipsync sync` "
                "and plan the row again."
            )
        return None


def _others(keys: Mapping[str, str], write: Write[Any]) -> list[str]:
    return sorted({keys.get(place, write.key) for place in write.places} - {write.key})
