"""What the account sells: products with their prices, weights and option values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]

_CREATED = "2025-11-03T16:20:44.31Z"


@dataclass(frozen=True, slots=True)
class Product:
    """Something with a SKU; ``weight`` in ounces, ``price`` and ``cost`` in US dollars."""

    product_id: int
    sku: str
    name: str
    option: tuple[str, str] | None
    price: float
    cost: float
    weight: float
    upc: str | None
    bin: str

    def body(self, *, created_at: str = _CREATED, modified_at: str = _CREATED) -> Body:
        """The product as GET /v2/products shows it."""
        return {
            "product_id": self.product_id,
            "sku": self.sku,
            "name": self.name,
            "upc": self.upc,
            "thumbnail_url": None,
            "price": {"currency": "usd", "amount": self.price},
            "dimensions": {"unit": "inch", "length": 9.0, "width": 6.0, "height": 3.5},
            "weight": {"value": self.weight, "unit": "ounce"},
            "internal_notes": None,
            "fulfillment_sku": None,
            "create_date": created_at,
            "modify_date": modified_at,
            "active": True,
            "product_category": {"product_category_id": 26101, "name": self.name.split()[-1]},
            "preset_group": None,
            "warehouse_location": self.bin,
            "default_carrier_code": None,
            "default_service_code": None,
            "default_package_code": "package",
            "default_intl_carrier_code": None,
            "default_intl_service_code": None,
            "default_intl_package_code": None,
            "default_confirmation": "none",
            "default_intl_confirmation": None,
            "customs_description": self.name,
            "customs_value": self.cost,
            "customs_tariff_no": None,
            "customs_country_code": "US",
            "no_customs": False,
            "tags": [{"tag_id": 21101, "name": "core range", "color": "#2E8B57"}],
            "aliases": [{"store_id": 2481101, "sku_alias": self.sku.lower()}],
            "product_type": "standalone",
            "is_returnable": True,
            "should_override_name": False,
            "is_bundle": False,
            "bundle_components": [],
            "auto_split_option": "do_not_split",
            "auto_split_custom_quantity": None,
        }


_FAMILIES: tuple[tuple[str, str, str, tuple[str, ...], float, float], ...] = (
    ("TRAY", "Birch Serving Tray", "Size", ("Small", "Large"), 34.5, 26.0),
    ("MUG", "Stoneware Mug", "Glaze", ("Moss", "Chalk", "Ink", "Rust"), 18.0, 14.5),
    ("CNDL", "Beeswax Candle", "Scent", ("Plain", "Fig", "Cedar"), 12.75, 8.2),
    ("THRW", "Merino Throw", "Colour", ("Oat", "Slate", "Teal", "Plum"), 96.0, 41.0),
    ("APRN", "Linen Apron", "Colour", ("Flax", "Navy"), 42.0, 11.5),
    ("KNIF", "Paring Knife", "Handle", ("Walnut", "Olive"), 27.9, 5.4),
    ("BOWL", "Mixing Bowl", "Size", ("1 l", "2 l", "4 l"), 31.0, 33.0),
    ("NOTE", "Pocket Notebook", "Ruling", ("Dots", "Lines", "Blank"), 7.25, 3.1),
    ("SOAP", "Olive Soap", "Scent", ("Plain", "Sage", "Tar"), 6.4, 4.3),
    ("LAMP", "Clamp Lamp", "Colour", ("Red", "Grey"), 59.0, 52.5),
    ("TEAP", "Cast Teapot", "Size", ("0.6 l", "1.2 l"), 74.0, 61.0),
    ("PLNT", "Terracotta Planter", "Size", ("10 cm", "18 cm", "26 cm"), 15.5, 38.0),
    ("SCRF", "Silk Scarf", "Pattern", ("Fern", "Tide"), 68.0, 3.4),
    ("BRSH", "Dish Brush", "Bristle", ("Union", "Horse"), 5.9, 2.6),
    ("CLCK", "Wall Clock", "Face", ("Ash", "Black"), 83.0, 29.0),
)


def made_up(
    number: int, family: str, name: str, option: tuple[str, str], **figures: float
) -> Product:
    """A product of a family; ``figures`` are ``price`` in dollars and ``weight`` in ounces."""
    price = figures["price"]
    return Product(
        product_id=6_815_800 + number,
        sku=f"{family}-{option[1].replace(' ', '').upper()}",
        name=name,
        option=option,
        price=price,
        cost=round(price * 0.42, 2),
        weight=figures["weight"],
        upc=f"0860007{number:05d}" if number % 3 else None,
        bin=f"Aisle {1 + number % 6}, Bin {1 + number % 11}",
    )


def _products() -> tuple[Product, ...]:
    kinds = [(family, value) for family in _FAMILIES for value in family[3]]
    return tuple(
        made_up(at, family[0], family[1], (family[2], value), price=family[4], weight=family[5])
        for at, (family, value) in enumerate(kinds, start=1)
    )


PRODUCTS = _products()
