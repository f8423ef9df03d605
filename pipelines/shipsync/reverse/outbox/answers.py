"""Whether the answer to a write says yes, no, or nothing clear.

A 2xx may still hold errors, or promise no more than to see to it. A call that takes many rows answers with
a row for each: ``POST /v2/shipments`` and ``POST /v2/fulfillments`` answer 200 with
``has_errors``; what a failed row holds is not established (FACTS, Shipments). Only a row that plainly says so
counts as carried out or as refused; everything else is treated like an answer that was lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from shipsync.api.vendor_words import VendorWords
from shipsync.errors import OutcomeUnknown, RequestRejected
from shipsync.reverse.outbox.store import JsonObject

if TYPE_CHECKING:
    from shipsync.api.answer import Answer

STREAM = "writes"
"""What requests of writing back are counted and reported under."""

_ACCEPTED = 202


def only_row(answer: Answer, rows_key: str, subject: str) -> JsonObject:
    """The answer's single row; raises ``OutcomeUnknown`` if that is not what it holds."""
    check_plain(answer, subject)
    body = answer.body
    rows = body.get(rows_key) if isinstance(body, Mapping) else None
    if not isinstance(rows, list) or len(rows) != 1 or not isinstance(rows[0], Mapping):
        raise unclear(answer, subject, f"something else than the one row of {rows_key}")
    row: JsonObject = rows[0]
    if isinstance(body, Mapping) and body.get("has_errors") and not messages(row):
        raise unclear(answer, subject, "has_errors and no error in the row")
    return row


def check_plain(answer: Answer, subject: str) -> None:
    """Raise ``OutcomeUnknown`` for a 2xx that does not say that all was carried out.

    "2xx may be partial: still check the errors array" (FACTS, Auth and errors); 202 promises, no more.
    """
    if isinstance(answer.body, Mapping) and answer.body.get("errors"):
        raise unclear(answer, subject, "an error in it")
    if answer.status == _ACCEPTED:
        raise unclear(answer, subject, "no word on whether it was carried out")


def messages(row: JsonObject, words: VendorWords | None = None) -> tuple[str, ...]:
    """What a row says against itself, in the vendor's words, as far as ``words`` passes them on."""
    words = words or VendorWords()
    said = (*_texts(row.get("errors"), words), *_texts(row.get("error_message"), words))
    return tuple(dict.fromkeys(said))


def unclear(answer: Answer, subject: str, what: str) -> OutcomeUnknown:
    """The error for an answer that does not say what became of the write."""
    return OutcomeUnknown(
        f"ShipStation answered {subject!r} with status {answer.status} and {what}.",
        stream=STREAM,
        attempts=1,
        request_id=answer.request_id,
    )


def rejected(answer: Answer, said: tuple[str, ...]) -> RequestRejected:
    """The error for a row that the answer refuses."""
    return RequestRejected(
        f"ShipStation refused the row: {'; '.join(said)}",
        status=answer.status,
        messages=said,
        request_id=answer.request_id,
    )


def _texts(value: object, words: VendorWords) -> Iterator[str]:
    """The texts of an error given as a text, as an object with a message, or as a list of those."""
    if isinstance(value, str) and value.strip():
        yield words.text(value.strip())
    elif isinstance(value, Mapping) and value:
        # Never the whole object: its field_value may be a shipment with a buyer's address.
        code = value.get("error_code")
        code = words.code(code) if isinstance(code, str) and code else "an error without a message"
        yield words.message(value) or code
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part, words)
