"""Versions held against what each sync could see: none missing, none invented, none out of order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from truth.comparison import KEYS, Complaints, Key, State, Table, as_held, states
from truth.second_reading import Body, Row, differences
from truth.synced_shop import Shop, Synced

OPEN = frozenset({"pending", "on_hold", "processing"})


@dataclass(frozen=True)
class Sight:
    """What one sync could see of one entity.

    ``states`` are those it had while the sync went on; ``must`` says that the one there is was seen.
    """

    at: datetime
    states: tuple[State, ...]
    must: bool


def sights(
    shop: Shop, kind: str, key: Key, history: Sequence[tuple[int, State]]
) -> Iterator[Sight]:
    """What each sync could see of an entity, by the journal and the requests alone."""
    for synced in shop.syncs:
        earlier = [state for sequence, state in history if sequence <= synced.first]
        during = [state for sequence, state in history if synced.first < sequence <= synced.last]
        seen = tuple(earlier[-1:] + during)
        must = not during and _was_read(shop, kind, key, synced)
        if kind == "shipments":
            # What changed after T0 stands behind the window's end; at T0 itself it is the server's choice.
            changed = [_instant(state["modified_at"]) for state in seen if state]
            must = must and all(instant < synced.at for instant in changed)
            must = must and (synced.reads_all or _shows(history, synced.first))
            seen = tuple(s for s in seen if not s or _instant(s["modified_at"]) <= synced.at)
        yield Sight(synced.at, seen, must and bool(seen))


def _shows(history: Sequence[tuple[int, State]], now: int) -> bool:
    """Whether a sync shows a shipment's last state by itself: by its ``modified_at``, or as it is open.

    One that is gone is missed if it was never anything but open.
    """
    states = [state for sequence, state in history if sequence <= now]
    last = states[-1] if states else None
    if last is None:
        return all(state["shipment_status"] in OPEN for state in states if state)
    former = next((state for state in reversed(states[:-1]) if state), None)
    return (
        last["shipment_status"] in OPEN
        or former is None
        or former["modified_at"] != last["modified_at"]
    )


def _was_read(shop: Shop, kind: str, key: Key, synced: Synced) -> bool:
    stream = "carriers" if kind == "carrier_services" else kind
    if synced.stream(stream).outcome in ("failed", "skipped"):
        return False
    if kind != "tracking":
        return True
    asked = f"/v2/labels/{key[0]}/track"
    requests = shop.account.requests[synced.requests]
    return any(r.path == asked and r.status == 200 and r.fault is None for r in requests)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def explained(
    kind: str,
    key: Key,
    chain: Sequence[Row | None],
    seen: Iterator[Sight],
    types: Mapping[str, str],
) -> list[State] | None:
    """For each version held the state it is, if the chain is what the syncs saw; else None."""

    def see(matched: list[State], sight: Sight, state: State) -> list[State] | None:
        if (matched[-1] if matched else None) == state:
            return matched
        if len(matched) == len(chain):
            return None
        row = chain[len(matched)]
        if row is None or state is None:
            return [*matched, None] if row is None and state is None else None
        is_it = row["observed_at"] == sight.at
        if is_it and not differences(as_held(kind, key, state), row, types):
            return [*matched, state]
        return None

    ways: dict[int, list[State]] = {0: []}
    for sight in seen:
        reached: dict[int, list[State]] = {} if sight.must else dict(ways)
        for state in sight.states:
            for matched in [*ways.values(), *([] if sight.must else list(reached.values()))]:
                if (way := see(matched, sight, state)) is not None:
                    reached[len(way)] = way
        ways = reached
    return ways.get(len(chain))


@dataclass(frozen=True)
class Version:
    """A version that is held: the object it is, when the run that saw it began, and its hash.

    ``gone_at``: when the run began that found it gone, if nothing followed it at once.
    """

    body: Body
    observed_at: datetime
    content_hash: str
    gone_at: datetime | None = None


def versions_of(states: Sequence[State], chain: Sequence[Row | None]) -> list[Version]:
    """The versions of a chain whose states are known, None standing for the time that it was gone."""
    found = []
    for place, (state, row) in enumerate(zip(states, chain, strict=True)):
        if state is not None and row is not None:
            is_gone = place + 1 < len(chain) and chain[place + 1] is None
            # A run begins on a second, and versions begin at most some microseconds after it.
            gone_at = row["_dlt_valid_to"].replace(microsecond=0) if is_gone else None
            found.append(Version(state, row["observed_at"], row["content_hash"], gone_at))
    return found


def compare_versions(
    shop: Shop, where: str, kinds: Sequence[str] = tuple(KEYS)
) -> dict[str, dict[Key, list[Version]]]:
    """Every version held is one that a sync saw, and every one that a sync had to see is held.

    Returns the versions of each entity in order, for what follows from them.
    """
    complaints = Complaints(where)
    told: dict[str, dict[Key, list[Version]]] = {}
    with shop.opened() as con:
        for kind in kinds:
            table = Table.read(con, kind)
            chains = table.chains(KEYS[kind])
            histories = states(shop.account, kind)
            told[kind] = {}
            for key in chains.keys() | histories.keys():
                chain, history = chains.get(key, []), histories.get(key, [])
                seen = list(sights(shop, kind, key, history))
                found = explained(kind, key, chain, iter(seen), table.types)
                if found is None:
                    complaints.add(f"{kind} {key}: {_account_of(chain, seen)}")
                    continue
                told[kind][key] = versions_of(found, chain)
    complaints.settle()
    return told


def _account_of(chain: Sequence[Row | None], seen: Sequence[Sight]) -> str:
    held = [row["observed_at"].isoformat() if row else "gone" for row in chain]
    shown: list[str] = []
    last: object = object()
    for sight in seen:
        if sight.states and (not sight.must or sight.states[0] != last):
            shown.append(f"{sight.at.isoformat()}{'' if sight.must else '?'} x{len(sight.states)}")
            last = sight.states[-1]
    return f"versions seen at {held}, where the account showed {shown}"


def compare_tracking_events(
    shop: Shop, where: str, tracking: Mapping[Key, Sequence[Version]]
) -> None:
    """Every event of every answer that was loaded is held once, and no other."""
    complaints = Complaints(where)
    with shop.opened() as con:
        table = Table.read(con, "tracking_events")
    held: dict[Any, list[Row]] = defaultdict(list)
    for row in table.rows:
        held[row["label_id"]].append(row)
    for (label_id,), versions in tracking.items():
        told: list[Body] = []
        for version in versions:
            number = version.body.get("tracking_number")
            events = [{**event, "tracking_number": number} for event in version.body["events"]]
            told += [event for event in events if event not in told]
        rows = held.pop(label_id, [])
        if len(rows) != len(told):
            complaints.add(f"{label_id} has {len(rows)} events of {len(told)}")
            continue
        for event in told:
            line = {**event, "label_id": label_id}
            if not any(not differences(line, row, table.types) for row in rows):
                complaints.add(f"{label_id} lacks the event {event}")
    if held:
        complaints.add(f"events of labels that were never asked for: {sorted(held)[:3]}")
    complaints.settle()
