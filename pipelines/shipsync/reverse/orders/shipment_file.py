"""Shipments from a file, flat or nested.

JSON Lines may hold the vendor's own object, with ``ship_to``, ``items``, ``packages`` and ``tags`` in it;
it is taken apart into the columns that a flat file has, so that one reader judges both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from shipsync.errors import InputFileError
from shipsync.reverse.orders.shipment_row import COLUMNS, REQUIRED
from shipsync.reverse.orders.shipment_rows import GivenShipment, shipments_of
from shipsync.reverse.plan.input_files import (
    InputRow,
    InputRows,
    cells,
    check_columns,
    json_objects,
)
from shipsync.reverse.plan.row_sources import RowSource, read_source

PASSED_ON = frozenset({"customs", "advanced_options", "tax_identifiers"})
"""Parts of the vendor's object that go out as they came: the vendor's rules for them are not known here."""

_NESTED = frozenset({"ship_to", "ship_from", "return_to", "items", "packages", "tags"}) | PASSED_ON
_MONEY_NAMES = {"amount": "", "currency": "_currency"}
_JSON_LINES = (".jsonl", ".ndjson")


@dataclass(frozen=True)
class GivenShipments:
    """The shipments of a source in its order, and the columns that mean nothing."""

    source: str
    shipments: tuple[GivenShipment, ...]
    ignored_columns: tuple[str, ...]


def read_shipments(con: duckdb.DuckDBPyConnection, source: RowSource) -> GivenShipments:
    """The shipments of a source; raises ``InputFileError`` for what cannot be read."""
    if isinstance(source, Path) and source.suffix.lower() in _JSON_LINES:
        return _json_lines(source)
    given = read_source(con, source)
    ignored = check_columns(given, COLUMNS, REQUIRED)
    return GivenShipments(given.source, tuple(shipments_of(given.rows)), ignored)


def _json_lines(path: Path) -> GivenShipments:
    flat: list[InputRow] = []
    shipments: list[GivenShipment] = []
    for line, record in json_objects(path):
        if record.keys() & _NESTED:
            passed_on = {name: record[name] for name in PASSED_ON & record.keys()}
            shipments.append(GivenShipment(tuple(_rows(path, line, record)), passed_on))
        else:
            flat.append(InputRow(line, cells(path, line, record)))
    shipments = sorted([*shipments, *shipments_of(flat)], key=lambda shipment: shipment.line)
    if not shipments:
        raise InputFileError(f"{path} holds no rows; nothing can be planned from it.")
    rows = [row for shipment in shipments for row in shipment.rows]
    columns = dict.fromkeys(column for row in rows for column in row.cells)
    given = InputRows(str(path), tuple(columns), tuple(rows))
    return GivenShipments(str(path), tuple(shipments), check_columns(given, COLUMNS, REQUIRED))


def _rows(path: Path, line: int, record: Mapping[str, object]) -> Iterator[InputRow]:
    """A nested object as the lines that a flat file would have for it."""
    whole = {name: value for name, value in record.items() if name not in PASSED_ON}
    items, packages = whole.pop("items", None) or [], whole.pop("packages", None) or []
    whole["tags"] = _tags(whole.get("tags"))
    yield InputRow(line, cells(path, line, _flat(whole)))
    for item in _objects(path, line, "items", items):
        yield InputRow(line, cells(path, line, _flat({"item": item})))
    for number, package in enumerate(_objects(path, line, "packages", packages), start=1):
        record = {"package": _package(package), "package_number": number}
        yield InputRow(line, cells(path, line, _flat(record)))


def _package(package: Mapping[str, object]) -> dict[str, object]:
    """A package with its weight and its size under the flat names."""
    flat = {name: value for name, value in package.items() if name not in ("weight", "dimensions")}
    if "package_code" in flat:
        flat["code"] = flat.pop("package_code")
    weight, size = package.get("weight"), package.get("dimensions")
    if isinstance(weight, Mapping):
        flat |= {"weight": weight.get("value"), "weight_unit": weight.get("unit")}
    if isinstance(size, Mapping):
        flat |= {name: size.get(name) for name in ("length", "width", "height")}
        flat["length_unit"] = size.get("unit")
    return flat


def _flat(record: Mapping[str, object]) -> dict[str, object]:
    """Objects inside turned into columns: ``ship_to_name``, ``amount_paid`` and its ``_currency``."""
    flat: dict[str, object] = {}
    for name, value in record.items():
        if not isinstance(value, Mapping):
            flat[name] = value
        elif value.keys() <= _MONEY_NAMES.keys():
            flat |= {f"{name}{_MONEY_NAMES[part]}": inner for part, inner in value.items()}
        else:
            flat |= {f"{name}_{part}": inner for part, inner in _flat(value).items()}
    return flat


def _tags(tags: object) -> object:
    if not isinstance(tags, list):
        return tags
    return ";".join(str(tag["name"] if isinstance(tag, Mapping) else tag) for tag in tags)


def _objects(path: Path, line: int, name: str, value: object) -> list[Mapping[str, object]]:
    if not isinstance(value, list) or not all(isinstance(part, Mapping) for part in value):
        raise InputFileError(f"{path} holds no list of objects in {name!r} on line {line}.")
    return value
