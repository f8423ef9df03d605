"""What the database holds of shipments, and of what a new one names: warehouses, carriers, services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import orjson

from shipsync import queries
from shipsync.errors import UsageError
from shipsync.reverse.outbox.store import STATEMENTS
from shipsync.statements import statement


@dataclass(frozen=True, slots=True)
class StoredLabel:
    """A label that is not void."""

    label_id: str
    tracking_number: str | None

    def __str__(self) -> str:
        return f"{self.label_id} (tracking number {self.tracking_number})"


@dataclass(frozen=True, slots=True)
class StoredShipment:
    """A shipment as last synced; ``tracking_numbers`` are those of its fulfillments that stand."""

    shipment_id: str
    external_shipment_id: str | None
    shipment_number: str | None
    status: str | None
    labels: tuple[StoredLabel, ...] = ()
    tracking_numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GoneShipment:
    """A shipment that was deleted or merged; ``since`` is the day on which that was found out."""

    shipment_id: str
    since: str
    merged_into: str | None


@dataclass(frozen=True)
class StoredDirectory:
    """Names by warehouse id, codes by carrier id, and the services of each carrier."""

    warehouses: Mapping[str, str | None]
    carriers: Mapping[str, str | None]
    services: Mapping[str, tuple[str, ...]]

    @property
    def carrier_codes(self) -> list[str]:
        """The codes of the account's carriers."""
        return sorted({code for code in self.carriers.values() if code})


def read_directory(con: duckdb.DuckDBPyConnection) -> StoredDirectory:
    """Warehouses, carriers and services; raises ``UsageError`` when they were never synced."""
    services: dict[str, list[str]] = {}
    for carrier_id, code in _rows(con, "stored_services"):
        services.setdefault(str(carrier_id), []).append(str(code))
    return StoredDirectory(
        warehouses=dict(_pairs(con, "stored_warehouses")),
        carriers=dict(_pairs(con, "stored_carriers")),
        services={carrier_id: tuple(codes) for carrier_id, codes in services.items()},
    )


def find_shipments(
    con: duckdb.DuckDBPyConnection, references: Iterable[str], connection: str
) -> dict[str, list[StoredShipment]]:
    """The shipments that each reference means, ShipStation's id before the caller's own.

    One that ``connection`` created counts from then on, before it is synced. Raises ``UsageError`` when
    shipments were never synced.
    """
    listed = orjson.dumps(sorted(set(references))).decode()
    asked = {"references": listed, "connection": connection}
    found: dict[str, list[StoredShipment]] = {}
    for reference, *rest in _rows(con, "stored_shipments", asked):
        found.setdefault(str(reference), []).append(_shipment(*rest))
    for reference, shipments in found.items():
        by_id = [one for one in shipments if one.shipment_id == reference]
        found[reference] = by_id or shipments
    return found


def find_gone(con: duckdb.DuckDBPyConnection, references: Iterable[str]) -> dict[str, GoneShipment]:
    """The shipments by these references that were there and are known to the account no more.

    A reference may mean a current shipment beside; that one counts.
    """
    listed = orjson.dumps(sorted(set(references))).decode()
    found = _rows(con, "gone_shipments", {"references": listed})
    return {str(reference): GoneShipment(*rest) for reference, *rest in found}


def shipments_with(con: duckdb.DuckDBPyConnection, numbers: Iterable[str]) -> list[tuple[str, str]]:
    """Tracking numbers, in capitals and without blanks, with each shipment that has one of them."""
    asked = {"numbers": orjson.dumps(sorted(set(numbers))).decode()}
    return [
        (str(number), str(i)) for number, i in _rows(con, "shipments_by_tracking_number", asked)
    ]


def _shipment(
    shipment_id: str,
    external_id: str | None,
    number: str | None,
    status: str | None,
    labels: Sequence[Mapping[str, str | None]],
    tracking_numbers: Sequence[str],
) -> StoredShipment:
    live = tuple(StoredLabel(str(label["label_id"]), label["tracking_number"]) for label in labels)
    return StoredShipment(shipment_id, external_id, number, status, live, tuple(tracking_numbers))


def _pairs(con: duckdb.DuckDBPyConnection, name: str) -> Iterable[tuple[str, str | None]]:
    return ((str(key), value) for key, value in _rows(con, name))


def _rows(
    con: duckdb.DuckDBPyConnection, name: str, values: Mapping[str, object] | None = None
) -> list[tuple[Any, ...]]:
    try:
        return con.execute(statement(STATEMENTS, name), dict(values or {})).fetchall()
    except duckdb.CatalogException as error:
        if not queries.is_missing_table(error):
            raise
        raise UsageError(
            "The database lacks what these rows are compared with; run `shipsync sync` first."
        ) from None


def pending_shipments(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The ids of the shipments that wait for a label; raises ``UsageError`` before the first sync."""
    return [str(shipment_id) for (shipment_id,) in _rows(con, "stored_pending")]
