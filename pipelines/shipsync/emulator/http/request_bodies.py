"""What the write endpoints accept: the shapes of their bodies.

Anything that does not fit is answered with 400 before the account's state is looked at. Fields that
are not named here are ignored.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
)

from shipsync.emulator.http.query import is_identifier
from shipsync.emulator.timestamps import given_micros

LONGEST_EXTERNAL_ID = 50
"""Characters of an external_shipment_id that are kept [O]."""


def _date_time(text: str) -> str:
    given_micros(text)
    return text


def _identifier(text: str) -> str:
    if not is_identifier(text):
        raise ValueError("an id such as se-123 is expected")
    return text


Moment = Annotated[str, AfterValidator(_date_time)]
Identifier = Annotated[str, AfterValidator(_identifier)]
Text = Annotated[str, Field(max_length=2_000)]
Word = Annotated[str, Field(min_length=1, max_length=200)]
Code = Annotated[str, Field(pattern=r"^[a-z0-9]+(_[a-z0-9-]+)*\z", max_length=50)]
Amount = Annotated[StrictFloat | StrictInt, Field(ge=0, le=1_000_000_000)]
Count = Annotated[StrictInt, Field(ge=0, le=1_000_000_000)]
Condition = Literal["sellable", "damaged", "expired", "qa_hold"]


class Shape(BaseModel):
    """What all bodies have in common."""

    model_config = ConfigDict(extra="ignore")


class Money(Shape):
    """An amount in a currency."""

    currency: Annotated[str, Field(pattern=r"^[A-Za-z]{3}\z")]
    amount: Amount


class StockWrite(Shape):
    """POST /v2/inventory: one change to one SKU at one location."""

    transaction_type: Literal["increment", "decrement", "adjust", "modify"]
    sku: Word
    quantity: Count
    inventory_location_id: Word
    cost: Money | None = None
    condition: Condition | None = None
    lot: Text | None = None
    usable_start_date: Moment | None = None
    usable_end_date: Moment | None = None
    effective_at: Moment | None = None
    reason: Text | None = None
    notes: Text | None = None
    new_inventory_location_id: Word | None = None
    new_cost: Money | None = None
    new_condition: Condition | None = None


class Address(Shape):
    """A postal address."""

    instructions: Word | None = None
    name: Word
    phone: Word = "555-555-5555"
    email: Text | None = None
    company_name: Word | None = None
    address_line1: Word
    address_line2: Word | None = None
    address_line3: Word | None = None
    city_locality: Word
    state_province: Word
    postal_code: Word
    country_code: Annotated[str, Field(min_length=2, max_length=2)]
    address_residential_indicator: Literal["unknown", "yes", "no"] = "unknown"


class Weight(Shape):
    """A weight; the official schemas demand more than 2 of the unit, which captures break."""

    value: Amount
    unit: Literal["pound", "ounce", "gram", "kilogram"]


class Dimensions(Shape):
    """Outer size of a box."""

    unit: Literal["inch", "centimeter"]
    length: Amount = 0
    width: Amount = 0
    height: Amount = 0


class GivenPackage(Shape):
    """A box of a shipment."""

    weight: Weight
    package_code: Code = "package"
    dimensions: Dimensions | None = None
    insured_value: Money | None = None
    content_description: Annotated[str, Field(min_length=1, max_length=35)] | None = None


class ItemOption(Shape):
    """A property of an ordered article, such as its size."""

    name: Text
    value: Text


class Item(Shape):
    """A line of an order."""

    name: Text = ""
    sku: Text | None = None
    quantity: Count = 1
    item_id: Text | None = None
    sales_order_id: Text | None = None
    external_order_id: Text | None = None
    external_order_item_id: Text | None = None
    unit_price: Amount | None = None
    tax_amount: Amount | None = None
    shipping_amount: Amount | None = None
    product_id: Text | None = None
    weight: Weight | None = None
    options: list[ItemOption] = []


class Tag(Shape):
    """A tag by its name."""

    name: Word


class ShipmentUpdate(Shape):
    """PUT /v2/shipments/{id}: what is to be replaced."""

    external_order_id: Text | None = None
    carrier_id: Identifier | None = None
    service_code: Code | None = None
    store_id: Identifier | None = None
    warehouse_id: Identifier | None = None
    shipment_number: Annotated[str, Field(max_length=50)] | None = None
    ship_date: Moment | None = None
    ship_by_date: Moment | None = None
    hold_until_date: Moment | None = None
    ship_to: Address | None = None
    ship_from: Address | None = None
    return_to: Address | None = None
    confirmation: Literal[
        "none",
        "delivery",
        "signature",
        "adult_signature",
        "direct_signature",
        "delivery_mailed",
        "verbal_confirmation",
    ] = "none"
    insurance_provider: Literal["none", "shipsurance", "carrier", "third_party"] = "none"
    tags: list[Tag] = []
    items: list[Item] = []
    packages: Annotated[list[GivenPackage], Field(min_length=1)] | None = None
    notes_from_buyer: Text | None = None
    notes_for_gift: Text | None = None
    is_gift: StrictBool = False
    assigned_user: Text | None = None
    amount_paid: Money | None = None
    shipping_paid: Money | None = None
    tax_paid: Money | None = None


class NewShipment(ShipmentUpdate):
    """One shipment to create; without ``ship_from`` it leaves from a warehouse."""

    external_shipment_id: Annotated[str, Field(min_length=1)] | None = None
    create_sales_order: StrictBool = False
    ship_to: Address

    @property
    def external_id(self) -> str | None:
        """The caller's id as it is kept: cut to 50 characters."""
        whole = self.external_shipment_id
        return None if whole is None else whole[:LONGEST_EXTERNAL_ID]


class NewShipments(Shape):
    """POST /v2/shipments."""

    shipments: Annotated[list[NewShipment], Field(min_length=1)]


class NewLabel(Shape):
    """POST /v2/labels: a label together with a shipment of its own."""

    shipment: dict[str, Any]


class NewFulfillment(Shape):
    """One shipment to mark as shipped."""

    shipment_id: Identifier
    tracking_number: Word
    carrier_code: Word
    ship_date: Moment | None = None
    notify_customer: StrictBool = False
    notify_order_source: StrictBool = False


class NewFulfillments(Shape):
    """POST /v2/fulfillments."""

    fulfillments: Annotated[list[NewFulfillment], Field(min_length=1)]


class RateOptions(Shape):
    """Which carriers to ask."""

    carrier_ids: Annotated[list[Identifier], Field(min_length=1)]
    service_codes: list[Text] = []


class RateRequest(Shape):
    """POST /v2/rates: for a shipment that exists, or for one described here."""

    shipment_id: Identifier | None = None
    shipment: NewShipment | None = None
    rate_options: RateOptions | None = None


class Header(Shape):
    """A header that webhook calls shall carry."""

    key: Word
    value: Text


WebhookEvent = Literal[
    "batch",
    "carrier_connected",
    "order_source_refresh_complete",
    "rate",
    "report_complete",
    "sales_orders_imported",
    "track",
    "batch_processed_v2",
    "fulfillment_rejected_v2",
    "fulfillment_shipped_v2",
    "label_created_v2",
    "shipment_created_v2",
    "track_event_v2",
]


WebhookUrl = Annotated[str, Field(pattern=r"^https?://.+\z", max_length=2_000)]
"""An address; the document's own example has blanks in its host."""


class NewWebhook(Shape):
    """POST /v2/environment/webhooks; ``name`` is required since 2026 [O]."""

    event: WebhookEvent
    url: WebhookUrl
    name: Text | None = None
    headers: list[Header] = []
    store_id: Count | None = None


class WebhookUpdate(Shape):
    """PUT /v2/environment/webhooks/{id}: url, headers and name can change, nothing else [O]."""

    url: WebhookUrl | None = None
    name: Text | None = None
    headers: list[Header] | None = None
