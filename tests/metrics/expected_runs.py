"""The marts of the job itself and of rates, worked out from the account's log of requests and its answers."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from metrics.account import Body, Told, hours, instant, must
from metrics.expected import Mart


def rate_savings(told: Told) -> Mart:
    """One row per label and offer of the last asking before it was bought."""
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for label in told.live_labels():
        bought_at = must(instant(label["created_at"]))
        before = [
            asking
            for asking in told.askings
            if label["shipment_id"] in asking.answers and asking.at <= bought_at
        ]
        if not before:
            continue
        last = max(before, key=lambda asking: asking.at)
        offers = last.answers[label["shipment_id"]]["rates"]
        paid = _amount(label["shipment_cost"]) + _amount(label["insurance_cost"])
        own = [o["delivery_days"] for o in offers if o["service_code"] == label["service_code"]]
        fastest = min(own, default=None)
        as_fast = [
            offer
            for offer in offers
            if offer["service_code"] != label["service_code"]
            and fastest is not None
            and offer["delivery_days"] <= fastest
        ]
        cheapest = min(
            (o for o in as_fast if _total(o) < paid),
            key=lambda o: (_total(o), o["delivery_days"], o["rate_id"]),
            default=None,
        )
        for offer in offers:
            rows[label["label_id"], offer["rate_id"]] = {
                "shipment_id": label["shipment_id"],
                "paid": paid,
                "quoted": _total(offer),
                "delivery_days": offer["delivery_days"],
                "bought_delivery_days": fastest,
                "is_as_fast": offer in as_fast,
                "saving": paid - _total(offer),
                "is_best": offer is cheapest,
            }
    return rows


def _total(offer: Body) -> Decimal:
    parts = ("shipping_amount", "insurance_amount", "confirmation_amount", "other_amount")
    return sum((_amount(offer[part]) for part in parts), Decimal(0))


def _amount(money: Body | None) -> Decimal:
    return Decimal(str(money["amount"])) if money else Decimal(0)


def pipeline_health(told: Told) -> Mart:
    """One row per run and list that the account was asked for."""
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for run in told.runs:
        by_stream = Counter(_stream(path) for path in run.paths)
        for stream, requests in by_stream.items():
            rows[run.run_id, stream] = {
                "read_at": run.began,
                "lag_hours": hours(run.began, told.now),
                "requests": requests,
                "run_requests": len(run.paths),
                "request_share": requests / len(run.paths),
            }
    return rows


def _stream(path: str) -> str:
    """The list that a path is of, as streams are named: ``/v2/inventory`` has the levels."""
    parts = path.strip("/").split("/")[1:]
    if parts[-1] == "track":
        return "tracking"
    return "inventory_levels" if parts[0] == "inventory" else parts[0]
