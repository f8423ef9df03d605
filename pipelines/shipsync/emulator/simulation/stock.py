"""Stock as a shop moves it: claimed by orders, sold by labels, received, counted, carried about."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from shipsync.emulator.account.levels import Money
from shipsync.emulator.shop.catalogue import shelves_of
from shipsync.emulator.shop.goods import Product
from shipsync.emulator.simulation.actions import Action
from shipsync.emulator.simulation.world import Body, Step, World, between
from shipsync.emulator.wallclock import DAY, HOUR

_LOW = 10
_DELIVERY = (24, 60)


class StockSimulation:
    """Moves stock. Items whose SKU is none of the world's products are left alone."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._account = world.account

    def claim(self, items: list[Body]) -> None:
        """Set the units of an order aside."""
        for product, quantity in self._known(items):
            self._allocate(product, quantity, Action.STOCK_CLAIMED)

    def release(self, items: list[Body]) -> None:
        """Give up what was set aside."""
        for product, quantity in self._known(items):
            self._allocate(product, -quantity, Action.STOCK_RELEASED)

    def suffices(self, items: list[Body]) -> bool:
        """Whether all shelves together hold every item."""
        return all(
            sum(self._on_hand(product, shelf) for shelf in self._shelves(product)) >= quantity
            for product, quantity in self._known(items)
        )

    def sell(self, items: list[Body]) -> None:
        """Take the units off the shelves, first shelf first, and end their claim.

        What no shelf holds any more is not taken.
        """
        for product, quantity in self._known(items):
            first, *others = self._shelves(product)
            claimed = self._claimed(product)
            taken = min(quantity, self._on_hand(product, first))
            self._account.stock.move(
                product.sku,
                first,
                delta=-taken,
                allocated=max(0, claimed - quantity),
                cause=Action.STOCK_SOLD,
            )
            for shelf in others:
                part = min(quantity - taken, self._on_hand(product, shelf))
                self._account.stock.move(product.sku, shelf, delta=-part, cause=Action.STOCK_SOLD)
                taken += part

    def give_back(self, items: list[Body]) -> None:
        """Put units of a voided label back and set them aside again."""
        for product, quantity in self._known(items):
            first = self._shelves(product)[0]
            self._account.stock.move(
                product.sku,
                first,
                delta=quantity,
                allocated=self._claimed(product) + quantity,
                cost=_cost(product),
                cause=Action.STOCK_GIVEN_BACK,
            )

    def plan_day(self, day: int) -> None:
        """Do a day's work: deliveries, a count, a transfer, and now and then an emptied shelf."""
        rng = self._world.rng("stock", day)
        for product in self._world.products:
            if self._needs_delivery(product, rng.random()):
                self._world.after(between(rng, 9, 15) * HOUR, self._delivery(product, rng.random()))
        counted, moved = rng.choice(self._world.products), rng.choice(self._world.products)
        self._world.after(between(rng, 6, 9) * HOUR, lambda: self._count(counted, rng.random()))
        self._world.after(between(rng, 6, 9) * HOUR, lambda: self._transfer(moved))
        if day % 3 == 0:
            cleared = rng.choice(self._world.products)
            self._world.after(10 * HOUR, lambda: self._clear(cleared))

    def _needs_delivery(self, product: Product, chance: float) -> bool:
        on_hand = sum(self._on_hand(product, shelf) for shelf in self._shelves(product))
        # A quarter of the range is ordered only once it has run out.
        return on_hand == 0 if product.product_id % 4 == 0 else on_hand < _LOW and chance < 0.7

    def _delivery(self, product: Product, chance: float) -> Step:
        low, high = _DELIVERY
        units = low + int(chance * (high - low))
        shelf = self._shelves(product)[0]
        return lambda: self._add(product, shelf, units, Action.STOCK_RECEIVED)

    def _count(self, product: Product, chance: float) -> None:
        shelf = self._shelves(product)[-1]
        found = max(0, self._on_hand(product, shelf) + (1 if chance < 0.4 else -2))
        self._account.stock.move(
            product.sku, shelf, on_hand=found, cost=_cost(product), cause=Action.STOCK_COUNTED
        )

    def _transfer(self, product: Product) -> None:
        first, *others = self._shelves(product)
        units = min(6, self._on_hand(product, others[0])) if others else 0
        if units:
            self._add(product, others[0], -units, Action.STOCK_TRANSFERRED)
            self._add(product, first, units, Action.STOCK_TRANSFERRED)

    def _clear(self, product: Product) -> None:
        shelf = self._shelves(product)[0]
        units = self._on_hand(product, shelf)
        if units:
            self._add(product, shelf, -units, Action.SHELF_CLEARED)
            self._world.after(
                2 * DAY, lambda: self._add(product, shelf, units, Action.SHELF_FILLED_AGAIN)
            )

    def _add(self, product: Product, shelf: str, units: int, action: Action) -> None:
        self._account.stock.move(product.sku, shelf, delta=units, cost=_cost(product), cause=action)

    def _allocate(self, product: Product, units: int, action: Action) -> None:
        claimed = max(0, self._claimed(product) + units)
        first = self._shelves(product)[0]
        self._account.stock.move(product.sku, first, allocated=claimed, cause=action)

    def _claimed(self, product: Product) -> int:
        level = self._account.stock.level(product.sku, self._shelves(product)[0])
        return int(level["allocated"])

    def _on_hand(self, product: Product, shelf: str) -> int:
        return int(self._account.stock.level(product.sku, shelf)["on_hand"])

    def _shelves(self, product: Product) -> tuple[str, ...]:
        return shelves_of(product, self._account.options.inventory_ids)

    def _known(self, items: list[Body]) -> Iterator[tuple[Product, int]]:
        by_sku = {product.sku: product for product in self._world.products}
        for item in items:
            product = by_sku.get(item["sku"])
            if product is not None:
                yield product, item["quantity"]


def _cost(product: Product) -> Money:
    return Decimal(str(product.cost)), "usd"
