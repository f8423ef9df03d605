"""Personal data is kept, hashed or dropped; what metrics need stays."""

from __future__ import annotations

from typing import Any

import pytest

from shipsync.sources import allow_list
from shipsync.sources.canonical import content_hash
from shipsync.sources.redaction import Redaction
from shipsync.sources.schema import EXTRA, Table
from shipsync.sources.streams import SHIPMENTS, STREAMS
from shipsync.sources.tables import TABLES

KEY = b"sixteen bytes of salt"
SHIPMENT: dict[str, Any] = {
    "shipment_id": "se-1",
    "notes_from_buyer": "ring twice",
    "ship_to": {
        "name": "Ada",
        "email": None,
        "address_line2": "",
        "postal_code": "00000",
        "country_code": "US",
        "floor": "3rd",
    },
    "advanced_options": {"custom_field1": "for Ada", "saturday_delivery": True},
    "items": [{"sku": "MUG", "options": [{"name": "Engraving", "value": "Ada"}], "to": "Ada"}],
    "customer_name": "Ada",
}


def test_keep_keeps_the_object() -> None:
    assert Redaction("keep").apply(SHIPMENTS, SHIPMENT) is SHIPMENT
    assert Redaction("keep").hash_of(SHIPMENTS)(SHIPMENT) == content_hash(SHIPMENT)


def test_drop_stores_what_is_on_the_list_and_nothing_else() -> None:
    assert Redaction("drop", KEY).apply(SHIPMENTS, SHIPMENT) == {
        "shipment_id": "se-1",
        "notes_from_buyer": None,
        "ship_to": {
            "name": None,
            "email": None,
            "address_line2": "",
            "postal_code": "00000",
            "country_code": "US",
        },
        "advanced_options": {"saturday_delivery": True},
        "items": [{"sku": "MUG", "options": None}],
    }
    assert SHIPMENT["ship_to"]["name"] == "Ada"


def test_hash_joins_equal_texts_and_depends_on_the_key() -> None:
    first = Redaction("hash", KEY).apply(SHIPMENTS, SHIPMENT)
    again = Redaction("hash", KEY).apply(SHIPMENTS, SHIPMENT)
    otherwise = Redaction("hash", b"another salt of 16").apply(SHIPMENTS, SHIPMENT)
    name = first["ship_to"]["name"]
    assert name == again["ship_to"]["name"]
    assert name not in ("Ada", otherwise["ship_to"]["name"])
    assert first["ship_to"]["email"] is None
    assert "floor" not in first["ship_to"]


@pytest.mark.parametrize("policy", ["hash", "drop"])
def test_what_was_redacted_comes_out_as_it_went_in(policy: Any) -> None:
    redaction = Redaction(policy, KEY)
    once = redaction.apply(SHIPMENTS, SHIPMENT)
    assert redaction.apply(SHIPMENTS, once) == once


@pytest.mark.parametrize("odd", [["Ada"], {"to": "Ada"}, [{"to": "Ada"}], [["Ada"]], 5, True])
@pytest.mark.parametrize(
    "key", ["ship_to", "items", "shipment_status", "advanced_options", "customs"]
)
def test_a_value_in_an_odd_place_lets_nothing_through(key: str, odd: object) -> None:
    stored = Redaction("drop", KEY).apply(SHIPMENTS, {"shipment_id": "se-1", key: odd})
    assert "Ada" not in str(stored)


def test_a_content_hash_cannot_be_guessed_without_the_key() -> None:
    guessed = content_hash(SHIPMENT)
    assert Redaction("drop", KEY).hash_of(SHIPMENTS)(SHIPMENT) != guessed
    assert Redaction("drop", KEY).identity(guessed) == Redaction("hash", KEY).hash_of(SHIPMENTS)(
        SHIPMENT
    )


def test_lists_without_buyers_are_stored_whole() -> None:
    product = {"product_id": 1, "sku": "MUG", "name": "Mug", "tags": [{"name": "kitchen"}]}
    redaction = Redaction("drop", KEY)
    assert redaction.apply(STREAMS["products"], product) == product
    assert redaction.hash_of(STREAMS["products"])(product) == content_hash(product)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        pytest.param(table, column, id=f"{table.name}.{column}")
        for table in TABLES
        if not allow_list.holds_buyers(table.name)
        for column in table.documents
        if column != EXTRA
    ],
)
def test_a_document_of_the_merchants_own_is_stored_as_far_as_it_is_known(
    table: Table, column: str
) -> None:
    assert isinstance(allow_list.allowed_in(table)[column], dict)
