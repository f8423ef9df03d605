"""What somebody bought: the facts behind an order, before ShipStation makes shipments of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from shipsync.emulator.shop.carriers import CARRIERS, PACKAGE_TYPES, Carrier, PackageType, Service
from shipsync.emulator.shop.catalogue import STORES, WAREHOUSES, Store, Warehouse
from shipsync.emulator.shop.goods import Product
from shipsync.emulator.shop.people import Recipient

_OFFERS = {
    is_international: tuple(
        (carrier, service)
        for carrier in CARRIERS
        for service in carrier.services
        if service.international is is_international
    )
    for is_international in (False, True)
}
_BUYER_NOTES = (
    "Please ring before you come.",
    "It is a birthday present, no invoice in the box.",
    "Needed by the weekend if at all possible.",
)
_GIFT_NOTES = ("Happy birthday!", "With love from all of us.", "For the new kitchen.")


@dataclass(frozen=True, slots=True)
class Line:
    """So many units of one product."""

    product: Product
    quantity: int

    @property
    def weight(self) -> float:
        """Ounces of all units together."""
        return round(self.product.weight * self.quantity, 2)

    @property
    def amount(self) -> float:
        """Price of all units together."""
        return round(self.product.price * self.quantity, 2)


@dataclass(frozen=True, slots=True)
class Purchase:
    """An order as the buyer made it; ``carrier`` and ``service`` are what the shop means to use."""

    number: str
    store: Store
    buyer: Recipient
    warehouse: Warehouse
    carrier: Carrier
    service: Service
    package_type: PackageType
    boxes: int
    lines: tuple[Line, ...]
    shipping: float
    tax: float
    service_is_chosen: bool
    buyer_note: str | None = None
    gift_note: str | None = None
    confirmation: str = "none"

    @property
    def is_international(self) -> bool:
        """Whether it leaves the country."""
        return self.service.international

    @property
    def total(self) -> float:
        """Goods, shipping and tax in US dollars."""
        return round(sum(line.amount for line in self.lines) + self.shipping + self.tax, 2)


def purchase(
    rng: random.Random, number: int, buyer: Recipient, products: Sequence[Product]
) -> Purchase:
    """An order of 1.6 lines in the mean; ``number`` makes its order number."""
    store = STORES[min(int(rng.random() * 3.3), 2)]
    carrier, service = rng.choice(_OFFERS[not buyer.place.is_domestic])
    lines = _lines(rng, products)
    goods = sum(line.amount for line in lines)
    heavy = sum(line.weight for line in lines) > 40
    chance = rng.random()
    return Purchase(
        number=f"{store.number_prefix}{100_000 + number}",
        store=store,
        buyer=buyer,
        warehouse=WAREHOUSES[0 if rng.random() < 0.7 else 1],
        carrier=carrier,
        service=service,
        package_type=PACKAGE_TYPES[0 if chance < 0.8 else 1 if chance < 0.9 else 2],
        boxes=rng.randrange(2, 4) if service.multi_package and heavy and chance < 0.3 else 1,
        lines=lines,
        shipping=0.0 if goods > 80 else round(service.price * 0.8, 2),
        tax=0.0 if service.international else round(goods * 0.0725, 2),
        service_is_chosen=rng.random() < 0.88,
        buyer_note=rng.choice(_BUYER_NOTES) if rng.random() < 0.08 else None,
        gift_note=rng.choice(_GIFT_NOTES) if rng.random() < 0.07 else None,
        confirmation="signature" if goods > 150 else "none",
    )


def _lines(rng: random.Random, products: Sequence[Product]) -> tuple[Line, ...]:
    chance = rng.random()
    count = 1 if chance < 0.53 else 2 if chance < 0.81 else 3 if chance < 0.96 else 4
    picked: dict[str, Product] = {}
    while len(picked) < min(count, len(products)):
        # The first of the range sell best: one line in six is of the very first.
        product = products[int(rng.random() ** 2 * len(products))]
        picked[product.sku] = product
    return tuple(Line(product, 1 if rng.random() < 0.8 else 2) for product in picked.values())
