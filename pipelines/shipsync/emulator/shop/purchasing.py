"""Whom the shop buys from, and what it has ordered there, as an account has it before its first day."""

from __future__ import annotations

from typing import Any, Final, Literal

from shipsync.emulator.shop.goods import PRODUCTS, Product

Body = dict[str, Any]

_SUPPLIERS: Final = (
    ("se-567", "Northern Mills Ltd", "orders@northernmills.example", "Leeds", "GB", "Priya Shah"),
    ("se-568", "Cedar & Clay Co", "sales@cedarclay.example", "Austin", "US", "Tom Alvarez"),
    ("se-569", "Atelier Lumen", "commandes@lumen.example", "Lyon", "FR", None),
)
_ORDERS: Final = (
    # status, supplier, day of February 2026, share of the pieces that has come in
    ("closed", 0, 2, 1.0),
    ("received", 1, 6, 1.0),
    ("receiving", 1, 11, 0.5),
    ("open", 2, 16, 0.0),
    ("cancelled", 0, 18, 0.0),
    ("draft", 2, 20, 0.0),
)


def purchasing(warehouse_id: str) -> dict[Literal["suppliers", "purchase_orders"], list[Body]]:
    """Both lists; the goods go to the warehouse of stock ``warehouse_id``.

    A purchase order is as the API serves it by itself, with ``supplier_name`` of the list.
    """
    orders = [_order(number, warehouse_id) for number in range(len(_ORDERS))]
    return {"suppliers": _suppliers(), "purchase_orders": orders}


def _suppliers() -> list[Body]:
    return [
        {
            "supplier_id": supplier_id,
            "supplier_name": name,
            "supplier_email": email,
            "address_line_1": "12 Mill Road",
            "address_line_2": None,
            "city": city,
            "state": "TX" if country == "US" else None,
            "postal_code": "78701" if country == "US" else None,
            "country_code": country,
            "contact_name": contact,
            "contact_phone": "512-555-0100" if contact else None,
        }
        for supplier_id, name, email, city, country, contact in _SUPPLIERS
    ]


def _order(number: int, warehouse_id: str) -> Body:
    status, supplier, day, share = _ORDERS[number]
    created = f"2026-02-{day:02d}T10:30:00Z"
    goods = PRODUCTS[number * 2 : number * 2 + 3]
    return {
        "purchase_order_id": f"se-{234 + number}",
        "order_number": f"02{day:02d}2026-01",
        "supplier_id": _SUPPLIERS[supplier][0],
        "supplier_name": _SUPPLIERS[supplier][1],
        "status": status,
        "order_date": f"2026-02-{day:02d}T00:00:00Z",
        "expected_delivery_date": f"2026-03-{day:02d}T00:00:00Z",
        "create_date": created,
        "modify_date": created,
        "payment_terms": "net_30",
        "payment_status": "paid" if status == "closed" else "unpaid",
        "currency_code": "USD",
        "shipping_carrier": "UPS" if share else None,
        "tracking_number": None,
        "reference_number": f"REF-{number + 1:03d}",
        "warehouse_id": warehouse_id,
        "note_to_supplier": None,
        "products": [_line(product, share) for product in goods],
    }


def _line(product: Product, share: float) -> Body:
    quantity = 10 + product.product_id % 40
    return {
        "sku": product.sku,
        "supplier_sku": f"S-{product.sku}",
        "quantity": quantity,
        "cost": round(product.cost, 2),
        "received_quantity": int(quantity * share),
        "rejected_quantity": 0,
    }
