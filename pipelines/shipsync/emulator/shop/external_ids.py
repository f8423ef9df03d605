"""The ids under which shops know their orders: each kind of shop has a form of its own."""

from __future__ import annotations

import uuid
from typing import Protocol

from shipsync.emulator.shop.catalogue import Store

_THIRTEEN_DIGITS = 5_000_000_000_000


class DrawsNumbers(Protocol):
    """Where new ids come from; an account is one."""

    def new_id(self, kind: str) -> str:
        """A new id such as ``se-412669417``."""
        ...

    def new_number(self, kind: str) -> int:
        """A new whole number of a kind."""
        ...


def external_shipment_id(numbers: DrawsNumbers, store: Store) -> str | None:
    """A new external id of an order, in the form of its shop.

    Shopify gives two numbers of 13 digits, Amazon its order id; the store that is filled by hand has
    some of everything: TikTok's 18 digits, 13 digits, UUIDs, and none.
    """
    number = numbers.new_number("external_ids")
    match store.source:
        case "shopify":
            return f"{_THIRTEEN_DIGITS + number}-{_THIRTEEN_DIGITS + number * 7}"
        case "amazon_us":
            return f"11{number % 5}-{number % 10**7:07d}-{number * 7_919 % 10**7:07d}"
        case _:
            forms = (
                None,
                f"57{number:016d}",
                str(uuid.uuid5(uuid.NAMESPACE_OID, f"order {number}")),
                str(_THIRTEEN_DIGITS + number),
            )
            return forms[number % len(forms)]
