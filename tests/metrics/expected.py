"""The marts of parcels and money, worked out in plain Python from what the account told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import floor
from typing import Any

from metrics.account import (
    Body,
    Told,
    ToldParcel,
    day,
    end_of,
    hours,
    instant,
    must,
    units,
    written,
)

Mart = Mapping[tuple[Any, ...], Mapping[str, Any]]
COHORT_AGE = 14
CLAIM_AFTER = timedelta(days=28)
SLA = timedelta(hours=72)


def parcel_delivery(told: Told) -> Mart:
    """One row per parcel."""
    return {(p.parcel_id,): _timed(p, told.shipments.get(p.shipment_id)) for p in told.parcels}


def _timed(parcel: ToldParcel, shipment: Body | None) -> dict[str, Any]:
    ordered = instant(shipment["created_at"]) if shipment else None
    ship_by = written(shipment["ship_by_date"]) if shipment else None
    promised = written(shipment["deliver_by_date"]) if shipment else None
    labelled = must(instant(parcel.source["created_at"]))
    scanned, delivered = parcel.first_scan_at, parcel.delivered_at
    tried = _first_attempt(parcel) or delivered
    given = parcel.estimates
    first, last = (given[0], given[-1]) if given else (None, None)
    handover = hours(labelled, scanned)
    is_through = bool(scanned and delivered and delivered >= scanned)
    verdict = _punctuality(tried, first)
    merchants = bool(
        (scanned and ship_by and day(scanned) > ship_by) or (handover is not None and handover > 24)
    )
    return {
        "shipment_id": parcel.shipment_id,
        "box_number": parcel.box_number,
        "zone": shipment["zone"] if shipment else None,
        "state": parcel.state,
        "labelled_at": labelled,
        "ship_date": written(parcel.source["ship_date"]),
        "ship_by_date": ship_by,
        "deliver_by_date": promised,
        "first_scan_at": scanned,
        "last_scan_at": parcel.last_scan_at,
        "first_attempt_at": tried,
        "delivered_at": delivered,
        "label_hours": hours(ordered, labelled),
        "handover_hours": handover,
        "transit_hours": hours(scanned, delivered) if is_through else None,
        "transit_business_days": _weekdays(must(scanned), must(delivered)) if is_through else None,
        "order_to_delivery_hours": hours(ordered, delivered),
        "is_first_attempt_success": tried == delivered if tried and parcel.scans else None,
        "first_estimate_date": first,
        "last_estimate_date": last,
        "estimate_slip_days": (last - first).days if first and last else None,
        "delivery_punctuality": verdict,
        "is_promise_kept": day(delivered) <= promised if delivered and promised else None,
        "late_cause": ("merchant" if merchants else "carrier") if verdict == "late" else None,
        "had_exception": parcel.had_exception,
    }


def _first_attempt(parcel: ToldParcel) -> datetime | None:
    outs = [s.at for s in parcel.scans if s.state == "out_for_delivery"]
    out = min(outs, default=None)
    tries = [
        s.at
        for s in parcel.scans
        if s.state in ("delivered", "available_for_pickup")
        or s.letters == "AT"
        or (out and s.state in ("exception", "return_to_sender") and s.at > out)
        or (out and s.state == "out_for_delivery" and s.at > out + timedelta(days=1))
    ]
    return min(tries, default=None)


def _weekdays(start: datetime, end: datetime) -> int:
    first, last = day(start), day(end)
    span = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    return sum(each.isoweekday() <= 5 for each in span)


def _punctuality(tried: datetime | None, estimate: date | None) -> str:
    if tried is None or estimate is None:
        return "unknown"
    early_by = (estimate - day(tried)).days
    return "late" if early_by < 0 else "early" if early_by > 1 else "on_time"


def shipping_cost(told: Told) -> Mart:
    """One row per live label."""
    return {(label["label_id"],): _cost(label, told) for label in told.live_labels()}


def _cost(label: Body, told: Told) -> dict[str, Any]:
    shipment = told.shipments.get(label["shipment_id"])
    boxes = label["packages"]
    pounds = [box["weight"]["value"] / 16 for box in boxes]
    sizes = [_dimensional(box) for box in boxes]
    bill = label["rate_details"]
    extra = [line["amount"]["amount"] for line in bill if line["rate_detail_type"] != "shipping"]
    price, insurance = _money(label["shipment_cost"]), _money(label["insurance_cost"])
    return {
        "shipment_id": label["shipment_id"],
        "zone": shipment["zone"] if shipment else None,
        "labelled_date": day(must(instant(label["created_at"]))),
        "currency": label["shipment_cost"]["currency"],
        "cost": price + insurance,
        "surcharge": sum((_decimal(x) for x in extra), Decimal(0)) if bill else None,
        "boxes": len(boxes),
        "pounds": sum(pounds),
        "dimensional_pounds": sum(s for s in sizes if s is not None) if any(sizes) else None,
        "is_dimensional": any(s is not None and s > p for s, p in zip(sizes, pounds, strict=True))
        if any(sizes)
        else None,
        "units": units(shipment) if shipment else None,
    }


def _dimensional(box: Body) -> float | None:
    size = box["dimensions"]
    if size is None or size["unit"] != "inch":
        return None
    return float(size["length"] * size["width"] * size["height"] / 139)


def _money(amount: Body | None) -> Decimal:
    return _decimal(amount["amount"]) if amount else Decimal(0)


def _decimal(number: float) -> Decimal:
    return Decimal(str(number)).quantize(Decimal("0.0001"))


def order_margin(told: Told) -> Mart:
    """One row per order with a label, and currency; everything here is in one currency."""
    labels: defaultdict[str, list[Body]] = defaultdict(list)
    for label in told.live_labels():
        labels[label["shipment_id"]].append(label)
    rows = {}
    for (_, number), bodies in told.orders.items():
        kept = [body for body in bodies if body["shipment_status"] != "cancelled"]
        bought = [label for body in bodies for label in labels[body["shipment_id"]]]
        if not bought or not kept:
            continue
        cost = sum((_cost(label, told)["cost"] for label in bought), Decimal(0))
        charged = sum((_money(body["shipping_paid"]) for body in kept), Decimal(0))
        pieces = [units(body) for body in bodies if labels[body["shipment_id"]]]
        rows[number, "usd"] = {
            "shipments": len(kept),
            "is_complete": all(body["shipment_status"] == "label_purchased" for body in kept),
            "labels": len(bought),
            "parcels": sum(len(label["packages"]) for label in bought),
            "units": sum(p for p in pieces if p is not None) if any(pieces) else None,
            "order_value": sum((_money(body["amount_paid"]) for body in kept), Decimal(0)),
            "charged": charged,
            "cost": cost,
            "net": charged - cost,
            "recovery": float(charged) / float(cost),
        }
    return rows


def label_money(told: Told) -> Mart:
    """One row per label whose money may be claimed back."""
    moved = {
        p.label["label_id"] for p in told.parcels if p.label and (p.first_scan_at or p.delivered_at)
    }
    by_shipment: defaultdict[str, list[Body]] = defaultdict(list)
    for label in told.live_labels():
        by_shipment[label["shipment_id"]].append(label)
    for bought in by_shipment.values():
        bought.sort(
            key=lambda x: (x["label_id"] not in moved, instant(x["created_at"]), x["label_id"])
        )
    rows = {}
    for label_id, label in told.labels.items():
        if label["is_return_label"]:
            continue
        others = by_shipment[label["shipment_id"]]
        age = told.now - must(instant(label["created_at"]))
        reason = None
        if label["voided"]:
            reason = "refund_not_confirmed"
        elif label_id not in moved and label_id in told.answers and age > CLAIM_AFTER:
            reason = "never_scanned"
        elif label_id not in moved and others[0]["label_id"] != label_id:
            reason = "second_label"
        if reason:
            rows[(label_id,)] = {"reason": reason, "amount": _money(label["shipment_cost"])}
    return rows


def _due(body: Body) -> tuple[date, datetime]:
    by = written(body["ship_by_date"])
    if by:
        return by, end_of(by)
    at = must(instant(body["created_at"])) + SLA
    return day(at), at


def _is_open(body: Body) -> bool:
    return body["shipment_status"] not in ("label_purchased", "cancelled")


def open_orders(told: Told) -> Mart:
    """One row per shipment that waits."""
    waiting = [
        body
        for key, body in told.shipments.items()
        if _is_open(body) and key not in told.sent_at and not body["is_return"]
    ]
    on_hand: defaultdict[str, int] = defaultdict(int)
    for (sku, _), level in told.levels[-1][1].items():
        on_hand[sku] += level["on_hand"]
    rows = {}
    waiting.sort(key=lambda body: (instant(body["created_at"]), body["shipment_id"]))
    for body in waiting:
        need: defaultdict[str, int] = defaultdict(int)
        for item in body["items"]:
            if item["sku"] and item["unit_price"] >= 0:
                need[item["sku"]] += item["quantity"]
        short = 0
        for sku, quantity in need.items():
            on_hand[sku] -= quantity
            short += on_hand[sku] < 0
        due = _due(body)[1]
        held = written(body["hold_until_date"])
        rows[(body["shipment_id"],)] = {
            "age_hours": hours(instant(body["created_at"]), told.now),
            "hours_left": hours(told.now, due),
            "is_held": held > told.today if held else body["shipment_status"] == "on_hold",
            "is_breached": due < told.now,
            "is_at_risk": told.now <= due < told.now + timedelta(days=1),
            "units": sum(need.values()),
            "short_skus": short,
            "is_blocked_by_stock": short > 0,
        }
    return rows


def ship_sla(told: Told) -> Mart:
    """One row per due day and store."""
    groups: defaultdict[tuple[date, str | None], list[Body]] = defaultdict(list)
    for body in told.shipments.values():
        if body["shipment_status"] != "cancelled" and not body["is_return"]:
            groups[_due(body)[0], body["store_id"]].append(body)
    rows = {}
    for key, bodies in groups.items():
        tally = {"on_time": 0, "late": 0, "overdue": 0, "not_yet_due": 0}
        for body in bodies:
            due, sent = _due(body)[1], told.sent_at.get(body["shipment_id"])
            if sent:
                tally["on_time" if sent < due else "late"] += 1
            elif _is_open(body):
                tally["overdue" if due <= told.now else "not_yet_due"] += 1
        n = tally["on_time"] + tally["late"] + tally["overdue"]
        rate = tally["on_time"] / n if n else None
        rows[key] = {"shipments": len(bodies), "n": n, **tally, "sla_rate": rate}
    return rows


def carrier_performance(told: Told) -> Mart:
    """One row per grown week, carrier, service, zone, warehouse and currency."""
    groups: defaultdict[tuple[Any, ...], list[ToldParcel]] = defaultdict(list)
    for parcel in told.parcels:
        shipment = told.shipments.get(parcel.shipment_id, {})
        labelled = day(must(instant(parcel.source["created_at"])))
        monday = labelled - timedelta(days=labelled.weekday())
        if monday + timedelta(days=6 + COHORT_AGE) > told.today:
            continue
        label, body = parcel.label, parcel.source
        carrier = carrier_of(parcel)
        service = body["service_code" if label else "fulfillment_service_code"]
        where = shipment.get("zone"), shipment.get("warehouse_id")
        currency = label["shipment_cost"]["currency"] if label else None
        groups[(monday, carrier, service, *where, currency)].append(parcel)
    return {key: _rated(parcels, told) for key, parcels in groups.items()}


def carrier_of(parcel: ToldParcel) -> str:
    """The carrier, as the label or the fulfillment names it."""
    body = parcel.source
    if parcel.label:
        return str(body["carrier_code"])
    return str(body["fulfillment_provider_code"] or body["fulfillment_carrier_friendly_name"])


def _rated(parcels: Sequence[ToldParcel], told: Told) -> dict[str, Any]:
    rows = [_timed(p, told.shipments.get(p.shipment_id)) for p in parcels]
    transit = sorted(row["transit_hours"] for row in rows if row["transit_hours"] is not None)
    judged = [r["delivery_punctuality"] for r in rows if r["delivery_punctuality"] != "unknown"]
    tried = [
        r["is_first_attempt_success"] for r in rows if r["is_first_attempt_success"] is not None
    ]
    n = len(rows)
    silent = [
        p
        for p in parcels
        if p.state not in ("delivered", "return_to_sender")
        and p.last_scan_at
        and p.last_scan_at < told.now - timedelta(days=5)
    ]
    labelled = [p for p in parcels if p.label]
    firsts = [p.label for p in parcels if p.label and p.box_number == 1]
    cost = sum((_cost(label, told)["cost"] for label in firsts), Decimal(0))
    return {
        "n": n,
        "n_delivered": sum(p.delivered_at is not None for p in parcels),
        "transit_p50_hours": quantile(transit, 0.5),
        "transit_p85_hours": quantile(transit, 0.85),
        "transit_p95_hours": quantile(transit, 0.95),
        "on_time_rate": share(x != "late" for x in judged),
        "on_time_coverage": len(judged) / n,
        "first_attempt_rate": share(tried),
        "exception_rate": share(p.had_exception for p in labelled),
        "return_to_sender_rate": share(p.state == "return_to_sender" for p in labelled),
        "never_scanned_rate": share(not p.first_scan_at and not p.delivered_at for p in labelled),
        "silent_rate": len(silent) / len(labelled) if labelled else None,
        "scan_coverage": len(labelled) / n,
        "cost": cost if firsts else None,
    }


def share(verdicts: Iterable[bool]) -> float | None:
    """The share that holds; None of none."""
    found = list(verdicts)
    return sum(found) / len(found) if found else None


def quantile(ordered: Sequence[float], at: float) -> float | None:
    """By continuous interpolation between the two nearest."""
    if not ordered:
        return None
    place = at * (len(ordered) - 1)
    low = floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
