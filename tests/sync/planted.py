"""Bodies in which every place that may name a buyer holds a marked value, and a search for the marks."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import duckdb

from shipsync.sources.allow_list import Allowed, allowed_of
from shipsync.sources.streams import STREAMS

from .served_bodies import BODIES, EMPTY, Bodies

MARK: Final = "MARKED"
# Places that no captured body fills: nested unknown fields, customs, options, senders, scans.
ADDED: Final[dict[str, dict[str, Any]]] = {
    "shipments": {
        "customer": {"id": "*", "name": "*", "nested": [{"deep": {"er": "*"}}]},
        "customer_email": "*",
        "bill_to": {"name": "*", "phone": "*"},
        "customs": {
            "contents": "gift",
            "importer": {"name": "*", "phone": "*"},
            "declaration": "*",
        },
        "tax_identifiers": [{"taxable_entity_type": "recipient", "value": "*"}],
        "sender_info": {"name": "*", "email": "*"},
        "notes_from_buyer": "*",
        "notes_to_buyer": "*",
        "notes_for_gift": "*",
        "internal_notes": "*",
        "dangerous_goods_declaration": {"contact": {"name": "*", "phone": "*"}},
    },
    "labels": {
        "rma_number": "*",
        "shipment": {"ship_to": {"name": "*", "floor": "*"}},
        "alternative_identifiers": [{"type": "reference", "value": "*"}],
        "pickup_windows": [{"contact": "*"}],
        "insurance_claim": {"claimant": "*"},
        "recipient": {"name": "*"},
    },
    "fulfillments": {"notification_error_message": "*", "recipient_note": "*"},
}
INSIDE: Final[dict[str, Any]] = {
    "ship_to": {
        "floor": "*",
        "geolocation": [{"type": "what3words", "value": "*"}],
        "nickname": "*",
    },
    "ship_from": {"door_code": "*"},
    "return_to": {"door_code": "*"},
    "advanced_options": {
        "custom_field1": "*",
        "custom_field2": "*",
        "custom_field3": "*",
        "bill_to_name": "*",
        "bill_to_address_line1": "*",
        "unheard_of": {"name": "*"},
    },
    "label_messages": {"reference1": "*", "reference2": "*", "reference3": "*"},
    "label_download": {"href": "https://files.example/*"},
}
EVENT: Final = {
    "description": "Left with *",
    "signer": "*",
    "company_name": "*",
    "carrier_status_description": "Signed for by *",
    "proof_of_delivery_url": "https://proof.example/*",
    "neighbour": {"name": "*"},
}


class Planted:
    """The bodies of an account, planted; ``marks`` are all values that must not be found afterwards."""

    def __init__(self) -> None:
        self.marks: list[str] = []
        self.bodies: Bodies = {}
        for name in ("shipments", "labels", "fulfillments"):
            rows = json.loads((BODIES / f"{name}.json").read_text())[name]
            planted = [self._planted(name, row) for row in rows]
            listed = {name: planted, **EMPTY, "total": len(rows), "pages": 1}
            self.bodies[name] = listed
        tracking = json.loads((BODIES / "tracking.json").read_text())
        self.tracking = self._tracking(tracking)
        # A mark that another one took the place of is nowhere.
        everything = json.dumps([self.bodies, self.tracking])
        self.marks = [mark for mark in self.marks if mark in everything]

    def _mark(self) -> str:
        self.marks.append(f"{MARK}{len(self.marks):04d}x")
        return self.marks[-1]

    def _filled(self, value: Any) -> Any:
        """A copy of ``value`` in which each star is a mark of its own."""
        if isinstance(value, dict):
            return {key: self._filled(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._filled(inner) for inner in value]
        return value.replace("*", self._mark()) if isinstance(value, str) else value

    def _planted(self, name: str, row: dict[str, Any]) -> dict[str, Any]:
        marked = self._marked(row, allowed_of(STREAMS[name]))
        marked.update(self._filled(ADDED[name]))
        for key, inner in INSIDE.items():
            for holder in (marked, *marked.get("packages", ())):
                if key in holder:
                    found = holder[key] if isinstance(holder[key], dict) else {}
                    holder[key] = {**found, **self._filled(inner)}
        for item in marked.get("items", ()):
            item["options"] = self._filled([{"name": "Engraving", "value": "For *"}])
            item["gift_message"] = self._filled("*")
        return marked

    def _marked(self, row: dict[str, Any], allowed: Allowed) -> dict[str, Any]:
        """A copy of ``row`` in which every text that may not be stored is a mark."""
        marked = copy.deepcopy(row)
        for key, value in row.items():
            part = allowed.get(key)
            if isinstance(part, dict) and isinstance(value, dict):
                marked[key] = self._marked(value, part)
            elif isinstance(part, dict) and isinstance(value, list):
                marked[key] = [self._marked(one, part) for one in value]
            elif part is None and isinstance(value, str) and value:
                marked[key] = self._mark()
        return marked

    def _tracking(self, body: dict[str, Any]) -> dict[str, Any]:
        events = [{**event, **self._filled(EVENT)} for event in body["events"]]
        return {**body, "exception_description": self._filled("* was out"), "events": events}


def _held(file: Path) -> bytes:
    """What a DuckDB or Parquet file holds, table by table: in the file itself texts may be compressed."""
    if file.suffix == ".parquet":
        return repr(duckdb.read_parquet(str(file)).fetchall()).encode()
    if file.suffix != ".duckdb":
        return b""
    with duckdb.connect(str(file), read_only=True) as con:
        tables = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where schema_name <> 'main'"
        ).fetchall()
        query = "select to_json(held)::varchar from query_table($1) as held"
        return "".join(
            text for (table,) in tables for (text,) in con.execute(query, [table]).fetchall()
        ).encode()


def found_in(folder: Path, marks: list[str], prefix: str = MARK) -> Iterator[tuple[str, str]]:
    """Every file below ``folder`` in whose bytes a mark stands, with the mark; all begin with ``prefix``."""
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = file.read_bytes() + _held(file)
        if prefix.encode() in content:
            for mark in marks:
                if mark.encode() in content:
                    yield str(file.relative_to(folder)), mark
