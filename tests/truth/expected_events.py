"""The change events, worked out in plain Python from the versions that were seen and the builds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from hashlib import md5
from zoneinfo import ZoneInfo

from truth.comparison import Key
from truth.second_reading import Body
from truth.seen_versions import Version
from truth.synced_shop import Shop

RANKS = (
    "new_shipment",
    "shipment_modified",
    "shipment_gone",
    "new_fulfillment",
    "fulfillment_modified",
    "fulfillment_shipped",
)
VIEWS = {
    "new_shipments": "new_shipment",
    "shipments_modified": "shipment_modified",
    "shipments_gone": "shipment_gone",
    "new_fulfillments": "new_fulfillment",
    "fulfillments_shipped": "fulfillment_shipped",
}
SINGULAR = {"shipments": "shipment", "fulfillments": "fulfillment"}

PACIFIC = ZoneInfo("America/Los_Angeles")


@dataclass(frozen=True)
class Event:
    """One event as it should stand in changes.events.

    ``content`` is what tells a modification from others of the same entity: the hash of what it came
    to, and how often it has come to that.
    """

    trigger: str
    entity_id: str
    shipment_id: str | None
    occurred_at: datetime
    detected_at: datetime
    is_touch: bool
    version: int = 0
    content: tuple[str, ...] = ()

    @property
    def event_id(self) -> str:
        """By which a repeat is known."""
        return md5("/".join((self.trigger, self.entity_id, *self.content)).encode()).hexdigest()

    @property
    def place(self) -> tuple[datetime, int, datetime, str, int]:
        """Where it stands among the events of one build."""
        rank = RANKS.index(self.trigger)
        return self.detected_at, rank, self.occurred_at, self.entity_id, self.version

    @property
    def told(self) -> tuple[str, str, str | None, datetime, datetime, bool, str]:
        """What is compared."""
        return (
            self.trigger,
            self.entity_id,
            self.shipment_id,
            self.occurred_at,
            self.detected_at,
            self.is_touch,
            self.event_id,
        )


def expected_events(
    shop: Shop, versions: Mapping[str, Mapping[Key, Sequence[Version]]]
) -> list[Event]:
    """All events, in the order of their sequence."""
    since = shop.syncs[0].at
    told: list[Event] = []
    shipped: set[str] = set()
    before: datetime | None = None
    for as_of in shop.builds:
        news = [
            event
            for event in events_of_versions(versions, since)
            if event.detected_at <= as_of and (before is None or event.detected_at > before)
        ]
        for (entity_id, *_), held in versions["fulfillments"].items():
            now = [version for version in held if version.observed_at <= as_of]
            event = shipping(str(entity_id), now[-1], as_of, since) if now else None
            if event is not None and entity_id not in shipped:
                news.append(event)
        shipped |= {event.entity_id for event in news if event.trigger == "fulfillment_shipped"}
        told += sorted(news, key=lambda event: event.place)
        before = as_of
    return told


def events_of_versions(
    versions: Mapping[str, Mapping[Key, Sequence[Version]]], since: datetime
) -> Iterator[Event]:
    """What each version tells of itself: that something is new, or that it was modified."""
    for kind in SINGULAR:
        for (entity_id, *_), held in versions[kind].items():
            yield from _of_entity(kind, str(entity_id), held, since)


def _of_entity(
    kind: str, entity_id: str, held: Sequence[Version], since: datetime
) -> Iterator[Event]:
    name = SINGULAR[kind]
    departures = 0
    for number, version in enumerate(held):
        body, seen = version.body, version.observed_at
        shipment_id = body["shipment_id"]
        if version.gone_at is not None and kind == "shipments":
            departures += 1
            gone, times = version.gone_at, (str(departures),)
            yield Event("shipment_gone", entity_id, shipment_id, gone, gone, False, content=times)
        if number == 0:
            created = _instant(body["created_at"])
            if created >= since and seen > since:
                yield Event(f"new_{name}", entity_id, shipment_id, created, seen, False)
            continue
        older = held[number - 1].body
        occurred = _instant(body["modified_at"]) if kind == "shipments" else _happened(older, body)
        yield Event(
            f"{name}_modified",
            entity_id,
            shipment_id,
            occurred or seen,
            seen,
            held[number - 1].gone_at is None
            and {**older, "modified_at": None} == {**body, "modified_at": None},
            number,
            (version.content_hash, str(1 + sum(v.body == body for v in held[:number]))),
        )


def _happened(older: Body, newer: Body) -> datetime | None:
    for field in ("voided_at", "delivered_at"):
        if newer[field] is not None and newer[field] != older[field]:
            return _instant(newer[field])
    return None


def shipping(entity_id: str, version: Version, as_of: datetime, since: datetime) -> Event | None:
    """That a fulfillment was shipped, if by this version it has been; a date to come is no event."""
    body, seen = version.body, version.observed_at
    day = _instant(body["ship_date"]).date()  # written at T00, T07, T08 or T12: all of that day
    created = _instant(body["created_at"])
    is_recent = day > _here(since) or (created >= since and seen > since)
    if day > _here(as_of) or body["voided"] or not is_recent:
        return None
    detected = seen if day <= _here(seen) else as_of
    return Event(
        "fulfillment_shipped", entity_id, body["shipment_id"], _midnight(day), detected, False
    )


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _here(moment: datetime) -> date:
    return moment.astimezone(PACIFIC).date()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), PACIFIC).astimezone(UTC)


def compare_events(
    shop: Shop, where: str, versions: Mapping[str, Mapping[Key, Sequence[Version]]]
) -> int:
    """changes.events holds every event once, in order, numbered without a gap; returns how many."""
    held = shop.rows(
        "select trigger, entity_id, shipment_id, occurred_at, detected_at, is_touch, event_id, sequence "
        "from changes.events order by sequence"
    )
    assert [row[7] for row in held] == list(range(1, len(held) + 1)), f"{where}: sequence"
    assert len({row[6] for row in held}) == len(held), f"{where}: an event_id comes twice"
    wanted = [event.told for event in expected_events(shop, versions)]
    told = [row[:7] for row in held]
    missing = [event for event in wanted if event not in told]
    surplus = [event for event in told if event not in wanted]
    assert not missing, f"{where}: {len(missing)} events are missing, such as {missing[:3]}"
    assert not surplus, f"{where}: {len(surplus)} events too many, such as {surplus[:3]}"
    assert told == wanted, f"{where}: events stand in another order"
    return len(held)


def compare_views(shop: Shop, where: str) -> set[str]:
    """Each view of a trigger shows its events, all of them and once, in every column.

    Returns the views that show any.
    """
    told = set()
    width = len(shop.rows("describe changes.events"))
    for view, trigger in VIEWS.items():
        events = shop.rows("from changes.events where trigger = ? order by sequence", trigger)
        shown = shop.rows("from query_table(?) order by sequence", f"changes.{view}")
        told |= {view} if events else set()
        assert [row[:width] for row in shown] == events, (
            f"{where}: changes.{view} is not what changes.events holds"
        )
    return told
