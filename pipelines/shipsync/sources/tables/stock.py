"""What is in stock, where, and what comes from whom.

Fields of suppliers and purchase orders are those of the documentation of 2026, but for two of
``purchase_order_items`` that are inferred.
"""

from __future__ import annotations

from shipsync.sources.schema import Table, day, decimal, document, instant, money, text, whole

INVENTORY_LEVELS = Table(
    name="inventory_levels",
    about="Stock. ShipStation leaves out a SKU whose quantity is 0: a missing row means 0, not unknown.",
    one="a SKU at an inventory location",
    key=(
        "sku",
        "inventory_location_id",
        "inventory_warehouse_id",
    ),
    loading="snapshot",
    columns=(
        text("sku", "Stock keeping unit"),
        text("inventory_location_id", "Place inside an inventory warehouse"),
        text(
            "inventory_warehouse_id",
            "Inventory warehouse; not the same thing as a ship-from warehouse_id",
        ),
        whole("on_hand", "Pieces in the place"),
        whole("allocated", "Pieces promised to orders"),
        whole("available", "Pieces that can still be sold: on_hand less allocated"),
        *money("average_cost", "Mean cost of one piece"),
    ),
    optional_key=frozenset({"inventory_warehouse_id"}),
)

INVENTORY_WAREHOUSES = Table(
    name="inventory_warehouses",
    about="Warehouses that hold stock.",
    one="an inventory warehouse",
    key=("inventory_warehouse_id",),
    loading="snapshot",
    columns=(
        text(
            "inventory_warehouse_id",
            "Inventory warehouse; not the same thing as a ship-from warehouse_id",
        ),
        text("name", "Name of the inventory warehouse"),
        instant("created_at", "When it was created"),
        instant("updated_at", "When it was last updated"),
    ),
)

INVENTORY_LOCATIONS = Table(
    name="inventory_locations",
    about="Places inside inventory warehouses.",
    one="an inventory location",
    key=("inventory_location_id",),
    loading="snapshot",
    columns=(
        text("inventory_location_id", "Place inside an inventory warehouse"),
        text(
            "inventory_warehouse_id",
            "Inventory warehouse; not the same thing as a ship-from warehouse_id",
        ),
        text("name", "Name of the place"),
        instant("created_at", "When it was created"),
        instant("updated_at", "When it was last updated"),
    ),
    refers_to={"inventory_warehouse_id": "inventory_warehouses"},
)

SUPPLIERS = Table(
    name="suppliers",
    about="Vendors that stock is bought from.",
    one="a supplier",
    key=("supplier_id",),
    loading="snapshot",
    columns=(
        text("supplier_id", "ShipStation's id of the supplier"),
        text("supplier_name", "Name of the company"),
        text("supplier_email", "Where purchase orders are sent to"),
        text("address_line_1", "First street line", standard="address_line1"),
        text("address_line_2", "Second street line", standard="address_line2"),
        text("city", "City", standard="city_locality"),
        text("state", "State or province", standard="state_province"),
        text("postal_code", "Postal code"),
        text("country_code", "Country, ISO 3166 alpha-2"),
        text("contact_name", "Whom to ask for"),
        text("contact_phone", "Telephone number of the contact"),
    ),
)

PURCHASE_ORDERS = Table(
    name="purchase_orders",
    about="Stock that was ordered from suppliers.",
    one="a purchase order",
    key=("purchase_order_id",),
    loading="snapshot",
    columns=(
        text("purchase_order_id", "ShipStation's id of the purchase order"),
        text(
            "order_number",
            "Number that ShipStation gave it, such as 02162026-02",
            standard="purchase_order_number",
        ),
        text("supplier_id", "Supplier it was sent to"),
        text("supplier_name", "Name of the supplier"),
        text(
            "status",
            "draft, open, receiving, received, cancelled or closed",
            standard="purchase_order_status",
        ),
        day("order_date", "Day it was placed with the supplier"),
        day("expected_delivery_date", "Day the goods are expected"),
        instant("create_date", "When it was created", standard="created_at"),
        instant("modify_date", "When it was last modified", standard="modified_at"),
        text("reference_number", "Reference that the merchant gave it"),
        text("warehouse_id", "Warehouse that the goods are received in"),
        text("payment_terms", "When to pay: net_30, payment_on_receipt and others"),
        text("payment_status", "unpaid, partially_paid, paid and others"),
        text("currency_code", "Currency of the costs, ISO 4217"),
        text("shipping_carrier", "Who brings the goods, as it was written"),
        text("tracking_number", "The carrier's tracking number"),
        text("note_to_supplier", "Note to the supplier"),
        document("products", "Lines of this version, as JSON"),
    ),
    refers_to={"supplier_id": "suppliers"},
)

PURCHASE_ORDER_ITEMS = Table(
    name="purchase_order_items",
    about="Lines of purchase orders.",
    one="a line",
    key=("purchase_order_id",),
    loading="children",
    columns=(
        text("purchase_order_id", "ShipStation's id of the purchase order"),
        whole("item_index", "Position of the line in the list, from 0"),
        text("sku", "Stock keeping unit"),
        text("supplier_sku", "What the supplier calls it"),
        whole("quantity", "Pieces ordered"),
        decimal("cost", "Cost of one piece, in the order's currency_code", standard="unit_cost"),
        # Inferred: the documentation has them where goods are received, not where orders are read.
        whole("received_quantity", "Pieces received and accepted"),
        whole("rejected_quantity", "Pieces received and rejected"),
    ),
)
