"""From the cells of one shipment to the body that creates it, in the vendor's shape.

What stands on several lines of a file has been put together before (``shipment_rows``): cells that hold
for the whole shipment, one set of cells for each item and for each package.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Mapping

import orjson

from shipsync.reverse.orders.shipment_rows import GivenShipment
from shipsync.reverse.plan.cells import (
    Cells,
    at_most,
    choice,
    country,
    date,
    flag,
    money,
    number,
    required,
    whole_number,
)
from shipsync.reverse.plan.problems import InvalidRowError, Problem
from shipsync.reverse.plan.spoiled_cells import check_cells

LONGEST_ID = 50
"""Characters of an ``external_shipment_id`` that ShipStation keeps (FACTS, Shipments)."""

MOST_UNITS = 999_999_999
"""Units of one item; more is a slip."""

WEIGHT_UNITS = ("ounce", "pound", "gram", "kilogram")
LENGTH_UNITS = ("inch", "centimeter")
CONFIRMATIONS = (
    *("none", "delivery", "signature", "adult_signature", "direct_signature"),
    *("delivery_mailed", "verbal_confirmation"),
)
INSURERS = ("none", "shipsurance", "carrier", "third_party")
RESIDENTIAL = ("unknown", "yes", "no")

_NEEDED = {
    "name": "Say who it is for.",
    "address_line1": "Give street and number.",
    "city_locality": "Give the town.",
    "state_province": "Give the state or province; repeat the town where there is none.",
    "postal_code": "Give the postal code.",
}
_OPTIONAL = (
    *("phone", "email", "company_name", "address_line2", "address_line3"),
    "instructions",
)
ADDRESS_COLUMNS = (*_NEEDED, *_OPTIONAL, "country_code", "address_residential_indicator")
_TEXTS = (
    *("external_order_id", "carrier_id", "service_code", "warehouse_id", "store_id"),
    *("notes_from_buyer", "notes_for_gift", "assigned_user"),
)
_DATES = ("ship_date", "ship_by_date", "hold_until_date")
_MONEY = ("amount_paid", "shipping_paid", "tax_paid")
_ITEM_TEXTS = ("sku", "name", "external_order_item_id", "product_id")
_SIZES = ("length", "width", "height")

COLUMNS = frozenset(
    {
        *("external_shipment_id", "shipment_number", "confirmation", "insurance_provider"),
        *("is_gift", "tags", *_TEXTS, *_DATES, *_MONEY),
        *(f"{column}_currency" for column in _MONEY),
        *(f"{p}_{name}" for p in ("ship_to", "ship_from", "return_to") for name in ADDRESS_COLUMNS),
        *(f"item_{name}" for name in (*_ITEM_TEXTS, "quantity", "unit_price")),
        *(f"package_{name}" for name in (*_SIZES, "number", "code", "weight", "weight_unit")),
        *("package_length_unit", "package_insured_value", "package_insured_value_currency"),
        "package_content_description",
    }
)
REQUIRED = tuple(frozenset({f"ship_to_{name}"}) for name in (*_NEEDED, "country_code"))

Body = dict[str, object]


def read_shipment(given: GivenShipment, known_skus: Container[str] = ()) -> Body:
    """The shipment as it is sent; ``external_shipment_id`` is given or derived from the contents.

    A SKU among ``known_skus`` is never taken for spoilt. Raises ``InvalidRowError`` for what cannot be meant.
    """
    for row in given.rows:
        check_cells(row.cells, known_skus)
    given.check_lines()
    cells = given.cells
    body: Body = {
        "external_shipment_id": at_most(cells, "external_shipment_id", LONGEST_ID),
        "shipment_number": at_most(cells, "shipment_number", LONGEST_ID),
        **{column: cells.get(column) for column in _TEXTS},
        **{column: date(cells, column) for column in _DATES},
        **{column: _money(cells, column) for column in _MONEY},
        "confirmation": choice(cells, "confirmation", CONFIRMATIONS),
        "insurance_provider": choice(cells, "insurance_provider", INSURERS),
        "is_gift": flag(cells, "is_gift"),
        "tags": [{"name": name} for name in _tags(cells)],
        "ship_to": _address(cells, "ship_to"),
        "ship_from": _address_if_any(cells, "ship_from"),
        "return_to": _address_if_any(cells, "return_to"),
        "items": [_item(item) for item in given.items],
        "packages": [_package(package) for package in given.packages],
        **given.passed_on,
    }
    body = _said(body)
    if "warehouse_id" not in body and "ship_from" not in body:
        raise InvalidRowError(Problem.NO_ORIGIN)
    external_id = str(body.setdefault("external_shipment_id", _derived_id(body)))
    if external_id in (".", ".."):
        raise InvalidRowError(Problem.UNUSABLE_ID, column="external_shipment_id", value=external_id)
    return body


def _derived_id(body: Mapping[str, object]) -> str:
    """An id for a shipment that came without one: the same contents get the same id."""
    parts = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    return f"auto-{hashlib.sha256(parts).hexdigest()[:24]}"


def _money(cells: Cells, column: str) -> Body | None:
    """An amount with its currency, as the API takes it."""
    found = money(cells, column, f"{column}_currency")
    return None if found is None else {"amount": float(found[0]), "currency": found[1].lower()}


def _tags(cells: Cells) -> list[str]:
    return [tag for part in cells.get("tags", "").split(";") if (tag := part.strip())]


def _address_if_any(cells: Cells, prefix: str) -> Body | None:
    given = any(f"{prefix}_{name}" in cells for name in ADDRESS_COLUMNS)
    return _address(cells, prefix) if given else None


def _address(cells: Cells, prefix: str) -> Body:
    needed = {name: required(cells, f"{prefix}_{name}", advice) for name, advice in _NEEDED.items()}
    indicator = choice(cells, f"{prefix}_address_residential_indicator", RESIDENTIAL)
    return _said(
        {
            **needed,
            "country_code": country(cells, f"{prefix}_country_code"),
            "address_residential_indicator": indicator or "unknown",
            **{name: cells.get(f"{prefix}_{name}") for name in _OPTIONAL},
        }
    )


def _item(cells: Cells) -> Body:
    if "item_sku" not in cells and "item_name" not in cells:
        raise InvalidRowError(Problem.EMPTY_ITEM)
    return _said(
        {
            **{name: cells.get(f"item_{name}") for name in _ITEM_TEXTS},
            "quantity": whole_number(cells, "item_quantity", least=1, most=MOST_UNITS) or 1,
            "unit_price": number(cells, "item_unit_price"),
        }
    )


def _package(cells: Cells) -> Body:
    weight = number(cells, "package_weight")
    if weight is None:
        required(cells, "package_weight", "Give the weight of the packed box.")
    sizes = {name: number(cells, f"package_{name}") for name in _SIZES}
    dimensions = None
    if any(size is not None for size in sizes.values()):
        unit = _unit(cells, "package_length", "package_length_unit", LENGTH_UNITS)
        dimensions = {"unit": unit, **{name: size or 0 for name, size in sizes.items()}}
    return _said(
        {
            "package_code": cells.get("package_code"),
            "weight": {
                "value": weight,
                "unit": _unit(cells, "package_weight", "package_weight_unit", WEIGHT_UNITS),
            },
            "dimensions": dimensions,
            "insured_value": _money(cells, "package_insured_value"),
            "content_description": at_most(cells, "package_content_description", 35),
        }
    )


def _unit(cells: Cells, column: str, unit_column: str, allowed: tuple[str, ...]) -> str:
    unit = choice(cells, unit_column, allowed)
    if unit is None:
        raise InvalidRowError(
            Problem.WITHOUT_UNIT,
            column=column,
            value=cells.get(column, "given"),
            unit=unit_column,
            allowed=", ".join(allowed),
        )
    return unit


def _said(given: Mapping[str, object]) -> Body:
    """What was given: neither nulls nor empty lists are sent."""
    return {name: value for name, value in given.items() if value is not None and value != []}
