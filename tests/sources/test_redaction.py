"""Personal data is kept, hashed or dropped; what metrics need stays."""

from __future__ import annotations

from typing import Any

from shipsync.sources.redaction import Redaction

SHIPMENT: dict[str, Any] = {
    "shipment_id": "se-1",
    "notes_from_buyer": "ring twice",
    "ship_to": {
        "name": "Ada",
        "email": None,
        "address_line2": "",
        "postal_code": "00000",
        "country_code": "US",
    },
    "events": [{"signer": "ADA", "description": "Delivered"}],
}


def test_keep_keeps_the_object() -> None:
    assert Redaction("keep").apply(SHIPMENT) is SHIPMENT


def test_drop_takes_persons_out_and_leaves_places() -> None:
    dropped = Redaction("drop").apply(SHIPMENT)
    assert dropped["ship_to"] == {
        "name": None,
        "email": None,
        "address_line2": "",
        "postal_code": "00000",
        "country_code": "US",
    }
    assert dropped["notes_from_buyer"] is None
    assert dropped["events"] == [{"signer": None, "description": "Delivered"}]
    assert SHIPMENT["ship_to"]["name"] == "Ada"


def test_hash_joins_equal_values_and_depends_on_the_salt() -> None:
    first = Redaction("hash", b"salt").apply(SHIPMENT)
    again = Redaction("hash", b"salt").apply(SHIPMENT)
    salted_otherwise = Redaction("hash", b"other").apply(SHIPMENT)
    name = first["ship_to"]["name"]
    assert name == again["ship_to"]["name"]
    assert name not in ("Ada", salted_otherwise["ship_to"]["name"])
    assert first["ship_to"]["email"] is None
    assert first["ship_to"]["country_code"] == "US"
