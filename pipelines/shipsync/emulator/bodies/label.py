"""Labels in the exact shape of the production capture."""

from __future__ import annotations

import base64
import random
from typing import Any

from shipsync.emulator.bodies.shipment import LABEL_MESSAGES, BodySource, money
from shipsync.emulator.options import Options
from shipsync.emulator.shop.carriers import SERVICES, Carrier, Style
from shipsync.emulator.shop.external_ids import DrawsNumbers
from shipsync.emulator.timestamps import to_text
from shipsync.emulator.wallclock import PACIFIC, business_day, carrier_day, day_in, midnight_in

Body = dict[str, Any]

_DOWNLOADS = "https://api.shipstation.com/v2/downloads/14"
_OUNCES_PER_POUND = 16.0


def token(rng: random.Random) -> str:
    """22 characters as the vendor's generated ids and download links have."""
    return base64.urlsafe_b64encode(rng.randbytes(16))[:22].decode()


def auto_external_id(rng: random.Random) -> str:
    """The external shipment id that a label gets when its shipment has none: ``SEAuto-`` and 22."""
    return f"SEAuto-{token(rng)}"


def label_body(
    numbers: BodySource,
    rng: random.Random,
    shipment: Body,
    *,
    service_code: str,
    created_at: int,
    external_id: str,
    batch_id: str,
) -> Body:
    """A label just bought for a shipment, with new ids and tracking numbers.

    ``shipment`` is the shipment's body now. Several boxes get several packages whose order in the
    array is not that of ``sequence``; the label's own tracking number is that of sequence 1.
    """
    carrier, service = SERVICES[service_code]
    label_id = numbers.new_id("labels")
    boxes = [
        _package(numbers, rng, carrier, box, sequence)
        for sequence, box in enumerate(shipment["packages"], start=1)
    ]
    tracking_number = boxes[0]["tracking_number"]
    if len(boxes) > 1:
        boxes.append(boxes.pop(0))
    pounds = round(shipment["total_weight"]["value"] / _OUNCES_PER_POUND, 2)
    rates = _rates(carrier, service.price, pounds)
    quirks = _quirks(numbers, carrier, rates) if numbers.options.label_quirks else {}
    return {
        "label_id": label_id,
        "status": "completed",
        "shipment_id": shipment["shipment_id"],
        "external_shipment_id": shipment["external_shipment_id"] or external_id,
        "external_order_id": shipment["external_order_id"],
        "ship_date": _ship_date(created_at, numbers.options),
        "created_at": to_text(created_at),
        "shipment_cost": money(round(sum(rate["amount"]["amount"] for rate in rates), 2)),
        "insurance_cost": money(0.0),
        "requested_comparison_amount": None,
        "rate_details": rates,
        "tracking_number": tracking_number,
        "is_return_label": False,
        "rma_number": None,
        "is_international": service.international,
        "batch_id": batch_id,
        "carrier_id": carrier.carrier_id,
        "service_code": service_code,
        "package_code": shipment["packages"][0]["package_code"] or "package",
        "voided": False,
        "voided_at": None,
        "void_type": None,
        "refund_details": None,
        "label_format": "pdf",
        "display_scheme": "label",
        "label_layout": "4x6",
        "trackable": True,
        "label_image_id": None,
        "carrier_code": carrier.code,
        "carrier_weight": {"value": pounds, "unit": "pound"},
        "confirmation": shipment["confirmation"],
        "tracking_status": "in_transit",
        "label_download": _download(rng, f"label-{label_id[3:]}", with_href=True),
        "form_download": None,
        "qr_code_download": None,
        "insurance_claim": None,
        "paperless_download": None,
        "packages": boxes,
        "charge_event": "carrier_default",
        "alternative_identifiers": [],
        "shipping_rule_id": None,
        "tracking_url": carrier.tracking_url(tracking_number),
        "pickup_windows": [],
        "ship_to": {**shipment["ship_to"], "geolocation": []},
        **quirks,
    }


def _ship_date(created_at: int, options: Options) -> str:
    if options.ship_dates == "t07":
        return carrier_day(business_day(created_at))
    return midnight_in(day_in(created_at, PACIFIC), PACIFIC)


def _quirks(numbers: DrawsNumbers, carrier: Carrier, rates: list[Body]) -> Body:
    """What labels of another live account hold in place of what the first captures do."""
    number = numbers.new_number("external_orders")
    quirks: Body = {"carrier_weight": None}
    if number % 5 < 2:
        quirks["external_order_id"] = str(6_000_000_000_000 + number)
    if carrier.style is Style.USPS:
        return {**quirks, "carrier_code": "usps", "rate_details": []}
    freight, *others = rates
    fees = round(sum(rate["amount"]["amount"] for rate in others), 2)
    kept = {**freight, "rate_detail_type": "shipping"}
    added = _rate("additional_fees", "Additional Fees", fees, "carrier")
    return {**quirks, "rate_details": [kept, added]}


def delivered_status(label_id: str, options: Options) -> str:
    """The ``tracking_status`` that a label gets by itself when its parcel is delivered."""
    match options.label_tracking_status:
        case "moves":
            return "delivered"
        case "on_read":
            return "in_transit"
        case "lies":
            lies = {0: "in_transit", 1: "unknown"}
            return lies.get(int(label_id.removeprefix("se-")) % 10, "delivered")


def _package(
    numbers: DrawsNumbers, rng: random.Random, carrier: Carrier, box: Body, sequence: int
) -> Body:
    package_id = numbers.new_number("label_packages")
    return {
        "package_id": package_id,
        "package_code": box["package_code"] or "package",
        "weight": box["weight"],
        "dimensions": box["dimensions"],
        "insured_value": box["insured_value"],
        "tracking_number": carrier.tracking_number(rng),
        "label_download": _download(rng, f"labelpackage-{package_id}", with_href=False),
        "qr_code_download": None,
        "paperless_download": None,
        "label_messages": LABEL_MESSAGES,
        "external_package_id": None,
        "content_description": None,
        "sequence": sequence,
        "alternative_identifiers": [],
        "has_label_documents": False,
        "has_form_documents": False,
        "has_qr_code_documents": False,
        "has_paperless_label_documents": False,
    }


def _download(rng: random.Random, name: str, *, with_href: bool) -> Body:
    stem = f"{_DOWNLOADS}/{token(rng)}/{name}"
    links = {"pdf": f"{stem}.pdf", "png": f"{stem}.png", "zpl": f"{stem}.zpl"}
    return {**links, "href": links["pdf"]} if with_href else links


def _rates(carrier: Carrier, price: float, pounds: float) -> list[Body]:
    freight = round(price + 0.55 * pounds, 2)
    if carrier.style is Style.USPS:
        return [_rate("shipping", "Postage", freight, "carrier")]
    fuel = round(freight * 0.17, 2)
    return [
        _rate("fuel_charge", f"{carrier.friendly_name} Ground Fuel", fuel, "carrier"),
        _rate("shipping", "Total Net Freight", freight, "carrier"),
        _rate("shipping", "Additional Fee", 1.35, "product"),
    ]


def _rate(kind: str, description: str, amount: float, source: str) -> Body:
    return {
        "rate_detail_type": kind,
        "carrier_description": description,
        "carrier_billing_code": None,
        "carrier_memo": None,
        "amount": money(amount),
        "billing_source": source,
    }
