"""The inventory locations of an account, found by id or by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shipsync.reverse.plan.problems import InvalidRowError, Problem


@dataclass(frozen=True, slots=True)
class Location:
    """A place inside a warehouse where stock is counted; the name may be missing."""

    inventory_location_id: str
    name: str | None = None

    @property
    def label(self) -> str:
        """What a person calls it."""
        return self.name or self.inventory_location_id


class Locations:
    """Every known location; names are matched whole, without regard to case."""

    def __init__(self, known: Iterable[Location]) -> None:
        self._by_id = {location.inventory_location_id: location for location in known}
        self._by_name: dict[str, list[Location]] = {}
        for location in self._by_id.values():
            if location.name:
                self._by_name.setdefault(location.name.strip().casefold(), []).append(location)

    def label(self, inventory_location_id: str) -> str:
        """What a person calls the location; its id when it is not known."""
        known = self._by_id.get(inventory_location_id)
        return known.label if known else inventory_location_id

    def find(self, identifier: str | None, id_or_name: str | None) -> Location:
        """The one location that is meant; raises ``InvalidRowError`` when there is none or more than one."""
        if identifier is None and id_or_name is None:
            raise InvalidRowError(Problem.MISSING_LOCATION)
        if identifier is None or id_or_name is None:
            return self._one(identifier or id_or_name or "")
        chosen, other = self._one(identifier), self._one(id_or_name)
        if chosen != other:
            raise InvalidRowError(
                Problem.CONTRADICTING_LOCATION,
                id=identifier,
                value=id_or_name,
                other=other.inventory_location_id,
            )
        return chosen

    def _one(self, text: str) -> Location:
        if text in self._by_id:
            return self._by_id[text]
        named = self._by_name.get(text.casefold(), [])
        if not named:
            raise InvalidRowError(Problem.UNKNOWN_LOCATION, value=text)
        if len(named) > 1:
            ids = ", ".join(sorted(location.inventory_location_id for location in named))
            raise InvalidRowError(Problem.AMBIGUOUS_LOCATION, count=len(named), value=text, ids=ids)
        return named[0]
