"""What is stored of an API object under ``hash`` and ``drop``: this list, and nothing else.

A field is stored as it came only if it stands here, under its raw table. What a table knows and the list
does not is hashed or dropped; what no table knows is not stored at all. Order numbers, ids, amounts,
times, carriers' codes and the town, region, postal code and country of an address stay: metrics need them
and they name nobody. Texts that people or carriers write freely do not, since anything may stand in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final, Literal

from shipsync.sources.schema import Table
from shipsync.sources.streams import Stream

Part = Literal["value", "all"]
Allowed = Mapping[str, "Allowed | Part"]
"""What is stored by key: a plain ``value``, ``all`` that stands there, or what its own keys hold."""


def _keys(*names: str) -> Allowed:
    return {key: "value" for name in names for key in name.split()}


_OURS: Final = ("item_index", "package_index", "tag_index")
_PLACE: Final = _keys(
    "city_locality state_province postal_code country_code address_residential_indicator"
)
_MONEY: Final = _keys("amount currency")
_WEIGHT: Final = _keys("value unit")
_DIMENSIONS: Final = _keys("length width height unit")

_KEPT: Final[Mapping[str, Allowed]] = {
    "shipments": {
        **_keys(
            "shipment_id shipment_number external_shipment_id external_order_id order_source_code",
            "shipment_status carrier_id service_code requested_shipment_service warehouse_id store_id",
            "shipping_rule_id created_at modified_at ship_date ship_datetime ship_by_date",
            "deliver_by_date hold_until_date is_return is_gift confirmation insurance_provider",
            "comparison_rate_type display_scheme assigned_user zone",
        ),
        "ship_to": _PLACE,
        "ship_from": _PLACE,
        "return_to": _PLACE,
        **dict.fromkeys(("amount_paid", "shipping_paid", "tax_paid", "retail_rate"), _MONEY),
        "total_weight": _WEIGHT,
        "customs": _keys("contents non_delivery terms_of_trade_code"),
        "advanced_options": _keys(
            "bill_to_party bill_to_country_code contains_alcohol delivered_duty_paid dry_ice",
            "non_machinable saturday_delivery use_ups_ground_freight_pricing freight_class",
            "origin_type additional_handling shipper_release collect_on_delivery regulated_content_type",
            "third_party_consignee dangerous_goods return_after_attempts return_pickup_attempts",
            "delivery_as_addressed own_document_upload limited_quantity event_notification",
            "ancillary_endorsements_option",
        ),
    },
    "shipment_items": {
        **_keys(
            "item_id sku name quantity unit_price tax_amount shipping_amount product_id bundle_sku",
            "fullfilment_sku upc asin sales_order_id sales_order_item_id external_order_id",
            "external_order_item_id order_source_code allocation_status inventory_location image_url",
        ),
        "weight": _WEIGHT,
    },
    "shipment_packages": {
        **_keys(
            "shipment_package_id package_id package_code package_name tracking_number",
            "external_package_id",
        ),
        "weight": _WEIGHT,
        "dimensions": _DIMENSIONS,
        "insured_value": _MONEY,
        "products": _keys("sku quantity value country_of_origin harmonized_tariff_code product_id"),
    },
    "shipment_tags": _keys("name tag_id color"),
    "fulfillments": {
        **_keys(
            "fulfillment_id shipment_id shipment_number user_id tracking_number created_at ship_date",
            "voided_at delivered_at fulfillment_carrier_friendly_name fulfillment_provider_id",
            "fulfillment_provider_friendly_name fulfillment_provider_code fulfillment_service_code",
            "void_requested voided order_source_notified",
        ),
        "fulfillment_fee": _MONEY,
        "ship_to": _PLACE,
    },
    "labels": {
        **_keys(
            "label_id status shipment_id external_shipment_id external_order_id created_at ship_date",
            "voided_at voided is_return_label is_international trackable test_label tracking_number",
            "tracking_status tracking_url carrier_id carrier_code service_code package_code batch_id",
            "outbound_label_id void_type confirmation charge_event validate_address",
            "label_download_type label_format display_scheme label_layout label_image_id",
            "shipping_rule_id",
        ),
        **dict.fromkeys(("shipment_cost", "insurance_cost", "requested_comparison_amount"), _MONEY),
        "rate_details": {
            **_keys("rate_detail_type carrier_billing_code carrier_description billing_source"),
            "amount": _MONEY,
        },
        "carrier_weight": _WEIGHT,
        "refund_details": {
            **_keys("refund_status request_date approved_date"),
            **dict.fromkeys(("amount_paid", "amount_requested", "amount_approved"), _MONEY),
        },
        "ship_to": _PLACE,
    },
    "label_packages": {
        **_keys(
            "package_id sequence package_code tracking_number external_package_id",
            "has_label_documents has_form_documents has_qr_code_documents",
            "has_paperless_label_documents",
        ),
        "weight": _WEIGHT,
        "dimensions": _DIMENSIONS,
        "insured_value": _MONEY,
    },
    "tracking": _keys(
        "label_id tracking_number tracking_url status_code status_detail_code status_description",
        "status_detail_description carrier_code carrier_id carrier_detail_code carrier_status_code",
        "ship_date estimated_delivery_date actual_delivery_date event_count",
    ),
    "tracking_events": _keys(
        "tracking_number occurred_at carrier_occurred_at city_locality state_province",
        "postal_code country_code event_code carrier_detail_code status_code status_description",
        "carrier_status_code status_detail_code status_detail_description",
    ),
}
"""By raw table. A table that is not named holds nothing of buyers: all that its columns take is stored."""

_ADDRESS: Final = {
    **_PLACE,
    **_keys("name phone email company_name address_line1 address_line2 address_line3 instructions"),
}
_WITHIN: Final[Mapping[str, Mapping[str, Allowed]]] = {
    "products": {
        "product_category": _keys("product_category_id name"),
        "tags": _keys("tag_id name color"),
        "aliases": _keys("store_id sku_alias"),
        "bundle_components": _keys(
            "bundle_product_id component_product_id sku quantity active",
        ),
    },
    "warehouses": {"origin_address": _ADDRESS, "return_address": _ADDRESS},
    "carriers": {
        "packages": {
            **_keys("package_id package_code name description"),
            "dimensions": _DIMENSIONS,
        },
        "options": _keys("name default_value description"),
    },
    "purchase_orders": {
        "products": _keys("sku supplier_sku quantity cost received_quantity rejected_quantity"),
    },
}
"""What is stored of the documents in such a table: the fields that are known, for they are the merchant's."""


def holds_buyers(table_name: str) -> bool:
    """Whether a raw table has fields that are not stored under ``hash`` and ``drop``."""
    return table_name in _KEPT


def has_buyers(stream: Stream) -> bool:
    """Whether objects of ``stream`` may name a buyer."""
    return any(holds_buyers(table.name) for table in stream.tables)


@cache
def allowed_in(table: Table) -> Allowed:
    """What is stored of an object, or of a line, that becomes a row of ``table``."""
    ours = _keys(*table.key, *_OURS)
    return {**ours, **(_KEPT[table.name] if holds_buyers(table.name) else _whole(table))}


@cache
def allowed_of(stream: Stream) -> Allowed:
    """What is stored of an object of ``stream``, its lines included."""
    return {
        **allowed_in(stream.table),
        **{lines.list_key: allowed_in(lines.table) for lines in stream.lines},
    }


@cache
def known_paths(stream: Stream) -> frozenset[tuple[str, ...]]:
    """Where the raw tables of ``stream`` look for a value; a text there is hashed under ``hash``."""
    own = {column.path for column in stream.table.columns}
    return frozenset(
        own | {(ls.list_key, *column.path) for ls in stream.lines for column in ls.table.columns}
    )


def kept_inside(stream: Stream, path: tuple[str, ...]) -> Allowed | Part | None:
    """What is stored at ``path`` of an object of ``stream``; None: nothing."""
    found: Allowed | Part = allowed_of(stream)
    for key in path:
        if isinstance(found, str):
            return found if found == "all" else None
        if key not in found:
            return None
        found = found[key]
    return found


def _whole(table: Table) -> Allowed:
    inner: dict[str, dict[str, Allowed | Part]] = {}
    allowed: dict[str, Allowed | Part] = {}
    for column in table.columns:
        if len(column.path) == 1:
            within = _WITHIN.get(table.name, {})
            allowed[column.path[0]] = within.get(column.path[0], "all")
        else:
            inner.setdefault(column.path[0], {})[column.path[1]] = "value"
    return {**allowed, **inner}
