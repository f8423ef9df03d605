"""What is in stock, and where."""

from __future__ import annotations

from shipsync.sources.schema import Table, instant, money, text, whole

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
