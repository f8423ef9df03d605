"""Planning new shipments: every shipment of a file against what is stored, the outbox and the others."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb

from shipsync.connection import RateSettings
from shipsync.reverse.orders.shipment_file import GivenShipments
from shipsync.reverse.orders.shipment_kind import KIND, ShipmentBody, creation
from shipsync.reverse.orders.shipment_row import Body, read_shipment
from shipsync.reverse.orders.shipment_rows import ID, GivenShipment
from shipsync.reverse.orders.stored import (
    StoredDirectory,
    StoredShipment,
    find_shipments,
    read_directory,
)
from shipsync.reverse.outbox.redaction import Recorded
from shipsync.reverse.outbox.store import LedgerEntry, Outbox
from shipsync.reverse.outbox.write import Write
from shipsync.reverse.plan.cells import did_you_mean
from shipsync.reverse.plan.problems import InvalidRowError, Problem, lines_by, listed
from shipsync.reverse.plan.progress import PlanProgress, unwatched, watched
from shipsync.reverse.plan.row import Plan, PlanRow, Status, judged, known_before
from shipsync.reverse.stock.stored import read_skus

CALLS = 2
"""One to see whether the id is taken, one to create."""

_SHOWN = 8


def plan_shipments(
    con: duckdb.DuckDBPyConnection,
    given: GivenShipments,
    pace: RateSettings,
    recorded: Recorded,
    *,
    now: datetime,
    progress: PlanProgress = unwatched,
) -> Plan:
    """A plan for the shipments of a file; reads only.

    ``recorded`` says how the outbox keeps the personal data in them. Raises ``UsageError`` before the
    first sync.
    """
    skus = read_skus(con)
    shipments = watched(given.shipments, progress, "checked", len(given.shipments))
    drafts = [_draft(shipment, skus) for shipment in shipments]
    ids = [draft.external_id for draft in drafts if draft.body]
    planner = _Planner(
        read_directory(con),
        find_shipments(con, ids, pace.name),
        Outbox(con, pace.name, KIND).entries(ids),
        lines_by((draft.external_id, draft.given.line) for draft in drafts if draft.body),
        recorded,
    )
    rows = tuple(planner.row(draft) for draft in watched(drafts, progress, "compared", len(drafts)))
    return Plan(
        family="shipments",
        kinds=(KIND,),
        connection=pace.name,
        source=given.source,
        created_at=now,
        requests_per_minute=pace.requests_per_minute,
        rows=rows,
        ignored_columns=given.ignored_columns,
        warnings=tuple(_without_phone(rows)),
    )


def _without_phone(rows: Iterable[PlanRow]) -> Iterator[str]:
    """A sentence if shipments that would be sent have no telephone number of their receiver."""
    lines = [row.line for row in rows if row.request is not None and not _phone(row.request)]
    if lines:
        yield (
            f"The ship_to_phone is empty on {listed(lines)}: ShipStation's documentation asks for it, and "
            "some carriers refuse a parcel without."
        )


def _phone(request: Mapping[str, object]) -> object:
    address = request.get("ship_to")
    return address.get("phone") if isinstance(address, Mapping) else None


@dataclass(frozen=True)
class _Draft:
    """A shipment that was read, or the error that says why it could not be."""

    given: GivenShipment
    external_id: str
    body: Body | None
    error: InvalidRowError | None = None


def _draft(given: GivenShipment, known_skus: Container[str]) -> _Draft:
    try:
        body = read_shipment(given, known_skus)
    except InvalidRowError as error:
        return _Draft(given, given.rows[0].cells.get(ID, ""), None, error)
    return _Draft(given, str(body[ID]), body)


@dataclass(frozen=True)
class _Planner:
    directory: StoredDirectory
    stored: Mapping[str, list[StoredShipment]]
    past: Mapping[str, LedgerEntry]
    lines: Mapping[str, list[int]]
    recorded: Recorded

    def row(self, draft: _Draft) -> PlanRow:
        """What is to become of one shipment."""
        row = PlanRow(
            KIND,
            draft.given.line,
            Status.READY,
            key=draft.external_id or None,
            subject=f"create {draft.external_id or 'a shipment'}",
            calls=CALLS,
        )
        return judged(row, lambda: self._judge(draft))

    def _judge(self, draft: _Draft) -> Write[ShipmentBody] | str:
        if draft.body is None:
            assert draft.error is not None
            raise draft.error
        body, external_id = draft.body, draft.external_id
        lines = self.lines[external_id]
        if len(lines) > 1:
            raise InvalidRowError(Problem.REPEATED_SHIPMENT, key=external_id, lines=listed(lines))
        write = creation(_subject(external_id, body), body, self.recorded)
        entry = self.past.get(external_id)
        named = f"The external_shipment_id {external_id!r}"
        if done := known_before(entry, write.recorded, named):
            return done
        # What has it as ShipStation's own id is another shipment.
        called = self.stored.get(external_id, ())
        stored = next((h for h in called if h.external_shipment_id == external_id), None)
        if stored is not None and (entry is None or not entry.is_unsettled):
            return f"The account has it already, as {stored.shipment_id} ({stored.status})."
        self._check_names(body)
        return write

    def _check_names(self, body: Body) -> None:
        known = self.directory
        if (warehouse := body.get("warehouse_id")) and warehouse not in known.warehouses:
            named = [i for i, name in known.warehouses.items() if name == warehouse]
            hint = f" Did you mean {named[0]}, which has that name?" if named else ""
            raise InvalidRowError(Problem.UNKNOWN_WAREHOUSE, value=warehouse, hint=hint)
        if (carrier := body.get("carrier_id")) and carrier not in known.carriers:
            carriers = [f"{i} ({code})" for i, code in known.carriers.items()]
            raise InvalidRowError(Problem.UNKNOWN_CARRIER, value=carrier, known=_some(carriers))
        if service := body.get("service_code"):
            self._check_service(str(service), None if carrier is None else str(carrier))

    def _check_service(self, service: str, carrier: str | None) -> None:
        services = self.directory.services
        codes = services.get(carrier, ()) if carrier else [c for s in services.values() for c in s]
        if codes and service not in codes:
            raise InvalidRowError(
                Problem.UNKNOWN_SERVICE,
                value=service,
                of_carrier=f" to carrier {carrier}" if carrier else "",
                hint=did_you_mean(service, codes),
                known=_some(codes),
            )


def _some(texts: Collection[str]) -> str:
    shown, more = list(texts)[:_SHOWN], len(texts) - _SHOWN
    return f"{', '.join(shown)}{f' and {more} more' if more > 0 else ''}"


def _subject(external_id: str, body: Body) -> str:
    """What a person calls it; it names nobody."""
    items = body.get("items")
    units = sum(item["quantity"] for item in items) if isinstance(items, list) else 0
    service = f", {body['service_code']}" if "service_code" in body else ""
    return f"create {external_id}: {units} unit{'s' if units != 1 else ''}{service}"
