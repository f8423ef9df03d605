"""What the account shows at this moment of one shipment: itself, its labels, its fulfillments.

Lists are asked for with a filter. A server that ignores a filter would answer with the whole account,
so a row that the filter should have kept out makes the answer useless: ``IncompleteRead``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shipsync.api import endpoints
from shipsync.api.endpoints import FULFILLMENTS, LABELS, SHIPMENTS, Listing
from shipsync.errors import IncompleteRead, NotFound, RequestRejected, UnknownOrder
from shipsync.reverse.outbox.answers import STREAM

if TYPE_CHECKING:
    from shipsync.api.paging import Item
    from shipsync.api.request import Parameters
    from shipsync.api.session import Session

PENDING = "pending"
"""The ``shipment_status`` of a shipment that has no label."""

CANCELLED = "cancelled"

# What else may stand in an id is at the mercy of every server and proxy that takes paths apart.
_OURS = re.compile(r"se-\d+", re.ASCII)
_PLAIN = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*", re.ASCII)


@dataclass(frozen=True)
class Live:
    """The account as one session sees it; safe to share between threads.

    All methods raise what ``Session.read`` raises, and ``IncompleteRead``.
    """

    session: Session

    def shipment(self, shipment_id: str) -> Item | None:
        """A shipment by ShipStation's id; None if there is none."""
        return self._one(endpoints.shipment(shipment_id), "shipment_id", shipment_id)

    def shipment_by_external_id(self, external_id: str, *, thoroughly: bool = False) -> Item | None:
        """A shipment by the id that its maker gave it; ``thoroughly``: one the list alone shows counts."""
        if _PLAIN.fullmatch(external_id):
            path = endpoints.shipment_by_external_id(external_id)
            try:
                found = self._one(path, "external_shipment_id", external_id)
            except RequestRejected:
                # Some servers take an id that they don't know for a malformed one.
                found, thoroughly = None, True
            if found is not None or not thoroughly:
                return found
        listed = self._filtered(SHIPMENTS, "external_shipment_id", external_id)
        return listed[0] if listed else None

    def find(self, identifier: str) -> Item:
        """A shipment by ShipStation's id or, failing that, by its maker's.

        Raises ``UnknownOrder`` when neither knows it.
        """
        found = self.shipment(identifier) if _OURS.fullmatch(identifier) else None
        found = found or self.shipment_by_external_id(identifier, thoroughly=True)
        if found is None:
            raise UnknownOrder(
                f"The account has no shipment {identifier!r}, neither by ShipStation's id nor by an "
                "external_shipment_id."
            )
        return found

    def label(self, label_id: str) -> Item | None:
        """A label; None if there is none."""
        return self._one(endpoints.label(label_id), "label_id", label_id)

    def live_labels(self, shipment_id: str) -> list[Item]:
        """The labels of a shipment that are not void, neither in the list nor by themselves.

        A list may be behind what was done a moment ago.
        """
        listed = self._filtered(LABELS, "shipment_id", shipment_id)
        live = [label for label in listed if not is_void(label)]
        return [label for label in live if not is_void(self.label(str(label["label_id"])) or label)]

    def fulfillments(self, shipment_id: str) -> list[Item]:
        """The fulfillments of a shipment that are not void."""
        found = self._filtered(FULFILLMENTS, "shipment_id", shipment_id)
        return [fulfillment for fulfillment in found if not is_void(fulfillment)]

    def _one(self, path: str, name: str, value: str) -> Item | None:
        try:
            answer = self.session.read(path, stream=STREAM)
        except NotFound:
            return None
        body = answer.body
        if not isinstance(body, dict) or str(body.get(name)).casefold() != value.casefold():
            raise IncompleteRead(
                f"{path} answered with something else than what has {name} {value}. Run again later."
            )
        return body

    def _filtered(self, listing: Listing, name: str, value: str) -> list[Item]:
        from shipsync.api.paging import SNAPSHOT_ATTEMPTS

        for _ in range(SNAPSHOT_ATTEMPTS):
            try:
                return self._whole(listing, name, value)
            except IncompleteRead as error:
                complaint = error
        raise complaint

    def _whole(self, listing: Listing, name: str, value: str) -> list[Item]:
        from shipsync.api.paging import follow

        params: Parameters = {name: value, "page_size": self.session.page_size(listing)}
        items: list[Item] = []
        for page in follow(self.session, listing.path, params, listing.items_key, STREAM):
            for item in page.items:
                if str(item.get(name)).casefold() != value.casefold():
                    raise IncompleteRead(
                        f"{listing.path} gave other rows than those with {name} {value}. Nothing was "
                        "concluded from it; run again later."
                    )
            items += page.items
        return items


def is_void(item: Item) -> bool:
    """Whether a label or a fulfillment was voided."""
    return bool(item.get("voided")) or item.get("status") == "voided" or bool(item.get("voided_at"))
