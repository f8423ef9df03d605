"""The master data of an account: warehouses, locations, products, carriers, tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

import orjson
import pendulum

from shipsync.emulator.account.journal import ID_FIELDS, Kind
from shipsync.emulator.account.state import AccountState


class When(TypedDict, total=False):
    """When a change happens (the clock's now by default) and who does it."""

    at: pendulum.DateTime | None
    cause: str


class MasterData:
    """The lists that rarely change; each keeps the order of first addition."""

    def __init__(self, state: AccountState) -> None:
        self._state = state
        self._lists: dict[Kind, dict[str, bytes]] = {}

    def put(
        self,
        kind: Kind,
        body: Mapping[str, Any],
        *,
        at: pendulum.DateTime | None = None,
        cause: str = "put",
    ) -> str:
        """Add an entity of a kind in ``ID_FIELDS`` or replace the one with its id; returns the id.

        The same body again is no new version.
        """
        with self._state.lock:
            items = self._lists.setdefault(kind, {})
            entity_id = str(body[ID_FIELDS[kind]])
            raw = orjson.dumps(body)
            if items.get(entity_id) != raw:
                items[entity_id] = raw
                self._state.journal.append(self._state.stamp(at), kind, entity_id, raw, cause)
            return entity_id

    def put_warehouse(self, body: Mapping[str, Any], **when: Unpack[When]) -> str:
        """Add or replace a warehouse (an origin of parcels, not of stock)."""
        return self.put("warehouses", body, **when)

    def put_inventory_warehouse(self, body: Mapping[str, Any], **when: Unpack[When]) -> str:
        """Add or replace a warehouse of stock."""
        return self.put("inventory_warehouses", body, **when)

    def put_inventory_location(self, body: Mapping[str, Any], **when: Unpack[When]) -> str:
        """Add or replace a place inside a warehouse of stock."""
        return self.put("inventory_locations", body, **when)

    def put_product(self, body: Mapping[str, Any], **when: Unpack[When]) -> str:
        """Add or replace a product."""
        return self.put("products", body, **when)

    def put_carrier(self, body: Mapping[str, Any], **when: Unpack[When]) -> str:
        """Add or replace a carrier account with its services."""
        return self.put("carriers", body, **when)

    def put_tag(self, body: Mapping[str, Any], **when: Unpack[When]) -> str:
        """Add or replace a tag."""
        return self.put("tags", body, **when)

    def remove(
        self,
        kind: Kind,
        entity_id: str,
        *,
        at: pendulum.DateTime | None = None,
        cause: str = "remove",
    ) -> None:
        """Take an entity out of its list; KeyError when it is not there."""
        with self._state.lock:
            del self._lists[kind][entity_id]
            self._state.journal.append(self._state.stamp(at), kind, entity_id, b"null", cause)

    def items(self, kind: Kind) -> list[dict[str, Any]]:
        """Copies of all entities of a kind."""
        with self._state.lock:
            return [orjson.loads(raw) for raw in self._lists.get(kind, {}).values()]

    def item(self, kind: Kind, entity_id: str) -> dict[str, Any] | None:
        """A copy of one entity, or None."""
        with self._state.lock:
            raw = self._lists.get(kind, {}).get(entity_id)
            return None if raw is None else orjson.loads(raw)

    def raw_items(self, kind: Kind) -> dict[str, bytes]:
        """All entities of a kind as served, by id: the live mapping, to be read under the lock."""
        return self._lists.setdefault(kind, {})
