"""What recent walks over a filtered list selected, so that each page need not filter again."""

from __future__ import annotations

from shipsync.emulator.account.collection import Collection, Filters, Key

_REMEMBERED = 16


class Selections:
    """The keys that the last few filtered walks selected, by the name of the walk."""

    def __init__(self) -> None:
        self._held: dict[tuple[object, ...], tuple[int, list[Key]]] = {}

    def get(
        self, collection: Collection, filters: Filters, sort_by: str, name: tuple[object, ...]
    ) -> list[Key]:
        """Keys of the wanted rows, ascending; filtered again when the collection has changed."""
        held = self._held.get(name)
        if held is None or held[0] != collection.version:
            held = (collection.version, collection.select(filters, sort_by))
            self._held.pop(name, None)
            self._held[name] = held
            while len(self._held) > _REMEMBERED:
                del self._held[next(iter(self._held))]
        return held[1]
