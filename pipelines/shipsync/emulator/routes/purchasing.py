"""Suppliers and purchase orders: reading them, as documented in March 2026 [O]."""

from __future__ import annotations

from typing import Final

import orjson

from shipsync.emulator.account.account import Account
from shipsync.emulator.account.journal import Kind
from shipsync.emulator.http.paging import PageLimit, envelope, wanted_page
from shipsync.emulator.http.problems import JSON, not_found
from shipsync.emulator.http.query import Parameter
from shipsync.emulator.http.request import Response
from shipsync.emulator.http.routing import PAGE, PAGE_SIZE, Call, Route

STATUSES: Final = ("draft", "open", "receiving", "received", "cancelled", "closed")
_DEFAULT_PAGE_SIZE: Final = 50
_IN_THE_LIST: Final = (
    *("purchase_order_id", "order_number", "supplier_id", "supplier_name", "status", "order_date"),
    *("expected_delivery_date", "create_date", "modify_date", "reference_number", "warehouse_id"),
)
"""Fields of a purchase order in the list; the others are shown by itself alone [O]."""


def list_suppliers(account: Account, call: Call) -> Response:
    """A page of suppliers, by a part of the name in any case."""
    name = (call.query.text("supplier_name") or "").lower()
    rows = [
        supplier
        for supplier in account.master_data.items("suppliers")
        if name in supplier["supplier_name"].lower()
    ]
    return _page(account, call, "suppliers", rows)


def get_supplier(account: Account, call: Call) -> Response:
    """One supplier."""
    return _one(account, "suppliers", "supplier", call.ids["supplier_id"])


def list_purchase_orders(account: Account, call: Call) -> Response:
    """A page of purchase orders without their products."""
    wanted = {
        name: call.query.text(name)
        for name in ("order_number", "status", "warehouse_id", "reference_number")
    }
    asked = {name: value for name, value in wanted.items() if value is not None}
    since = call.query.text("create_date_start") or ""
    rows = [
        {name: order[name] for name in _IN_THE_LIST}
        for order in account.master_data.items("purchase_orders")
        if asked.items() <= order.items() and order["create_date"] >= since
    ]
    return _page(account, call, "purchase_orders", rows)


def get_purchase_order(account: Account, call: Call) -> Response:
    """One purchase order with its products."""
    return _one(account, "purchase_orders", "purchase order", call.ids["purchase_order_id"])


def _page(account: Account, call: Call, items_key: str, rows: list[dict[str, object]]) -> Response:
    query, options = call.query, account.options
    limit = call.page_limit or PageLimit(options.max_page_size, options.oversized_page)
    wanted = wanted_page(query, options, limit, min(_DEFAULT_PAGE_SIZE, limit.rows))
    shown = [orjson.dumps(row) for row in rows[wanted.offset : wanted.offset + wanted.size]]
    return envelope(items_key, shown, len(rows), wanted, call.request.path, query, options)


def _one(account: Account, kind: Kind, called: str, entity_id: str) -> Response:
    raw = account.master_data.raw_items(kind).get(entity_id)
    if raw is None:
        raise not_found(called, entity_id)
    return Response(200, raw, JSON)


ROUTES = (
    Route("GET", "/v2/suppliers", list_suppliers, (Parameter("supplier_name"), PAGE, PAGE_SIZE)),
    Route("GET", "/v2/suppliers/{supplier_id}", get_supplier),
    Route(
        "GET",
        "/v2/purchase_orders",
        list_purchase_orders,
        (
            Parameter("order_number"),
            Parameter("status", "choice", STATUSES),
            Parameter("warehouse_id"),
            Parameter("reference_number"),
            Parameter("create_date_start"),
            PAGE,
            PAGE_SIZE,
        ),
    ),
    Route("GET", "/v2/purchase_orders/{purchase_order_id}", get_purchase_order),
)
