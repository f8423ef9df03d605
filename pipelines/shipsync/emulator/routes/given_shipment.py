"""Shipments that came through the API: what was sent, filled up to the shape of every shipment."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from shipsync.emulator.account.account import Account
from shipsync.emulator.bodies.shipment import ADVANCED_OPTIONS, LABEL_MESSAGES
from shipsync.emulator.http.request_bodies import GivenPackage, Item, NewShipment, ShipmentUpdate
from shipsync.emulator.timestamps import of_moment, to_text

Body = dict[str, Any]

_DAYS_TO_DELIVER = 7
_NO_MONEY: Body = {"currency": "usd", "amount": 0.0}
_OUNCES = {"ounce": 1.0, "pound": 16.0, "gram": 0.035274, "kilogram": 35.274}


def shipment_from(account: Account, new: NewShipment) -> Body:
    """The whole body of a shipment just created, in the key order of the captures."""
    sent = new.model_dump(mode="json")
    now = to_text(of_moment(account.clock.now()))
    ship_date = new.ship_date or now
    warehouse = _warehouse(account, new.warehouse_id)
    origin = sent["ship_from"] or warehouse.get("origin_address") or sent["ship_to"]
    back = sent["return_to"] or warehouse.get("return_address") or origin
    packages = [_package(account, package) for package in new.packages or ()]
    return {
        "shipment_id": account.numbers.new_id("shipments"),
        "carrier_id": new.carrier_id,
        "service_code": new.service_code,
        "requested_shipment_service": None,
        "external_shipment_id": new.external_id,
        "shipment_number": new.shipment_number,
        "hold_until_date": new.hold_until_date,
        "ship_date": _day(ship_date),
        "ship_datetime": None,
        "ship_by_date": new.ship_by_date,
        "deliver_by_date": _day(ship_date, days_later=_DAYS_TO_DELIVER),
        "created_at": now,
        "modified_at": now,
        "shipment_status": "pending",
        "ship_to": {"geolocation": None, **sent["ship_to"]},
        "ship_from": {"geolocation": None, "instructions": None, **origin},
        "warehouse_id": new.warehouse_id or warehouse.get("warehouse_id"),
        "return_to": {"instructions": None, **back},
        "is_return": False,
        "confirmation": new.confirmation,
        "customs": None,
        "external_order_id": new.external_order_id,
        "order_source_code": None,
        "advanced_options": ADVANCED_OPTIONS,
        "comparison_rate_type": None,
        "retail_rate": None,
        "shipping_rule_id": None,
        "insurance_provider": new.insurance_provider,
        "tags": sent["tags"],
        "store_id": new.store_id or "se-1",
        "packages": packages or [_package(account, None)],
        "total_weight": total_weight(new.packages or ()),
        "items": [_item(account, item) for item in new.items],
        "notes_from_buyer": new.notes_from_buyer,
        "internal_notes": None,
        "notes_for_gift": new.notes_for_gift,
        "is_gift": new.is_gift,
        "assigned_user": new.assigned_user,
        "amount_paid": sent["amount_paid"] or _NO_MONEY,
        "shipping_paid": sent["shipping_paid"] or _NO_MONEY,
        "tax_paid": sent["tax_paid"] or _NO_MONEY,
        "zone": None,
        "dangerous_goods_declaration": None,
        "sender_info": None,
        "notes_to_buyer": None,
    }


def updated_shipment(account: Account, held: Body, update: ShipmentUpdate) -> Body:
    """The fields of a stored shipment that an update sets, in the shape in which they are served."""
    sent = update.model_dump(mode="json", exclude_unset=True)
    changes = {
        name: value for name, value in sent.items() if value is not None or _may_be_null(name)
    }
    for name in ("ship_to", "ship_from", "return_to"):
        if name in changes:
            changes[name] = {**held[name], **changes[name]}
    if update.packages and "packages" in changes:
        changes["packages"] = [_package(account, package) for package in update.packages]
        changes["total_weight"] = total_weight(update.packages)
    if "items" in changes:
        changes["items"] = [_item(account, item) for item in update.items]
    if "ship_date" in changes:
        changes["ship_date"] = _day(changes["ship_date"])
    return changes


def _may_be_null(name: str) -> bool:
    return name in {
        "external_order_id",
        "carrier_id",
        "service_code",
        "shipment_number",
        "ship_by_date",
        "hold_until_date",
        "notes_from_buyer",
        "notes_for_gift",
        "assigned_user",
    }


def _day(moment: str, *, days_later: int = 0) -> str:
    day = date.fromisoformat(moment[:10]) + timedelta(days=days_later)
    return f"{day.isoformat()}T00:00:00Z"


def _warehouse(account: Account, warehouse_id: str | None) -> Body:
    if warehouse_id is not None:
        return account.master_data.item("warehouses", warehouse_id) or {}
    warehouses = account.master_data.items("warehouses")
    default = [warehouse for warehouse in warehouses if warehouse.get("is_default")]
    return (default or warehouses or [{}])[0]


def total_weight(packages: list[GivenPackage] | tuple[GivenPackage, ...]) -> Body:
    """The weight of all boxes in ounces."""
    ounces = sum(package.weight.value * _OUNCES[package.weight.unit] for package in packages)
    return {"value": round(ounces, 2), "unit": "ounce"}


def _package(account: Account, package: GivenPackage | None) -> Body:
    sent: Body = package.model_dump(mode="json") if package else {}
    return {
        "shipment_package_id": account.numbers.new_id("shipment_packages"),
        "package_id": "se-3",
        "package_code": sent.get("package_code", "package"),
        "package_name": "GivenPackage",
        "weight": sent.get("weight", {"value": 0.0, "unit": "ounce"}),
        "dimensions": sent.get("dimensions")
        or {"unit": "inch", "length": 0.0, "width": 0.0, "height": 0.0},
        "insured_value": sent.get("insured_value") or _NO_MONEY,
        "label_messages": LABEL_MESSAGES,
        "external_package_id": None,
        "content_description": sent.get("content_description"),
        "products": None,
        "dangerous_goods_package_info": None,
    }


def _item(account: Account, item: Item) -> Body:
    sent = item.model_dump(mode="json")
    return {
        "sales_order_id": sent["sales_order_id"],
        "sales_order_item_id": None,
        "quantity": sent["quantity"],
        "name": sent["name"],
        "sku": sent["sku"],
        "bundle_sku": None,
        "external_order_id": sent["external_order_id"],
        "external_order_item_id": sent["external_order_item_id"],
        "asin": None,
        "order_source_code": None,
        "item_id": sent["item_id"] or str(account.numbers.new_number("items")),
        "allocation_status": None,
        "image_url": None,
        "weight": sent["weight"] or {"value": 0.0, "unit": "ounce"},
        "unit_price": sent["unit_price"],
        "tax_amount": sent["tax_amount"],
        "shipping_amount": sent["shipping_amount"],
        "inventory_location": None,
        "options": sent["options"],
        "product_id": sent["product_id"],
        "fullfilment_sku": None,
        "upc": None,
    }
