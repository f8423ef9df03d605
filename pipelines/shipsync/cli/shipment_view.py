"""What ``shipsync shipments get`` prints: a shipment in the words that a person looks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shipsync.cli import output

Item = Mapping[str, object]

_FIELDS = (
    *("shipment_id", "shipment_number", "external_shipment_id", "external_order_id"),
    *("shipment_status", "created_at", "modified_at", "ship_date", "hold_until_date"),
    *("warehouse_id", "carrier_id", "service_code", "confirmation", "notes_from_buyer"),
)
_ADDRESS = (
    *("name", "company_name", "address_line1", "address_line2", "address_line3"),
    *("city_locality", "state_province", "postal_code", "country_code"),
)


def show(shipment: Item) -> None:
    """Print what the shipment is, where it goes and what is in it."""
    from shipsync.queries import ResultRows

    rows = [(name, text) for name, text in _rows(shipment) if text]
    output.show_table(ResultRows(("field", "value"), rows))


def _rows(shipment: Item) -> Iterator[tuple[str, str]]:
    for name in _FIELDS:
        value = shipment.get(name)
        yield name, "" if value is None else str(value)
    address = shipment.get("ship_to")
    if isinstance(address, Mapping):
        yield "ship_to", ", ".join(str(address[part]) for part in _ADDRESS if address.get(part))
    for item in _objects(shipment.get("items")):
        names = [str(item[name]) for name in ("sku", "name") if item.get(name)]
        yield "item", f"{item.get('quantity', 1)} x {' '.join(names)}"
    for package in _objects(shipment.get("packages")):
        yield (
            "package",
            f"{_measure(package.get('weight'))} {package.get('package_code') or ''}".strip(),
        )
    yield "tags", ", ".join(str(tag.get("name")) for tag in _objects(shipment.get("tags")))
    for name in ("amount_paid", "shipping_paid", "tax_paid"):
        yield name, _money(shipment.get(name))


def _measure(weight: object) -> str:
    return f"{weight.get('value')} {weight.get('unit')}" if isinstance(weight, Mapping) else ""


def _money(amount: object) -> str:
    """An amount with its currency; nothing for zero, which ShipStation shows where it knows none."""
    if not isinstance(amount, Mapping) or not amount.get("amount"):
        return ""
    return f"{amount['amount']:.2f} {amount.get('currency')}"


def _objects(value: object) -> list[Item]:
    return [part for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []
