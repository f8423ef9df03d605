"""Puts the catalogue into an account: what has to be there before the first order comes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shipsync.emulator.account.account import Account
from shipsync.emulator.shop.carriers import CARRIERS
from shipsync.emulator.shop.catalogue import (
    FOUNDED_AT,
    LOCATIONS,
    TAGS,
    WAREHOUSES,
    IdForm,
    Warehouse,
    location_ids,
    shelves_of,
    stock_warehouse_id,
)
from shipsync.emulator.shop.goods import PRODUCTS, Product
from shipsync.emulator.shop.purchasing import purchasing

Body = dict[str, Any]


def provision(account: Account, *, units_per_shelf: int = 60) -> None:
    """Give an empty account its carriers, warehouses, locations, products, tags and first stock.

    ``units_per_shelf`` is the most that is on hand of a product at one of its locations (the others
    hold a half of it to a fifth); 0 leaves all shelves, and with them the stock list, empty.
    """
    form = account.options.inventory_ids
    for carrier in CARRIERS:
        account.master_data.put_carrier(carrier.body())
    for warehouse in WAREHOUSES:
        account.master_data.put_warehouse(warehouse.body())
        account.master_data.put_inventory_warehouse(_stock_warehouse(form, warehouse))
    for location_id, (number, name) in zip(location_ids(form), LOCATIONS, strict=True):
        account.master_data.put_inventory_location(_location(form, location_id, number, name))
    goods_go_to = stock_warehouse_id(form, WAREHOUSES[0].stock_number)
    for kind, bodies in purchasing(goods_go_to).items():
        for body in bodies:
            account.master_data.put(kind, body)
    for name in TAGS:
        account.master_data.put_tag({"name": name})
    for product in PRODUCTS:
        account.master_data.put_product(product.body())
        stock(account, product, units_per_shelf)


def stock(account: Account, product: Product, units: int) -> None:
    """Put up to that many units of a product on each of its shelves."""
    cost = (Decimal(str(product.cost)), "usd")
    for position, location_id in enumerate(shelves_of(product, account.options.inventory_ids)):
        share = units // (1 + (product.product_id + position) % 5)
        account.stock.move(
            product.sku, location_id, on_hand=share, cost=cost, cause="opening stock"
        )


def _stock_warehouse(form: IdForm, warehouse: Warehouse) -> Body:
    return {
        "inventory_warehouse_id": stock_warehouse_id(form, warehouse.stock_number),
        "name": warehouse.name,
        "created_at": FOUNDED_AT,
        "updated_at": FOUNDED_AT,
    }


def _location(form: IdForm, location_id: str, number: int, name: str) -> Body:
    return {
        "inventory_location_id": location_id,
        "name": name,
        "inventory_warehouse_id": stock_warehouse_id(form, number),
        "created_at": FOUNDED_AT,
        "updated_at": FOUNDED_AT,
    }
