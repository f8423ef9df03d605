"""What an account told its syncs, from its own journal and its log of requests: no table of ours is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from metrics.asking_shop import Asking, AskingShop
from shipsync.emulator.http.request import Logged
from truth.synced_shop import Shop, Synced

Body = Mapping[str, Any]
PACIFIC = ZoneInfo("America/Los_Angeles")

PLACES = ("pre_transit", "in_transit", "exception", "out_for_delivery", "available_for_pickup")
PLACES = (*PLACES, "return_to_sender", "delivered")
"""Of two scans of one instant the one further on counts."""

_BY_DETAIL = {
    "ELEC_ADVICE_RECD_BY_CARRIER": "pre_transit",
    "SHIPMENT_CREATED": "pre_transit",
    **dict.fromkeys(
        (
            *("RECEIVED_BY_CARRIER", "PICKED_UP", "HUB_SCAN_IN", "HUB_SCAN_OUT", "IN_TRANSIT"),
            *("CUSTOMS_PROCESSING", "CUSTOMS_CLEARED", "RECEIVED_LOCAL_DELIVERY_DEPOT"),
        ),
        "in_transit",
    ),
    "INFORMATION": None,
    "CARRIER_STATUS_NOT_MAPPED": None,
    "OUT_FOR_DELIVERY": "out_for_delivery",
    "ATTEMPTED_DELIVERY": "exception",
    "CARRIER_DELAYS": "exception",
    "RETURN_TO_SENDER": "return_to_sender",
    "DELIVERED": "delivered",
}
NOTHING_YET: Body = {
    **dict.fromkeys(("status_detail_code", "carrier_detail_code", "estimated_delivery_date")),
    "status_code": "NY",
    "events": (),
}
"""What the account answers of a label of which its carrier has said nothing."""

_BY_LETTERS = {
    "UN": None,
    **dict.fromkeys(("AC", "NY"), "pre_transit"),
    "IT": "in_transit",
    **dict.fromkeys(("AT", "EX"), "exception"),
    "DE": "delivered",
}


@dataclass(frozen=True)
class Scan:
    """One event of a parcel: when, what it means, in which city, by which letters."""

    at: datetime
    state: str | None
    city: str | None
    letters: str

    @property
    def is_carriers(self) -> bool:
        """Whether the carrier has the parcel."""
        return self.state is not None and self.state != "pre_transit"


@dataclass(frozen=True)
class ToldParcel:
    """A box that is on its way to a buyer."""

    parcel_id: str
    shipment_id: str
    label: Body | None
    fulfillment: Body | None
    box_number: int
    answers: Sequence[Body] = field(default=())

    @property
    def source(self) -> Body:
        """The label, or else the fulfillment."""
        found = self.label or self.fulfillment
        assert found is not None
        return found

    @cached_property
    def scans(self) -> list[Scan]:
        """Every event that any answer held, each once, in order of time."""
        told = {
            (moment_of(event), state_of(event), event["city_locality"], event["status_code"])
            for answer in self.answers
            for event in answer["events"]
        }
        return [Scan(*each) for each in sorted(told, key=lambda each: (each[0], str(each[1])))]

    @property
    def first_scan_at(self) -> datetime | None:
        """When the carrier said first that it has it."""
        return min((s.at for s in self.scans if s.is_carriers), default=None)

    @property
    def last_scan_at(self) -> datetime | None:
        """When it said so last."""
        return max((s.at for s in self.scans if s.is_carriers), default=None)

    @property
    def had_exception(self) -> bool:
        """Whether any scan was an exception."""
        return any(s.state == "exception" for s in self.scans)

    @property
    def _returning_since(self) -> datetime | None:
        return min((s.at for s in self.scans if s.state == "return_to_sender"), default=None)

    @property
    def delivered_at(self) -> datetime | None:
        """When it reached the buyer."""
        if self.fulfillment is not None:
            return instant(self.fulfillment["delivered_at"])
        first = min((s.at for s in self.scans if s.state == "delivered"), default=None)
        back = self._returning_since
        return first if first and (back is None or first < back) else None

    @property
    def state(self) -> str:
        """Where it is by the last word of the carrier."""
        if self.fulfillment is not None:
            return "delivered" if self.delivered_at else "unknown"
        if self._returning_since:
            return "return_to_sender"
        if any(s.state == "delivered" for s in self.scans):
            return "delivered"
        known = [(s.at, PLACES.index(s.state)) for s in self.scans if s.state]
        if known:
            return PLACES[max(known)[1]]
        return (state_of(self.answers[-1]) if self.answers else None) or "unknown"

    @property
    def estimates(self) -> list[date]:
        """The days that the carrier gave, answer by answer."""
        given = [answer["estimated_delivery_date"] for answer in self.answers]
        return [date.fromisoformat(text[:10]) for text in given if text]


@dataclass(frozen=True)
class ToldRun:
    """A sync by the account's log: the second of its first good answer, and the path of every request."""

    run_id: str
    began: datetime
    paths: Sequence[str]


@dataclass(frozen=True)
class Told:
    """What the account had told by the last sync: bodies by id, and the moment of that sync."""

    now: datetime
    shipments: Mapping[str, Body]
    labels: Mapping[str, Body]
    fulfillments: Mapping[str, Body]
    answers: Mapping[str, Sequence[Body]]
    levels: Sequence[tuple[datetime, Mapping[tuple[str, str], Body]]]
    purchase_orders: Mapping[str, Body]
    runs: Sequence[ToldRun]
    askings: Sequence[Asking]

    @classmethod
    def by(cls, shop: Shop) -> Told:
        """What ``shop``'s syncs were told."""
        account = shop.account
        journal = account.journal

        def latest(kind: Any, upto: int | None = None) -> dict[str, Body]:
            found: dict[str, Body] = {}
            for entry in journal[: len(journal) if upto is None else upto]:
                if entry.kind == kind:
                    found[entry.entity_id] = entry.body
            return {key: body for key, body in found.items() if body}

        answers: defaultdict[str, list[Body]] = defaultdict(list)
        levels = []
        for sync in shop.syncs:
            tracked = latest("tracking", sync.last)
            for request in account.requests[sync.requests]:
                parts = request.path.split("/")
                if parts[-1] == "track" and request.status == 200 and request.fault is None:
                    answers[parts[-2]].append(tracked.get(parts[-2], NOTHING_YET))
            if sync.stream("inventory_levels").outcome in ("loaded", "unchanged"):
                on_shelves = {
                    (body["sku"], body["inventory_location_id"]): body
                    for body in latest("inventory_levels", sync.last).values()
                    # A level at zero is left out of the list.
                    if body["on_hand"] > 0
                }
                levels.append((plain(sync.at), on_shelves))
        return cls(
            now=plain(shop.syncs[-1].at),
            shipments=latest("shipments"),
            labels=latest("labels"),
            fulfillments=latest("fulfillments"),
            answers=answers,
            levels=levels,
            purchase_orders=latest("purchase_orders"),
            runs=[_run(sync, account.requests[sync.requests]) for sync in shop.syncs],
            askings=shop.askings if isinstance(shop, AskingShop) else (),
        )

    @property
    def today(self) -> date:
        """The day of the account."""
        return day(self.now)

    @cached_property
    def parcels(self) -> list[ToldParcel]:
        """Every box of a live label, and every fulfillment that mirrors no label."""
        return [*self._of_labels(), *self._of_fulfillments()]

    def _of_labels(self) -> Iterator[ToldParcel]:
        for label_id, label in self.labels.items():
            if label["voided"] or label["is_return_label"]:
                continue
            boxes = sorted(label["packages"], key=lambda box: box["sequence"])
            for box in boxes:
                number = box["tracking_number"]
                is_first = number == label["tracking_number"]
                yield ToldParcel(
                    parcel_id=label_id if is_first else f"{label_id}/{number}",
                    shipment_id=label["shipment_id"],
                    label=label,
                    fulfillment=None,
                    box_number=box["sequence"],
                    answers=self.answers.get(label_id, ()) if is_first else (),
                )

    def _of_fulfillments(self) -> Iterator[ToldParcel]:
        numbers = {
            (label["shipment_id"], box["tracking_number"])
            for label in self.labels.values()
            for box in label["packages"]
        }
        for key, body in self.fulfillments.items():
            if not body["voided"] and (body["shipment_id"], body["tracking_number"]) not in numbers:
                yield ToldParcel(key, body["shipment_id"], None, body, 1)

    def live_labels(self) -> Iterator[Body]:
        """Labels that bring something to a buyer."""
        return (x for x in self.labels.values() if not x["voided"] and not x["is_return_label"])

    @cached_property
    def sent_at(self) -> Mapping[str, datetime]:
        """When each shipment that was sent got its first label or fulfillment."""
        found: dict[str, datetime] = {}
        live = (body for body in self.fulfillments.values() if not body["voided"])
        for body in (*self.live_labels(), *live):
            at = must(instant(body["created_at"]))
            key = body["shipment_id"]
            found[key] = min(at, found.get(key, at))
        return found

    @cached_property
    def orders(self) -> Mapping[tuple[str | None, str], list[Body]]:
        """The shipments of each order, by store and number."""
        found: defaultdict[tuple[str | None, str], list[Body]] = defaultdict(list)
        for body in self.shipments.values():
            found[body["store_id"], body["shipment_number"]].append(body)
        return found


_SPOILED = frozenset(
    {"cut_connection", "cut_body", "html", "not_json", "empty", "reset_after", "timeout_after"}
)
"""Faults after which an answer of status 200 tells nothing; the others leave it whole."""


def _run(sync: Synced, requests: Sequence[Logged]) -> ToldRun:
    answered = next(
        r for r in requests if r.status == 200 and _SPOILED.isdisjoint((r.fault or "").split("+"))
    )
    began = plain(answered.at).replace(microsecond=0)
    return ToldRun(sync.report.run_id, began, [request.path for request in requests])


def goods(shipment: Body) -> Iterator[Body]:
    """The lines of a shipment that are goods."""
    return (i for i in shipment["items"] if i["sku"] and (i["unit_price"] or 0) >= 0)


def units(shipment: Body) -> int | None:
    """Pieces of goods; None where there are none."""
    found = [item["quantity"] for item in goods(shipment)]
    return sum(found) if found else None


def state_of(event: Body) -> str | None:
    """What the codes of an event or an answer mean."""
    detail, letters = event["status_detail_code"], event["status_code"]
    if detail is not None:
        state = _BY_DETAIL[detail]
        return "exception" if letters == "EX" and state == "in_transit" else state
    of_carrier = {"MP": "pre_transit", "OT": "out_for_delivery"}.get(event["carrier_detail_code"])
    return of_carrier or _BY_LETTERS[letters]


def moment_of(event: Body) -> datetime:
    """When an event happened; a time without an offset is read as UTC."""
    return must(instant(event["occurred_at"] or event["carrier_occurred_at"]))


def instant(text: str | None) -> datetime | None:
    """The instant of a text of the API."""
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def plain(at: datetime) -> datetime:
    """``at`` as the standard library has it."""
    return datetime.fromisoformat(at.isoformat()).astimezone(UTC)


def must(at: datetime | None) -> datetime:
    """``at``, which is there."""
    assert at is not None
    return at


def day(at: datetime) -> date:
    """The day of the account on which something happened."""
    return at.astimezone(PACIFIC).date()


def written(text: str | None) -> date | None:
    """The day that a date of the API means: whatever midnight it is, all are of that day in UTC."""
    return date.fromisoformat(text[:10]) if text else None


def end_of(due: date) -> datetime:
    """When a day is over where the account is."""
    after = due + timedelta(days=1)
    return datetime(after.year, after.month, after.day, tzinfo=PACIFIC)


def hours(earlier: datetime | None, later: datetime | None) -> float | None:
    """Hours between."""
    if earlier is None or later is None:
        return None
    return (later - earlier) / timedelta(hours=1)
