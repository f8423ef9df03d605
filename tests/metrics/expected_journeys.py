"""The marts of exceptions, legs, lanes, returns and packaging, worked out from what the account told."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from metrics.account import Told, ToldParcel, day, goods, hours, instant, must, units, written
from metrics.expected import Mart, carrier_of, parcel_delivery, quantile


def returns(told: Told) -> Mart:
    """One row per return label."""
    arrived = {
        p.label["label_id"]: p.delivered_at for p in told.parcels if p.label and p.box_number == 1
    }
    rows = {}
    for label_id, label in told.labels.items():
        if label["is_return_label"] and not label["voided"]:
            way_out = told.labels[label["outbound_label_id"]]
            there = arrived.get(way_out["label_id"])
            made = day(must(instant(label["created_at"])))
            rows[(label_id,)] = {
                "shipment_id": way_out["shipment_id"],
                "days_to_return": (made - day(there)).days if there else None,
                "units": units(told.shipments[way_out["shipment_id"]]),
                "cost": Decimal(str(label["shipment_cost"]["amount"])),
            }
    return rows


def packaging(told: Told) -> Mart:
    """One row per order with a parcel."""
    sent: defaultdict[str, list[ToldParcel]] = defaultdict(list)
    for parcel in told.parcels:
        sent[parcel.shipment_id].append(parcel)
    rows = {}
    for (_, number), bodies in told.orders.items():
        parcels = [p for body in bodies for p in sent[body["shipment_id"]]]
        if parcels:
            pieces = [i["quantity"] for b in bodies if sent[b["shipment_id"]] for i in goods(b)]
            rows[(number,)] = {
                "shipments": len({p.shipment_id for p in parcels}),
                "parcels": len(parcels),
                "units": sum(pieces) if pieces else None,
            }
    return rows


def scan_legs(told: Told) -> Mart:
    """One row per parcel and leg that is over."""
    rows = {}
    for parcel in told.parcels:
        accepted = parcel.first_scan_at
        if accepted is None:
            continue
        scans = [s for s in parcel.scans if s.at >= accepted]
        cities = sorted(s.city for s in scans if s.at == accepted and s.city is not None)
        home = cities[0] if cities else ""
        hubs = [s.at for s in scans if s.state == "in_transit" and s.city and s.city != home]
        hub = min(hubs, default=None)
        if hub == accepted:
            hub = None
        out = min((s.at for s in scans if s.state == "out_for_delivery"), default=None)
        points = [
            ("handover", instant(parcel.source["created_at"]), accepted),
            ("acceptance_to_hub", accepted, hub),
            ("hub_to_out_for_delivery", hub, out),
            ("out_for_delivery_to_door", out, parcel.delivered_at),
        ]
        for leg, start, end in points:
            if start and end and end >= start:
                rows[parcel.parcel_id, leg] = {"hours": hours(start, end)}
    return rows


def delivery_promise(told: Told) -> Mart:
    """One row per warehouse, service and ZIP3."""
    lanes: defaultdict[tuple[Any, ...], list[int | None]] = defaultdict(list)
    for parcel in told.parcels:
        shipment = told.shipments.get(parcel.shipment_id)
        labelled = day(must(instant(parcel.source["created_at"])))
        if shipment is None or labelled + timedelta(days=14) > told.today:
            continue
        to = shipment["ship_to"]
        if to["country_code"] != "US" or len(to["postal_code"] or "") < 5:
            continue
        body = parcel.source
        service = body["service_code"] if parcel.label else body["fulfillment_service_code"]
        arrived = parcel.delivered_at
        took = (day(arrived) - labelled).days if arrived else None
        lanes[shipment["warehouse_id"], service, to["postal_code"][:3]].append(took)
    rows = {}
    for key, all_days in lanes.items():
        arrived = sorted(float(d) for d in all_days if d is not None)
        rows[key] = {
            "parcels": len(all_days),
            "n": len(arrived),
            "p50_days": quantile(arrived, 0.5),
            "p85_days": quantile(arrived, 0.85),
        }
    return rows


def delivery_exceptions(told: Told) -> Mart:
    """One row per parcel under way that needs a person."""
    values: defaultdict[str, Decimal] = defaultdict(Decimal)
    for (_, number), bodies in told.orders.items():
        for body in bodies:
            values[number] += Decimal(str(body["amount_paid"]["amount"]))
    rows = {}
    for parcel in told.parcels:
        shipment = told.shipments.get(parcel.shipment_id)
        if shipment is None or _is_over(parcel):
            continue
        estimates = parcel.estimates
        promised = written(shipment["deliver_by_date"]) or (estimates[0] if estimates else None)
        reason = _reason(parcel, promised, told)
        if reason:
            late = max((told.today - promised).days, 0) if promised else 0
            value = float(values[shipment["shipment_number"]])
            rows[(parcel.parcel_id,)] = {
                "reason": reason,
                "days_late": late,
                "rank_score": value * max(late, 1),
            }
    return rows


def wismo_load(told: Told) -> Mart:
    """One row per carrier."""
    timed = parcel_delivery(told)
    rows: defaultdict[tuple[str], dict[str, int]] = defaultdict(
        lambda: dict.fromkeys(
            ("n", "late", "silent", "attempt_failed", "never_scanned", "any_reason"), 0
        )
    )
    for parcel in told.parcels:
        shipment = told.shipments.get(parcel.shipment_id)
        if _is_over(parcel) or shipment is None:
            continue
        estimates = parcel.estimates
        promised = written(shipment["deliver_by_date"]) or (estimates[0] if estimates else None)
        last, labelled = parcel.last_scan_at, must(instant(parcel.source["created_at"]))
        found = {
            "late": bool(promised and told.today > promised),
            "silent": bool(last and last < told.now - timedelta(hours=72)),
            "attempt_failed": timed[(parcel.parcel_id,)]["first_attempt_at"] is not None,
            "never_scanned": bool(parcel.label)
            and parcel.first_scan_at is None
            and labelled < told.now - timedelta(hours=48),
        }
        row = rows[(carrier_of(parcel),)]
        row["n"] += 1
        row["any_reason"] += any(found.values())
        for reason, holds in found.items():
            row[reason] += holds
    return rows


def _is_over(parcel: ToldParcel) -> bool:
    """Whether nothing more is expected: with the buyer, or back with the sender."""
    if parcel.state == "return_to_sender":
        back = min(s.at for s in parcel.scans if s.state == "return_to_sender")
        return any(s.state == "delivered" and s.at > back for s in parcel.scans)
    return parcel.state == "delivered"


def _reason(parcel: ToldParcel, promised: date | None, told: Told) -> str | None:
    if parcel.state == "return_to_sender":
        return "returning"
    if parcel.state == "exception":
        return "exception"
    if promised and told.today > promised:
        return "late"
    labelled = must(instant(parcel.source["created_at"]))
    if parcel.label is None:
        return None
    if parcel.first_scan_at is None:
        return "never_scanned" if labelled < told.now - timedelta(hours=48) else None
    last = must(parcel.last_scan_at)
    return "silent" if last < told.now - timedelta(hours=72) else None
