"""What must hold of versions and events when nobody can say which runs came how far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from truth.comparison import (
    KEYS,
    Complaints,
    Key,
    Row,
    State,
    Table,
    as_held,
    states,
)
from truth.expected_events import Event, events_of_versions, shipping
from truth.second_reading import differences
from truth.seen_versions import Version, versions_of
from truth.synced_shop import Shop

Versions = Mapping[str, Mapping[Key, Sequence[Version]]]


def compare_versions_held(shop: Shop, where: str) -> dict[str, dict[Key, list[Version]]]:
    """Every version held is one of the account's, in its order, none twice in a row.

    Returns them, by kind and entity.
    """
    complaints = Complaints(where)
    told: dict[str, dict[Key, list[Version]]] = {}
    with shop.opened() as con:
        for kind, key in KEYS.items():
            table = Table.read(con, kind)
            histories = states(shop.account, kind)
            told[kind] = {}
            for entity, chain in table.chains(key).items():
                found = _matched(
                    kind, entity, chain, [s for _, s in histories[entity]], table.types
                )
                if found is None:
                    complaints.add(f"{kind} {entity}: {len(chain)} versions are not its history")
                else:
                    told[kind][entity] = found
    complaints.settle()
    return told


def _matched(
    kind: str,
    key: Key,
    chain: Sequence[Row | None],
    history: Sequence[State],
    types: Mapping[str, str],
) -> list[Version] | None:
    found: list[State] = []
    position = -1
    for row in chain:
        for later in range(position + 1, len(history)):
            state = history[later]
            if state is None or row is None:
                fits = state is None and row is None
            else:
                fits = not differences(as_held(kind, key, state), row, types)
            if fits:
                break
        else:
            return None
        position = later
        found.append(state)
    return versions_of(found, chain)


def compare_events_held(shop: Shop, where: str, versions: Versions) -> int:
    """Each version held has its event once, numbers have no gap; returns the number of events."""
    held = shop.rows(
        "select trigger, entity_id, shipment_id, occurred_at, is_touch, event_id, sequence "
        "from changes.events order by sequence"
    )
    assert [row[6] for row in held] == list(range(1, len(held) + 1)), f"{where}: sequence"
    assert len({row[5] for row in held}) == len(held), f"{where}: an event_id comes twice"
    [(since, as_of)] = shop.rows("select changes_since, as_of from changes.bounds")
    wanted = Counter(_told(event) for event in events_of_versions(versions, since))
    found = Counter(row[:6] for row in held if row[0] != "fulfillment_shipped")
    missing, surplus = wanted - found, found - wanted
    assert not missing, f"{where}: {missing.total()} events are missing: {list(missing)[:3]}"
    assert not surplus, f"{where}: {surplus.total()} events too many: {list(surplus)[:3]}"
    _compare_shipped(
        where,
        {row[1]: row[3] for row in held if row[0] == "fulfillment_shipped"},
        versions,
        as_of,
        since,
    )
    return len(held)


def _told(event: Event) -> tuple[str, str, str | None, datetime, bool, str]:
    when = event.occurred_at, event.is_touch, event.event_id
    return event.trigger, event.entity_id, event.shipment_id, *when


def _compare_shipped(
    where: str,
    found: Mapping[str, datetime],
    versions: Versions,
    as_of: datetime,
    since: datetime,
) -> None:
    """Shipped must be told of what is shipped now, and may be of what was before it was voided."""
    for (entity_id, *_), held in versions["fulfillments"].items():
        events = [shipping(str(entity_id), version, as_of, since) for version in held]
        if events[-1] is not None:
            assert str(entity_id) in found, f"{where}: {entity_id} was shipped, and it is not told"
        days = [event.occurred_at for event in events if event is not None]
        if str(entity_id) in found:
            assert found[str(entity_id)] in days, f"{where}: {entity_id} was never shipped"
