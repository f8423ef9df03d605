"""What hardly ever changes: products, origins, carriers and tags."""

from __future__ import annotations

from shipsync.sources.schema import (
    Table,
    boolean,
    decimal,
    dimensions,
    document,
    instant,
    money,
    text,
    weight,
    whole,
)

PRODUCTS = Table(
    name="products",
    about="Products of the catalogue.",
    one="a product",
    key=("product_id",),
    loading="snapshot",
    columns=(
        whole("product_id", "ShipStation's number of the product"),
        text("sku", "Stock keeping unit"),
        text("name", "Product name"),
        text("upc", "Universal product code"),
        text("thumbnail_url", "Small picture"),
        *money("price", "Selling price"),
        *dimensions("dimensions"),
        *weight("weight", "Weight"),
        instant("create_date", "When it was created", standard="created_at"),
        instant("modify_date", "When it was last modified", standard="modified_at"),
        boolean("active", "Whether it is in use", standard="is_active"),
        boolean(
            "no_customs",
            "Whether it is left out of customs declarations",
            standard="has_no_customs",
        ),
        boolean("is_returnable", "Whether it may come back"),
        boolean("should_override_name", "Whether this name replaces the one on the order"),
        boolean("is_bundle", "Whether it consists of other products"),
        text("internal_notes", "Note for staff"),
        text("fulfillment_sku", "SKU used for picking"),
        text("preset_group", "Group of shipping presets"),
        text("warehouse_location", "Where it lies, in words"),
        text("default_carrier_code", "Carrier used at home"),
        text("default_service_code", "Service used at home"),
        text("default_package_code", "Package used at home"),
        text("default_intl_carrier_code", "Carrier used abroad"),
        text("default_intl_service_code", "Service used abroad"),
        text("default_intl_package_code", "Package used abroad"),
        text("default_confirmation", "Delivery confirmation used at home"),
        text("default_intl_confirmation", "Delivery confirmation used abroad"),
        text("customs_description", "What it is, for customs"),
        text("customs_tariff_no", "Tariff number"),
        text("customs_country_code", "Country of origin"),
        text("product_type", "Kind of product"),
        decimal("customs_value", "Value for customs"),
        text("auto_split_option", "How orders of it are split"),
        whole("auto_split_custom_quantity", "Pieces per part when split"),
        document("product_category", "Category, as JSON"),
        document("tags", "Product tags, as JSON"),
        document("aliases", "Other SKUs it is sold under, as JSON"),
        document("bundle_components", "Products it consists of, as JSON"),
    ),
)

WAREHOUSES = Table(
    name="warehouses",
    about="Addresses that shipments leave from.",
    one="a ship-from warehouse",
    key=("warehouse_id",),
    loading="snapshot",
    columns=(
        text("warehouse_id", "Ship-from warehouse"),
        text("name", "Name of the warehouse"),
        boolean("is_default", "Whether new shipments start here"),
        instant("created_at", "When it was created"),
        document("origin_address", "Ship-from address, as JSON"),
        document("return_address", "Return address, as JSON"),
    ),
)

CARRIERS = Table(
    name="carriers",
    about="Carrier accounts connected to ShipStation.",
    one="a carrier account",
    key=("carrier_id",),
    loading="snapshot",
    columns=(
        text("carrier_id", "ShipStation's id of the carrier account"),
        text("carrier_code", "Carrier, such as fedex or stamps_com"),
        text("account_number", "Account number with the carrier"),
        text("nickname", "The account's name given by the merchant"),
        text("friendly_name", "The carrier's name"),
        text("funding_source_id", "Where postage is paid from"),
        boolean("requires_funded_amount", "Whether postage must be paid in advance"),
        boolean(
            "primary", "Whether it is the first account with this carrier", standard="is_primary"
        ),
        boolean("supports_label_messages", "Whether reference lines can be printed"),
        boolean("has_multi_package_supporting_services", "Whether a service takes several boxes"),
        boolean(
            "disabled_by_billing_plan",
            "Whether the plan does not include it",
            standard="is_disabled_by_billing_plan",
        ),
        decimal("balance", "Postage left on the account"),
        document("packages", "Kinds of package it offers, as JSON"),
        document("options", "Options it offers, as JSON"),
    ),
    ignored=frozenset({"services"}),
)

CARRIER_SERVICES = Table(
    name="carrier_services",
    about="Services that the carrier accounts offer.",
    one="a service of a carrier account",
    key=(
        "carrier_id",
        "service_code",
    ),
    loading="snapshot",
    columns=(
        text("carrier_id", "ShipStation's id of the carrier account"),
        text("carrier_code", "Carrier, such as fedex or stamps_com"),
        text("service_code", "Carrier service, such as fedex_ground"),
        text("name", "Service, in words"),
        boolean("domestic", "Whether it serves the home country", standard="is_domestic"),
        boolean("international", "Whether it serves other countries", standard="is_international"),
        boolean("is_multi_package_supported", "Whether one label may have several boxes"),
    ),
    refers_to={"carrier_id": "carriers"},
)

TAGS = Table(
    name="tags",
    about="Tags known to the account.",
    one="a tag",
    key=("name",),
    loading="snapshot",
    columns=(
        text("name", "Tag"),
        text("tag_id", "ShipStation's id of the tag"),
        text("color", "Colour, as hexadecimal RGB"),
    ),
)
