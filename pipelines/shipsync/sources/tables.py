"""Every raw table: its columns in the vendor's names, its key, and how it is loaded.

Field lists: the OpenAPI document and the production captures. Times that a carrier may send without an
offset stand twice: as they came (``*_text``) and as an instant that reads a missing offset as UTC.
"""

from __future__ import annotations

from shipsync.sources.schema import (
    Column,
    ColumnKind,
    Table,
    address,
    boolean,
    decimal,
    dimensions,
    document,
    instant,
    money,
    number,
    text,
    weight,
    whole,
)

SHIPMENTS = Table(
    name="shipments",
    key=("shipment_id",),
    loading="versions",
    columns=(
        *text("shipment_id", "shipment_number", "external_shipment_id", "external_order_id"),
        *text("order_source_code", "shipment_status", "carrier_id", "service_code"),
        *text("requested_shipment_service", "warehouse_id", "store_id", "shipping_rule_id"),
        *instant("created_at", "modified_at", "ship_date", "ship_datetime", "ship_by_date"),
        *instant("deliver_by_date", "hold_until_date"),
        *address("ship_to"),
        *document("ship_from", "return_to"),
        *boolean("is_return", "is_gift"),
        *text("confirmation", "insurance_provider", "comparison_rate_type", "display_scheme"),
        *text("assigned_user", "notes_from_buyer", "notes_to_buyer", "notes_for_gift"),
        *text("internal_notes"),
        *money("amount_paid", "shipping_paid", "tax_paid", "retail_rate"),
        *weight("total_weight"),
        *whole("zone"),
        *document("items", "packages", "tags", "customs", "advanced_options", "tax_identifiers"),
        *document("dangerous_goods_declaration", "sender_info"),
    ),
)

SHIPMENT_ITEMS = Table(
    name="shipment_items",
    key=("shipment_id",),
    loading="children",
    columns=(
        *text("shipment_id"),
        *whole("item_index"),
        *text("item_id", "sku", "name"),
        *whole("quantity"),
        *decimal("unit_price", "tax_amount", "shipping_amount"),
        *text("product_id", "bundle_sku", "fullfilment_sku", "upc", "asin", "sales_order_id"),
        *text("sales_order_item_id", "external_order_id", "external_order_item_id"),
        *text("order_source_code", "allocation_status", "inventory_location", "image_url"),
        *weight("weight"),
        *document("options"),
    ),
)

SHIPMENT_PACKAGES = Table(
    name="shipment_packages",
    key=("shipment_id",),
    loading="children",
    columns=(
        *text("shipment_id"),
        *whole("package_index"),
        *text("shipment_package_id", "package_id", "package_code", "package_name"),
        *weight("weight"),
        *dimensions("dimensions"),
        *money("insured_value"),
        *text("tracking_number", "external_package_id", "content_description"),
        *document("label_messages", "products", "dangerous_goods_package_info"),
    ),
)

SHIPMENT_TAGS = Table(
    name="shipment_tags",
    key=("shipment_id",),
    loading="children",
    columns=(*text("shipment_id"), *whole("tag_index"), *text("name", "tag_id", "color")),
)

FULFILLMENTS = Table(
    name="fulfillments",
    key=("fulfillment_id",),
    loading="versions",
    columns=(
        *text("fulfillment_id", "shipment_id", "shipment_number", "user_id", "tracking_number"),
        *instant("created_at", "ship_date", "voided_at", "delivered_at"),
        *text("fulfillment_carrier_friendly_name", "fulfillment_provider_id"),
        *text("fulfillment_provider_friendly_name", "fulfillment_provider_code"),
        *text("fulfillment_service_code"),
        *money("fulfillment_fee"),
        *boolean("void_requested", "voided", "order_source_notified"),
        *text("notification_error_message"),
        *address("ship_to"),
    ),
)

LABELS = Table(
    name="labels",
    key=("label_id",),
    loading="versions",
    columns=(
        *text("label_id", "status", "shipment_id", "external_shipment_id", "external_order_id"),
        *instant("created_at", "ship_date", "voided_at"),
        *boolean("voided", "is_return_label", "is_international", "trackable", "test_label"),
        *text("tracking_number", "tracking_status", "tracking_url", "carrier_id", "carrier_code"),
        *text("service_code", "package_code", "batch_id", "outbound_label_id", "rma_number"),
        *money("shipment_cost", "insurance_cost", "requested_comparison_amount"),
        *document("rate_details"),
        *text("void_type", "confirmation", "charge_event", "validate_address"),
        *text("label_download_type", "label_format", "display_scheme", "label_layout"),
        *text("label_image_id", "shipping_rule_id"),
        *weight("carrier_weight"),
        *document("refund_details", "label_download", "form_download", "qr_code_download"),
        *document("paperless_download", "insurance_claim", "alternative_identifiers"),
        *document("pickup_windows", "packages", "shipment"),
        *address("ship_to"),
    ),
)

LABEL_PACKAGES = Table(
    name="label_packages",
    key=("label_id",),
    loading="children",
    columns=(
        *text("label_id"),
        *whole("package_index", "package_id", "sequence"),
        *text("package_code", "tracking_number", "external_package_id", "content_description"),
        *weight("weight"),
        *dimensions("dimensions"),
        *money("insured_value"),
        *document("label_messages", "alternative_identifiers", "label_download"),
        *document("form_download", "qr_code_download", "paperless_download"),
        *boolean("has_label_documents", "has_form_documents", "has_qr_code_documents"),
        *boolean("has_paperless_label_documents"),
    ),
)

TRACKING = Table(
    name="tracking",
    key=("label_id",),
    loading="versions",
    columns=(
        *text("label_id", "tracking_number", "tracking_url", "status_code", "status_detail_code"),
        *text("status_description", "status_detail_description", "carrier_code"),
        *whole("carrier_id"),
        *text("carrier_detail_code", "carrier_status_code", "carrier_status_description"),
        *instant("ship_date", "estimated_delivery_date", "actual_delivery_date"),
        Column("ship_date_text", ColumnKind.TEXT, ("ship_date",)),
        Column("estimated_delivery_date_text", ColumnKind.TEXT, ("estimated_delivery_date",)),
        Column("actual_delivery_date_text", ColumnKind.TEXT, ("actual_delivery_date",)),
        *text("exception_description"),
        *whole("event_count"),
    ),
    ignored=frozenset({"events"}),
)

TRACKING_EVENTS = Table(
    name="tracking_events",
    key=("label_id", "event_key"),
    loading="insert_only",
    columns=(
        *text("label_id", "event_key", "tracking_number"),
        *instant("occurred_at"),
        Column("carrier_occurred_at", ColumnKind.LOCAL_TIME, ("carrier_occurred_at",)),
        Column("occurred_at_text", ColumnKind.TEXT, ("occurred_at",)),
        Column("carrier_occurred_at_text", ColumnKind.TEXT, ("carrier_occurred_at",)),
        *text("description", "city_locality", "state_province", "postal_code", "country_code"),
        *text("company_name", "signer", "event_code", "carrier_detail_code", "status_code"),
        *text("status_description", "carrier_status_code", "carrier_status_description"),
        *text("status_detail_code", "status_detail_description", "proof_of_delivery_url"),
        *number("latitude", "longitude"),
    ),
)

INVENTORY_LEVELS = Table(
    name="inventory_levels",
    key=("sku", "inventory_location_id", "inventory_warehouse_id"),
    loading="snapshot",
    columns=(
        *text("sku", "inventory_location_id", "inventory_warehouse_id"),
        *whole("on_hand", "allocated", "available"),
        *money("average_cost"),
    ),
    optional_key=frozenset({"inventory_warehouse_id"}),
)

WAREHOUSES = Table(
    name="warehouses",
    key=("warehouse_id",),
    loading="snapshot",
    columns=(
        *text("warehouse_id", "name"),
        *boolean("is_default"),
        *instant("created_at"),
        *document("origin_address", "return_address"),
    ),
)

INVENTORY_WAREHOUSES = Table(
    name="inventory_warehouses",
    key=("inventory_warehouse_id",),
    loading="snapshot",
    columns=(*text("inventory_warehouse_id", "name"), *instant("created_at", "updated_at")),
)

INVENTORY_LOCATIONS = Table(
    name="inventory_locations",
    key=("inventory_location_id",),
    loading="snapshot",
    columns=(
        *text("inventory_location_id", "inventory_warehouse_id", "name"),
        *instant("created_at", "updated_at"),
    ),
)

PRODUCTS = Table(
    name="products",
    key=("product_id",),
    loading="snapshot",
    columns=(
        *whole("product_id"),
        *text("sku", "name", "upc", "thumbnail_url"),
        *money("price"),
        *dimensions("dimensions"),
        *weight("weight"),
        *instant("create_date", "modify_date"),
        *boolean("active", "no_customs", "is_returnable", "should_override_name", "is_bundle"),
        *text("internal_notes", "fulfillment_sku", "preset_group", "warehouse_location"),
        *text("default_carrier_code", "default_service_code", "default_package_code"),
        *text("default_intl_carrier_code", "default_intl_service_code"),
        *text("default_intl_package_code", "default_confirmation", "default_intl_confirmation"),
        *text("customs_description", "customs_tariff_no", "customs_country_code", "product_type"),
        *decimal("customs_value"),
        *text("auto_split_option"),
        *whole("auto_split_custom_quantity"),
        *document("product_category", "tags", "aliases", "bundle_components"),
    ),
)

CARRIERS = Table(
    name="carriers",
    key=("carrier_id",),
    loading="snapshot",
    columns=(
        *text("carrier_id", "carrier_code", "account_number", "nickname", "friendly_name"),
        *text("funding_source_id"),
        *boolean("requires_funded_amount", "primary", "supports_label_messages"),
        *boolean("has_multi_package_supporting_services", "disabled_by_billing_plan"),
        *decimal("balance"),
        *document("packages", "options"),
    ),
    ignored=frozenset({"services"}),
)

CARRIER_SERVICES = Table(
    name="carrier_services",
    key=("carrier_id", "service_code"),
    loading="snapshot",
    columns=(
        *text("carrier_id", "carrier_code", "service_code", "name"),
        *boolean("domestic", "international", "is_multi_package_supported"),
    ),
)

TAGS = Table(
    name="tags",
    key=("name",),
    loading="snapshot",
    columns=text("name", "tag_id", "color"),
)

TABLES: tuple[Table, ...] = (
    SHIPMENTS,
    SHIPMENT_ITEMS,
    SHIPMENT_PACKAGES,
    SHIPMENT_TAGS,
    FULFILLMENTS,
    LABELS,
    LABEL_PACKAGES,
    TRACKING,
    TRACKING_EVENTS,
    INVENTORY_LEVELS,
    WAREHOUSES,
    INVENTORY_WAREHOUSES,
    INVENTORY_LOCATIONS,
    PRODUCTS,
    CARRIERS,
    CARRIER_SERVICES,
    TAGS,
)
