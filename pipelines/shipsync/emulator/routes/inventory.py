"""/v2/inventory: the levels, and the one write that changes them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import orjson

from shipsync.emulator.account.account import Account
from shipsync.emulator.account.levels import Attributes, Match, Money, NotEnoughStockError
from shipsync.emulator.account.stock import BelowAllocatedError
from shipsync.emulator.http.paging import (
    PageLimit,
    PageWanted,
    envelope,
    reachable,
    refuse_if_deep,
    wanted_page,
)
from shipsync.emulator.http.problems import JSON, against_rules, invalid, not_found
from shipsync.emulator.http.query import Parameter
from shipsync.emulator.http.request import Response
from shipsync.emulator.http.request_bodies import Money as MoneyShape
from shipsync.emulator.http.request_bodies import StockWrite
from shipsync.emulator.http.routing import LIMIT, PAGE, PAGE_SIZE, Call, Route

CURSOR = Parameter("cursor")

FILTERS = (
    Parameter("sku"),
    Parameter("inventory_warehouse_id"),
    Parameter("inventory_location_id"),
    Parameter("group_by", "choice", ("warehouse", "location")),
    PAGE,
    PAGE_SIZE,
    LIMIT,
    CURSOR,
)


def list_levels(account: Account, call: Call) -> Response:
    """A page of stock levels; a SKU of which nothing is on hand is not among them [T]."""
    query = call.query
    by = {
        name: query.text(name)
        for name in ("sku", "inventory_warehouse_id", "inventory_location_id")
    }
    rows = [
        row
        for row in account.stock.levels()
        if all(value in (None, row[name]) for name, value in by.items())
    ]
    if query.text("group_by") == "warehouse":
        rows = _by_warehouse(rows)
    return snapshot_page(account, call, "inventory", [orjson.dumps(row) for row in rows])


def _by_warehouse(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Levels summed over the locations of a warehouse; they name no location then [?]."""
    sums: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        key = (row["sku"], row["inventory_warehouse_id"])
        held = sums.setdefault(key, {**row, "on_hand": 0, "allocated": 0, "available": 0})
        held.pop("inventory_location_id", None)
        cost, known = held["average_cost"]["amount"], held["on_hand"]
        held["average_cost"] = {**held["average_cost"], "amount": _mean(cost, known, row)}
        for field in ("on_hand", "allocated", "available"):
            held[field] += row[field]
    return list(sums.values())


def _mean(cost: float, units: int, row: dict[str, Any]) -> float:
    total = cost * units + row["average_cost"]["amount"] * row["on_hand"]
    return float(round(total / (units + row["on_hand"]), 2))


def snapshot_page(account: Account, call: Call, items_key: str, rows: Sequence[bytes]) -> Response:
    """A page of an inventory list, by page number or by cursor as the options have it."""
    options, query = account.options, call.query
    limit = call.page_limit or PageLimit(options.max_page_size, options.oversized_page)
    wanted = wanted_page(query, options, limit, options.default_inventory_page_size)
    cursors = None
    if options.inventory_paging == "links":
        wanted = PageWanted(_page_of_cursor(query.text("cursor")), wanted.size)
        refuse_if_deep(wanted, options)
        pages = max(1, -(-len(rows) // wanted.size))
        cursors = {number: _cursor_of_page(number) for number in range(1, pages + 2)}
        cursors.setdefault(wanted.number - 1, _cursor_of_page(wanted.number - 1))
    shown = rows[wanted.offset : wanted.offset + wanted.size] if reachable(wanted, options) else []
    path = call.request.path
    return envelope(items_key, shown, len(rows), wanted, path, query, options, cursors)


def _cursor_of_page(number: int) -> str:
    return f"c{number * 7919:08x}"


def _page_of_cursor(cursor: str | None) -> int:
    if cursor is None:
        return 1
    try:
        number, rest = divmod(int(cursor.removeprefix("c"), 16), 7919)
    except ValueError:
        number, rest = 0, 0
    if rest or number < 1:
        raise invalid("cursor", cursor, "follow the links as they are")
    return number


def write_stock(account: Account, call: Call) -> Response:
    """Apply one change whole or not at all; 204 or 400 with the reason."""
    assert isinstance(call.body, StockWrite)
    write = call.body
    _require_known(account, write)
    try:
        _apply(account, write)
    except NotEnoughStockError as error:
        message = f"{error.wanted} units of {write.sku} were asked for, {error.matching} match."
        raise against_rules("invalid_field_value", message) from error
    except BelowAllocatedError as error:
        raise against_rules("invalid_field_value", f"{write.sku}: {error}.") from error
    return Response(204)


def _require_known(account: Account, write: StockWrite) -> None:
    for location_id in (write.inventory_location_id, write.new_inventory_location_id):
        if (
            location_id is None
            or account.master_data.item("inventory_locations", location_id) is not None
        ):
            continue
        raise invalid("inventory_location_id", location_id, "there is no such location")
    skus = {product["sku"] for product in account.master_data.items("products")}
    if account.options.unknown_sku == "refuse" and write.sku not in skus:
        raise invalid("sku", write.sku, "no product has it")
    if write.transaction_type != "adjust" and write.quantity == 0:
        raise invalid("quantity", 0, "at least 1 is expected")


def _apply(account: Account, write: StockWrite) -> None:
    condition = write.condition or account.options.default_condition
    dates = (write.usable_start_date, write.usable_end_date)
    attributes = Attributes(condition, _money(write.cost), write.lot, *dates)
    match = Match(condition, _money(write.cost), write.lot, *dates)
    where = (write.sku, write.inventory_location_id, write.quantity)
    match write.transaction_type:
        case "increment":
            account.stock.increment(*where, attributes)
        case "decrement":
            account.stock.decrement(*where, match)
        case "adjust":
            account.stock.adjust(*where, attributes)
        case "modify":
            changes = (write.new_inventory_location_id, write.new_condition, write.new_cost)
            if not any(changes):
                raise invalid("transaction_type", "modify", "a new_ field is expected with it")
            account.stock.modify(
                *where,
                match,
                new_location_id=write.new_inventory_location_id,
                new_condition=write.new_condition,
                new_cost=_money(write.new_cost),
            )


def _money(money: MoneyShape | None) -> Money | None:
    return None if money is None else (Decimal(str(money.amount)), money.currency.lower())


def list_stock_places(account: Account, call: Call) -> Response:
    """A page of inventory warehouses or locations."""
    kind = call.request.path.rsplit("/", 1)[-1]
    assert kind in ("inventory_warehouses", "inventory_locations")
    rows = list(account.master_data.raw_items(kind).values())  # type: ignore[arg-type]
    return snapshot_page(account, call, kind, rows)


def get_inventory_warehouse(account: Account, call: Call) -> Response:
    """One inventory warehouse."""
    warehouse_id = call.ids["inventory_warehouse_id"]
    raw = account.master_data.raw_items("inventory_warehouses").get(warehouse_id)
    if raw is None:
        raise not_found("inventory warehouse", warehouse_id)
    return Response(200, raw, JSON)


def get_inventory_location(account: Account, call: Call) -> Response:
    """One inventory location."""
    location_id = call.ids["inventory_location_id"]
    raw = account.master_data.raw_items("inventory_locations").get(location_id)
    if raw is None:
        raise not_found("inventory location", location_id)
    return Response(200, raw, JSON)


_PAGES = (PAGE, PAGE_SIZE, LIMIT, CURSOR)

ROUTES = (
    Route("GET", "/v2/inventory", list_levels, FILTERS),
    Route("POST", "/v2/inventory", write_stock, body=StockWrite),
    Route("GET", "/v2/inventory_warehouses", list_stock_places, _PAGES),
    Route("GET", "/v2/inventory_locations", list_stock_places, _PAGES),
    Route(
        "GET",
        "/v2/inventory_warehouses/{inventory_warehouse_id}",
        get_inventory_warehouse,
        open_ids=frozenset({"inventory_warehouse_id"}),
    ),
    Route(
        "GET",
        "/v2/inventory_locations/{inventory_location_id}",
        get_inventory_location,
        open_ids=frozenset({"inventory_location_id"}),
    ),
)
