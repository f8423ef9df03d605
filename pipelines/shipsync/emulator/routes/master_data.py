"""Lists that change rarely: warehouses, tags, carriers, products."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import orjson

from shipsync.emulator.account.account import Account
from shipsync.emulator.http.paging import PageLimit, envelope, reachable, wanted_page
from shipsync.emulator.http.problems import JSON, ErrorBody, not_found
from shipsync.emulator.http.query import Parameter
from shipsync.emulator.http.request import Response, new_request_id
from shipsync.emulator.http.routing import PAGE, PAGE_SIZE, Call, Route

MOST_PRODUCTS = 100
"""The largest page of products, and the size of one when none is asked for [O]."""


def _array(name: str, rows: Iterable[bytes]) -> bytes:
    return b'{"' + name.encode() + b'":[' + b",".join(rows) + b"]}"


def list_warehouses(account: Account, call: Call) -> Response:
    """All warehouses in one answer [O]."""
    return Response(
        200, _array("warehouses", account.master_data.raw_items("warehouses").values()), JSON
    )


def get_warehouse(account: Account, call: Call) -> Response:
    """One warehouse."""
    warehouse_id = call.ids["warehouse_id"]
    raw = account.master_data.raw_items("warehouses").get(warehouse_id)
    if raw is None:
        raise not_found("warehouse", warehouse_id)
    return Response(200, raw, JSON)


def list_tags(account: Account, call: Call) -> Response:
    """All tags in one answer [O]."""
    return Response(200, _array("tags", account.master_data.raw_items("tags").values()), JSON)


def list_carriers(account: Account, call: Call) -> Response:
    """The connected carriers with their services; errors stand beside them, and 207 is possible."""
    rows = list(account.master_data.raw_items("carriers").values())
    size, number = call.query.number("page_size"), call.query.number("page") or 1
    if size is not None:
        rows = rows[(number - 1) * size : number * size]
    errors = []
    if account.options.carriers_partial:
        message = "One carrier account did not answer."
        problem = ErrorBody("integrations", "carrier_disconnected", message)
        errors.append(problem.body("carrier"))
    tail = orjson.dumps({"request_id": str(new_request_id(call.random)), "errors": errors})
    body = _array("carriers", rows)[:-1] + b"," + tail[1:]
    return Response(207 if errors else 200, body, JSON)


def list_products(account: Account, call: Call) -> Response:
    """A page of products, by sku, name or whether they are active."""
    query, options = call.query, account.options
    limit = call.page_limit or PageLimit(MOST_PRODUCTS, options.oversized_page)
    limit = replace(limit, rows=min(limit.rows, MOST_PRODUCTS))
    wanted = wanted_page(query, options, limit, min(MOST_PRODUCTS, limit.rows))
    rows = list(account.master_data.raw_items("products").values())
    asked = {"sku": query.text("sku"), "name": query.text("name"), "active": query.flag("active")}
    asked = {name: value for name, value in asked.items() if value is not None}
    if asked:
        rows = [row for row in rows if asked.items() <= orjson.loads(row).items()]
    shown = rows[wanted.offset : wanted.offset + wanted.size] if reachable(wanted, options) else []
    return envelope("products", shown, len(rows), wanted, call.request.path, query, options)


ROUTES = (
    Route("GET", "/v2/warehouses", list_warehouses),
    Route("GET", "/v2/warehouses/{warehouse_id}", get_warehouse),
    Route("GET", "/v2/tags", list_tags),
    Route(
        "GET",
        "/v2/carriers",
        list_carriers,
        (PAGE, PAGE_SIZE, Parameter("include_extended_details", "flag")),
    ),
    Route(
        "GET",
        "/v2/products",
        list_products,
        (Parameter("sku"), Parameter("name"), Parameter("active", "flag"), PAGE, PAGE_SIZE),
    ),
)
