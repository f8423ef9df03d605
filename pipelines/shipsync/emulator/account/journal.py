"""Every version of every entity the account ever had: what a mirror of the account must equal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, overload

import orjson
import pendulum

from shipsync.emulator.timestamps import to_moment

Kind = Literal[
    "shipments",
    "fulfillments",
    "labels",
    "tracking",
    "inventory_levels",
    "warehouses",
    "inventory_warehouses",
    "inventory_locations",
    "products",
    "carriers",
    "tags",
    "suppliers",
    "purchase_orders",
]
ID_FIELDS: Final[Mapping[Kind, str]] = {
    "warehouses": "warehouse_id",
    "inventory_warehouses": "inventory_warehouse_id",
    "inventory_locations": "inventory_location_id",
    "products": "product_id",
    "carriers": "carrier_id",
    "tags": "name",
    "suppliers": "supplier_id",
    "purchase_orders": "purchase_order_id",
}
"""The field that identifies each of the master data; tags have nothing better than their name."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One version of one entity, or its removal.

    ``sequence`` counts from 1 without gaps; ``micros`` is the instant of the change. For shipments
    it is the ``modified_at`` they carry, save for late commits; for labels and fulfillments, which
    have no such field, it can be read nowhere else. ``raw`` is the served JSON, ``null`` for a
    removal. ``cause`` says who did it, for example ``POST /v2/inventory increment``.
    """

    sequence: int
    micros: int
    kind: Kind
    entity_id: str
    raw: bytes
    cause: str

    @property
    def at(self) -> pendulum.DateTime:
        """The instant of the change in UTC."""
        return to_moment(self.micros)

    @property
    def removed(self) -> bool:
        """Whether this entry takes the entity away."""
        return self.raw == b"null"

    @property
    def body(self) -> dict[str, Any]:
        """The object as the API serves it from this entry on; empty for a removal."""
        body: dict[str, Any] | None = orjson.loads(self.raw)
        return body or {}


class Journal(Sequence[JournalEntry]):
    """Append-only list of entries in the order in which they became visible."""

    def __init__(self) -> None:
        self._entries: list[JournalEntry] = []

    def append(
        self, micros: int, kind: Kind, entity_id: str, raw: bytes, cause: str
    ) -> JournalEntry:
        """Add the next entry and return it."""
        entry = JournalEntry(len(self._entries) + 1, micros, kind, entity_id, raw, cause)
        self._entries.append(entry)
        return entry

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, index: int) -> JournalEntry: ...
    @overload
    def __getitem__(self, index: slice) -> list[JournalEntry]: ...
    def __getitem__(self, index: int | slice) -> JournalEntry | list[JournalEntry]:
        return self._entries[index]

    def of(
        self, kind: Kind, entity_id: str | None = None, *, after: int = 0
    ) -> Iterator[JournalEntry]:
        """Entries of a kind, and of one entity if given, whose sequence is above ``after``."""
        for entry in self._entries[after:]:
            if entry.kind == kind and entity_id in (None, entry.entity_id):
                yield entry

    def latest(self, kind: Kind) -> dict[str, JournalEntry]:
        """The last entry of every entity of a kind, removals included, by entity id."""
        return {entry.entity_id: entry for entry in self.of(kind)}
