"""The lists that rarely change: tags, products, prices, names of places, postage left."""

from __future__ import annotations

import random
from functools import partial

from shipsync.emulator.shop.goods import made_up
from shipsync.emulator.simulation.actions import Action
from shipsync.emulator.simulation.provisioning import stock
from shipsync.emulator.simulation.world import World, between
from shipsync.emulator.timestamps import to_text
from shipsync.emulator.wallclock import HOUR

_NEW_TAGS = ("summer", "wholesale", "second try", "photo wanted", "slow mover", "press sample")
_NEW_GOODS = (
    ("JARS", "Storage Jar", "Size", 22.5, 19.0),
    ("FELT", "Felt Coaster", "Colour", 9.8, 2.4),
    ("PEPR", "Pepper Mill", "Wood", 38.0, 12.6),
)


class MasterDataSimulation:
    """Changes one of the slow lists now and then, on fixed days of a cycle."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._account = world.account

    def plan_day(self, day: int) -> None:
        """Do what this day (counted from 1970) has; about every third day has something."""
        rng = self._world.rng("office", day)
        chores = (
            (7, self._make_tag),
            (13, self._drop_tag),
            (9, self._make_product),
            (5, self._change_price),
            (11, self._rename_location),
            (17, self._rename_warehouse),
            (6, self._spend_postage),
        )
        for every, chore in chores:
            if day % every == 0:
                delay = between(rng, 8, 16) * HOUR
                self._world.after(delay, partial(chore, day, rng))

    def _make_tag(self, day: int, rng: random.Random) -> None:
        name = _NEW_TAGS[day // 7 % len(_NEW_TAGS)]
        self._account.master_data.put_tag({"name": name}, cause=Action.TAG_MADE)

    def _drop_tag(self, day: int, rng: random.Random) -> None:
        made = [
            tag["name"]
            for tag in self._account.master_data.items("tags")
            if tag["name"] in _NEW_TAGS
        ]
        if made:
            self._account.master_data.remove("tags", made[0], cause=Action.TAG_DROPPED)

    def _make_product(self, day: int, rng: random.Random) -> None:
        family, name, option, price, weight = _NEW_GOODS[day // 9 % len(_NEW_GOODS)]
        number = 100 + len(self._world.products)
        product = made_up(
            number, family, name, (option, f"No. {number}"), price=price, weight=weight
        )
        now = to_text(self._world.now())
        self._account.master_data.put_product(
            product.body(created_at=now, modified_at=now), cause=Action.PRODUCT_MADE
        )
        stock(self._account, product, between(rng, 20, 50))
        self._world.products.append(product)

    def _change_price(self, day: int, rng: random.Random) -> None:
        body = rng.choice(self._account.master_data.items("products"))
        raised = round(body["price"]["amount"] * 1.05, 2)
        body["price"] = {**body["price"], "amount": raised}
        body["modify_date"] = to_text(self._world.now())
        self._account.master_data.put_product(body, cause=Action.PRICE_CHANGED)

    def _rename_location(self, day: int, rng: random.Random) -> None:
        body = rng.choice(self._account.master_data.items("inventory_locations"))
        body["name"] = f"{body['name'].split(',')[0]}, row {between(rng, 1, 30)}"
        body["updated_at"] = to_text(self._world.now())
        self._account.master_data.put_inventory_location(body, cause=Action.LOCATION_RENAMED)

    def _rename_warehouse(self, day: int, rng: random.Random) -> None:
        body = rng.choice(self._account.master_data.items("warehouses"))
        body["name"] = f"{body['name'].split(' (')[0]} (gate {between(rng, 1, 9)})"
        self._account.master_data.put_warehouse(body, cause=Action.WAREHOUSE_RENAMED)

    def _spend_postage(self, day: int, rng: random.Random) -> None:
        body = next(
            c for c in self._account.master_data.items("carriers") if c["requires_funded_amount"]
        )
        spent = round(rng.uniform(5, 60), 2)
        body["balance"] = round(max(0.0, body["balance"] - spent) or 250.0, 2)
        self._account.master_data.put_carrier(body, cause=Action.POSTAGE_SPENT)
