"""What of an error's texts is passed on under each policy: nobody's name, nobody's address."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from shipsync.api.answer import report
from shipsync.api.reply import Reply
from shipsync.api.vendor_words import LEFT_OUT, UNKNOWN_CODE, VendorWords

CLOSED = (VendorWords("drop"), VendorWords("hash"))
REQUEST_ID = "cdc19c7b-eec7-4730-8814-462623a62ddb"

KNOWN = [
    "Shipment se-12 cannot be cancelled because it has a label.",
    "page_size must be between 1 and 500.",
    "The request body is required.",
    "'external_shipment_id' is not unique.",
    "Invalid value: packages[0].weight.value must be greater than 0.",
    "Too many requests. Please try again later.",
    "No rates were returned by the carrier.",
]
OF_A_BUYER = [
    "The address 17 Elm Street of Ann Smith is not valid.",
    "Ann Smith is required.",
    "the phone number 5551234567 is invalid",
    "ann smith is not valid",
    "ann.smith@example.com is not a valid email",
    "Address not found: 4 Rue de la Paix, 75002 Paris",
    "Invalid address; 78756",
    "Shipment for Möller not found",
    "ann_smith is not valid",
    "The label was delivered to May Grant.",
    '{"name": "Ann Smith"}',
    "Order\u00a0Ann",
    "Address\nAnn\nElm",
    "\uff21\uff4e\uff4e is required",
]


@pytest.mark.parametrize("message", KNOWN)
def test_known_words_pass(message: str) -> None:
    for words in CLOSED:
        assert words.text(message) == message
        assert words.message({"message": message}) == message


@pytest.mark.parametrize("message", OF_A_BUYER)
def test_a_message_with_any_other_word_does_not(message: str) -> None:
    for words in CLOSED:
        assert words.text(message) == LEFT_OUT
        assert words.message({"message": message}) == LEFT_OUT
    assert VendorWords().text(message) == message


def test_known_words_do_not_pass_where_the_error_says_that_they_are_a_value() -> None:
    error = {"message": "order label is not valid", "field_value": {"name": "order label"}}
    for words in CLOSED:
        assert words.message({**error, "field_name": "ship_to"}) == (
            f"{LEFT_OUT}, about the field ship_to"
        )


@pytest.mark.parametrize(
    ("field", "is_known"),
    [
        ("ship_to.phone", True),
        ("packages[0].weight.value", True),
        ("items.0.options.1.value", True),
        ("Ann Smith", False),
        ("ship_to.Ann", False),
        ("5551234", False),
        ("", False),
    ],
)
def test_names_of_fields(field: str, is_known: bool) -> None:
    for words in CLOSED:
        assert (words.field(field) == field) is is_known
    assert VendorWords().field(field) == field


def test_every_text_of_an_error_is_looked_at() -> None:
    body: dict[str, Any] = {
        "request_id": "Ann Smith",
        "errors": [
            {
                "error_source": "Ann Smith",
                "error_type": "Ann Smith",
                "error_code": "Ann Smith",
                "message": "Ann Smith of Elm Street",
                "field_name": "Ann Smith",
                "field_value": {"name": "Ann Smith"},
            }
        ],
    }
    for words in CLOSED:
        said = report(Reply(400, {}, orjson.dumps(body)), words)
        assert "Ann" not in repr(said)
        assert (said.codes, said.messages, said.fields) == ((UNKNOWN_CODE,), (LEFT_OUT,), ())
        body["request_id"] = REQUEST_ID
        assert report(Reply(400, {}, orjson.dumps(body)), words).request_id == REQUEST_ID
        body["request_id"] = "Ann Smith"
