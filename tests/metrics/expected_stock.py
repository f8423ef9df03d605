"""The marts of stock and sales, worked out in plain Python from what the account told."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import ceil, floor, sqrt
from typing import Any

from metrics.account import (
    PACIFIC,
    Told,
    day,
    goods,
    hours,
    instant,
    must,
)
from metrics.expected import (
    Mart,
    open_orders,
)

LEAD, REVIEW, Z = 14, 7, 1.6449


def stock_cover(told: Told) -> Mart:
    """One row per SKU that has stock, was sent or is waited for."""
    last = told.levels[-1][1]
    sent, waiting, incoming = _sent(told), _waiting(told), _incoming(told)
    rows = {}
    for sku in {sku for sku, _ in last} | set(sent) | set(waiting):
        levels = [level for (each, _), level in last.items() if each == sku]
        on_hand = sum(level["on_hand"] for level in levels)
        available = sum(level["available"] for level in levels)
        daily = [sent[sku][each] for each in _window(told)]
        days = _days_in_stock(told, sku)
        speed = sum(daily) / days if days else None
        cover = (on_hand - waiting[sku]) / speed if speed else None
        order = None
        if speed is not None:
            need = speed * (LEAD + REVIEW) + Z * deviation(daily) * sqrt(LEAD)
            order = max(ceil(need - available - incoming[sku]), 0)
        rows[(sku,)] = {
            "on_hand": on_hand,
            "available": available,
            "waiting": waiting[sku],
            "incoming": incoming[sku],
            "units_28_days": sum(daily),
            "stock_days": days,
            "units_per_day": speed,
            "cover_days": cover,
            "stockout_date": None
            if cover is None or cover >= 3650
            else told.today + timedelta(days=max(floor(cover), 0)),
            "reorder_quantity": order,
        }
    return rows


def _window(told: Told) -> list[date]:
    return [told.today - timedelta(days=n) for n in range(1, 29)]


def _sent(told: Told) -> Mapping[str, Counter[date]]:
    sent: defaultdict[str, Counter[date]] = defaultdict(Counter)
    for shipment_id, at in told.sent_at.items():
        for item in goods(told.shipments.get(shipment_id, {"items": ()})):
            sent[item["sku"]][day(at)] += item["quantity"]
    return sent


def _waiting(told: Told) -> Counter[str]:
    waiting: Counter[str] = Counter()
    for (shipment_id,) in open_orders(told):
        for item in goods(told.shipments[shipment_id]):
            waiting[item["sku"]] += item["quantity"]
    return waiting


def _incoming(told: Told) -> Counter[str]:
    incoming: Counter[str] = Counter()
    for order in told.purchase_orders.values():
        if order["status"] in ("open", "receiving"):
            for line in order["products"]:
                left = line["quantity"] - (line.get("received_quantity") or 0)
                incoming[line["sku"]] += max(left, 0)
    return incoming


def _days_in_stock(told: Told, sku: str) -> int:
    """Days of the window with any on a shelf; those before the first reading count."""
    first_read = day(told.levels[0][0])
    window = _window(told)
    stocked = {d for start, end in in_stock(told, sku) for d in window if start <= d <= end}
    return len(stocked) + sum(each < first_read for each in window)


def in_stock(told: Told, sku: str) -> Iterator[tuple[date, date]]:
    """The days from and to which some level of the SKU was read above zero."""
    since: date | None = None
    for at, levels in told.levels:
        is_there = any(s == sku for s, _ in levels)
        if is_there and since is None:
            since = day(at)
        elif not is_there and since is not None:
            yield since, day(at)
            since = None
    if since is not None:
        yield since, told.today


def stock_history(told: Told) -> Mart:
    """One row per SKU, location and day since it was first read."""
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for place in {place for _, levels in told.levels for place in levels}:
        readings = [
            (at, levels[place]["on_hand"] if place in levels else 0) for at, levels in told.levels
        ]
        begun = next(at for at, quantity in readings if quantity)
        for number in range((told.today - day(begun)).days + 1):
            each = day(begun) + timedelta(days=number)
            if (told.today - each).days >= 90:
                continue
            start = midnight(each)
            end = min(midnight(each + timedelta(days=1)), told.now)
            spans = [
                (max(at, start), min(until, end), quantity)
                for (at, quantity), (until, _) in zip(
                    readings, [*readings[1:], (end, 0)], strict=True
                )
                if at < end and until > start
            ]
            stocked = sum(hours(a, b) or 0 for a, b, quantity in spans if quantity)
            before = [quantity for at, quantity in readings if at < end or at == end == told.now]
            rows[(*place, each)] = {
                "closing": before[-1] if before else 0,
                "hours_at_zero": (hours(start, end) or 0) - stocked,
            }
    return rows


def stock_unexplained(told: Told) -> Mart:
    """One row per SKU and day; nothing was written from here."""
    history = stock_history(told)
    changes: defaultdict[tuple[str, date], int] = defaultdict(int)
    for (sku, place, each), row in history.items():
        before = history.get((sku, place, each - timedelta(days=1)))
        if before is not None:
            changes[sku, each] += row["closing"] - before["closing"]
    labelled: Counter[tuple[str, date]] = Counter()
    first: dict[str, datetime] = {}
    for label in told.live_labels():
        at = must(instant(label["created_at"]))
        first[label["shipment_id"]] = min(at, first.get(label["shipment_id"], at))
    for shipment_id, at in first.items():
        for item in goods(told.shipments.get(shipment_id, {"items": ()})):
            labelled[item["sku"], day(at)] += item["quantity"]
    return {
        key: {
            "change": change,
            "own_units": 0,
            "labelled_units": labelled[key],
            "unexplained": change + labelled[key],
        }
        for key, change in changes.items()
    }


def midnight(each: date) -> datetime:
    """When a day begins where the account is."""
    # In UTC: between two moments of one zone Python counts the hours on the wall.
    return datetime(each.year, each.month, each.day, tzinfo=PACIFIC).astimezone(UTC)


def sales_daily(told: Told) -> Mart:
    """One row per day, store, SKU and currency."""
    lines: defaultdict[tuple[Any, ...], list[tuple[str, int, Decimal]]] = defaultdict(list)
    for body in told.shipments.values():
        if body["shipment_status"] == "cancelled" or body["is_return"]:
            continue
        ordered = day(must(instant(body["created_at"])))
        for item in body["items"]:
            is_goods = bool(item["sku"]) and item["unit_price"] >= 0
            sku = item["sku"] if is_goods else None
            amount = item["quantity"] * Decimal(str(item["unit_price"]))
            key = ordered, body["store_id"], sku, body["amount_paid"]["currency"]
            lines[key].append((body["shipment_number"], item["quantity"], amount))
    return {
        key: {
            "orders": len({number for number, _, _ in found}),
            "units": sum(quantity for _, quantity, _ in found) if key[2] else 0,
            "value": sum((x for _, _, x in found), Decimal(0)) if key[2] else Decimal(0),
            "discounts": Decimal(0)
            if key[2]
            else -sum((x for _, _, x in found if x < 0), Decimal(0)),
        }
        for key, found in lines.items()
    }


def deviation(values: Sequence[float]) -> float:
    """The standard deviation of a whole population."""
    mean = sum(values) / len(values)
    return sqrt(max(sum(v * v for v in values) / len(values) - mean * mean, 0))
