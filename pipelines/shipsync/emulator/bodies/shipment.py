"""Shipments in the exact shape of the capture: keys, their order, and which kind of nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Protocol

from shipsync.emulator.options import Options
from shipsync.emulator.shop.external_ids import DrawsNumbers, external_shipment_id
from shipsync.emulator.shop.purchases import Line, Purchase
from shipsync.emulator.timestamps import to_text
from shipsync.emulator.wallclock import CENTRAL, PACIFIC, business_day, day_start, midnight_in

Body = dict[str, Any]

ADVANCED_OPTIONS: Body = {
    "bill_to_account": None,
    "bill_to_country_code": None,
    "bill_to_party": None,
    "bill_to_postal_code": None,
    "bill_to_name": None,
    "bill_to_address_line1": None,
    "contains_alcohol": False,
    "delivered_duty_paid": False,
    "non_machinable": False,
    "saturday_delivery": False,
    "dry_ice": False,
    "dry_ice_weight": None,
    "fedex_freight": None,
    "third_party_consignee": False,
    "guaranteed_duties_and_taxes": False,
    "prepaid_duties_taxes": False,
    "ancillary_endorsements_option": None,
    "freight_class": None,
    "custom_field1": None,
    "custom_field2": None,
    "custom_field3": None,
    "collect_on_delivery": None,
    "return_pickup_attempts": None,
    "additional_handling": False,
    "own_document_upload": False,
    "limited_quantity": False,
    "event_notification": False,
    "import_services": False,
    "override_holiday": False,
    "fragile": False,
    "delivery_as_addressed": False,
    "return_after_first_attempt": False,
}
"""What a shipment that asks for nothing special says. Shared: copy it before changing it."""

LABEL_MESSAGES: Body = {"reference1": None, "reference2": None, "reference3": None}
"""The empty lines of a label. Shared: copy it before changing it."""


class BodySource(DrawsNumbers, Protocol):
    """What a new body is made from: where its ids come from, and the options that it obeys."""

    @property
    def options(self) -> Options:
        """The options of the account that the body is for."""
        ...


def money(amount: float) -> Body:
    """An amount in US dollars as the API writes it."""
    return {"currency": "usd", "amount": amount}


def ounces(value: float) -> Body:
    """A weight as the API writes it."""
    return {"value": value, "unit": "ounce"}


def shipment_body(
    source: BodySource,
    order: Purchase,
    *,
    created_at: int,
    modified_at: int | None = None,
    lines: Sequence[Line] | None = None,
    carries_money: bool = True,
    status: str = "pending",
    hold_until: date | None = None,
    tags: Sequence[str] = (),
    service_is_chosen: bool | None = None,
) -> Body:
    """One shipment of an order, with new ids.

    ``lines`` are those in this shipment (all of the order by default); of a split order only one
    shipment carries the money, the others 0.0. Instants are microseconds since 1970.
    """
    options, numbers = source.options, source
    lines = order.lines if lines is None else lines
    if service_is_chosen is None:
        service_is_chosen = order.service_is_chosen
    day = business_day(created_at)
    no_date = options.sparse_shipments and hold_until is not None
    weight = round(sum(line.weight for line in lines), 2)
    boxes = order.boxes if len(lines) == len(order.lines) else 1
    share = 1.0 if carries_money else 0.0
    return {
        "shipment_id": numbers.new_id("shipments"),
        "carrier_id": order.carrier.carrier_id if service_is_chosen else None,
        "service_code": order.service.code if service_is_chosen else None,
        "requested_shipment_service": None if service_is_chosen else order.service.name,
        "external_shipment_id": external_shipment_id(numbers, order.store)
        if options.external_ids == "shops"
        else None,
        "shipment_number": order.number,
        "hold_until_date": hold_date(hold_until, order.number, options) if hold_until else None,
        "ship_date": None if no_date else day_start(day),
        "ship_datetime": None,
        "ship_by_date": day_start(day + timedelta(days=1)),
        "deliver_by_date": day_start(day + timedelta(days=order.service.days + 6)),
        "created_at": to_text(created_at),
        "modified_at": to_text(created_at if modified_at is None else modified_at),
        "shipment_status": status,
        "ship_to": order.buyer.on_shipment(),
        "ship_from": order.warehouse.origin(),
        "warehouse_id": order.warehouse.warehouse_id,
        "return_to": order.warehouse.returns(),
        "is_return": False,
        "confirmation": order.confirmation,
        "customs": _customs(order),
        "external_order_id": None,
        "order_source_code": order.store.source,
        "advanced_options": ADVANCED_OPTIONS,
        "comparison_rate_type": None,
        "retail_rate": None,
        "shipping_rule_id": None,
        "insurance_provider": "none",
        "tags": [{"name": name} for name in tags],
        "store_id": order.store.store_id,
        "packages": [
            _package(numbers, order, lines, weight / boxes, options) for _ in range(boxes)
        ],
        "total_weight": ounces(weight),
        "items": _items(numbers, order, lines, options),
        "notes_from_buyer": order.buyer_note,
        "internal_notes": None,
        "notes_for_gift": order.gift_note,
        "is_gift": order.gift_note is not None,
        "assigned_user": None,
        "amount_paid": money(order.total * share),
        "shipping_paid": money(order.shipping * share),
        "tax_paid": money(order.tax * share),
        "zone": _zone(order) if service_is_chosen else None,
        "dangerous_goods_declaration": None,
        "sender_info": None,
        "notes_to_buyer": None,
    }


def _zone(order: Purchase) -> int | None:
    place, origin = order.buyer.place, order.warehouse.place
    if not place.is_domestic:
        return None
    return 1 + min(7, int(abs(place.longitude - origin.longitude) / 6))


def _customs(order: Purchase) -> Body | None:
    if not order.is_international:
        return None
    return {"contents": "merchandise", "non_delivery": "return_to_sender", "customs_items": []}


def hold_date(day: date, order_number: str, options: Options) -> str:
    """The day until which an order is held, as the zone of whoever held it writes it."""
    if options.hold_dates == "t00":
        return day_start(day)
    return midnight_in(day, CENTRAL if _digits(order_number) % 5 == 0 else PACIFIC)


def _digits(order_number: str) -> int:
    return int("".join(filter(str.isdigit, order_number)))


def _package(
    numbers: DrawsNumbers, order: Purchase, lines: Sequence[Line], weight: float, options: Options
) -> Body:
    kind = order.package_type
    is_bare = options.sparse_shipments and _digits(order.number) % 4 == 0
    return {
        "shipment_package_id": numbers.new_id("shipment_packages"),
        "package_id": None if is_bare else kind.package_id,
        "package_code": None if is_bare else kind.code,
        "package_name": kind.name,
        "weight": ounces(round(weight, 2)),
        "dimensions": kind.dimensions(),
        "insured_value": money(0.0),
        "label_messages": LABEL_MESSAGES,
        "external_package_id": None,
        "content_description": None,
        "products": [_declared(line) for line in lines] if order.is_international else None,
        "dangerous_goods_package_info": None,
    }


def _declared(line: Line) -> Body:
    return {
        "quantity": line.quantity,
        "value": money(line.product.cost),
        "weight": ounces(line.product.weight),
        "harmonized_tariff_code": None,
        "country_of_origin": "US",
        "sku": line.product.sku,
        "sku_description": line.product.name,
    }


def _items(
    numbers: DrawsNumbers, order: Purchase, lines: Sequence[Line], options: Options
) -> list[Body]:
    items = [_item(numbers, order, line) for line in lines]
    if not options.live_items:
        return items
    number = _digits(order.number)
    first, nothing = items[0], {"weight": ounces(0.0), "product_id": None, "upc": None}
    for item in items:
        item["external_order_item_id"] = f"{14_000_000_000_000 + int(item['item_id'])}"
        item["tax_amount"] = None if number % 2 else item["tax_amount"]
    if number % 5 == 0:
        first["options"] = [*first["options"], {"name": "Gift message", "value": ""}]
    if number % 3 == 0:
        off = -round(first["unit_price"] * 0.15, 2)
        discount = {"name": "Discount", "sku": "", "quantity": 1, "unit_price": off}
        items.append({**_item(numbers, order, lines[0]), **nothing, **discount, "options": []})
    if number % 40 == 0:
        sample = {"name": "Sample card", "sku": None, "quantity": 1, "unit_price": 0.0}
        items.append({**_item(numbers, order, lines[0]), **nothing, **sample, "options": []})
    return items


def _item(numbers: DrawsNumbers, order: Purchase, line: Line) -> Body:
    product, source = line.product, order.store.source
    return {
        "sales_order_id": None,
        "sales_order_item_id": None,
        "quantity": line.quantity,
        "name": product.name,
        "sku": product.sku,
        "bundle_sku": None,
        "external_order_id": None,
        "external_order_item_id": None,
        "asin": f"B0{product.product_id:08d}" if source == "amazon_us" else None,
        "order_source_code": source,
        "item_id": str(1_402_000_000_000 + numbers.new_number("items")),
        "allocation_status": None,
        "image_url": None,
        "weight": ounces(product.weight),
        "unit_price": product.price,
        "tax_amount": 0.0 if order.is_international else round(line.amount * 0.0725, 2),
        "shipping_amount": 0.0,
        "inventory_location": product.bin,
        "options": [{"name": product.option[0], "value": product.option[1]}]
        if product.option
        else [],
        "product_id": str(product.product_id),
        "fullfilment_sku": None,
        "upc": product.upc,
    }
