"""Plans of every kind of change, drawn from a seed, and the account's own word on what was made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from random import Random

from reverse.stock_shop import BACK
from shipsync.emulator import Account
from shipsync.reverse.outbox.states import WriteState
from shipsync.reverse.outbox.store import LedgerEntry
from shipsync.reverse.stock.change import Change, StockAction, from_request


def mixed_rows(
    skus: tuple[str, ...], dice: Random, *, least: int = 1, most: int = 60
) -> list[dict[str, object]]:
    """One row for each SKU in Main: a change by at least ``least`` units, of every kind.

    None is a no-op where ``most`` units are on hand.
    """
    return [
        {**_change(dice, least, most), "sku": sku, "location": "Main", "key": sku} for sku in skus
    ]


def _change(dice: Random, least: int, most: int) -> dict[str, object]:
    change = dice.choice(list(Change))
    row: dict[str, object] = {"action": change.value, "quantity": dice.randint(least, most)}
    if change is Change.ADJUST:
        row["quantity"] = most + dice.randint(least, 100)
    if change is Change.MODIFY:
        row["new_inventory_location_id"] = BACK
    return row


def small_rows(skus: tuple[str, ...], dice: Random, on_hand: int) -> list[dict[str, object]]:
    """One row for each SKU in Main that changes it by one to three units.

    Adjusts go up: one down to what sales left would be answered without moving anything.
    """
    changes = (Change.ADJUST, Change.INCREMENT, Change.DECREMENT)
    rows: list[dict[str, object]] = []
    for sku in skus:
        change, units = dice.choice(changes), dice.randint(1, 3)
        quantity = on_hand + units if change is Change.ADJUST else units
        row = {"action": change.value, "quantity": quantity}
        rows.append({**row, "sku": sku, "location": "Main", "key": sku})
    return rows


def check_against_account(
    account: Account, entries: Mapping[str, LedgerEntry], opened_at: int, before: Mapping[str, int]
) -> Counter[WriteState]:
    """Compare what the ledger reports with the account's log from entry ``opened_at`` on.

    ``before`` are units by place. A change reported as applied was made once, one reported as rejected
    was not made, and none was made twice; where nothing else moved the stock and nothing is unknown,
    the levels are what was before plus what is reported as applied. Returns how many rows stand in
    each state.
    """
    made = _made(account, opened_at)
    for entry in entries.values():
        action = from_request(entry.request)
        for place in action.places:
            times = made[f"{place.sku}@{place.inventory_location_id}"]
            allowed = {WriteState.APPLIED: {1}, WriteState.REJECTED: {0}}.get(entry.state, {0, 1})
            assert times in allowed, f"{entry.subject} is {entry.state}, made {times} times"
    assert sum(made.values()) == sum(
        made[name] for name in {n for e in entries.values() for n in places(e)}
    )
    _check_levels(account, entries, before, moved_by_others(account, opened_at))
    return Counter(entry.state for entry in entries.values())


def _check_levels(
    account: Account,
    entries: Mapping[str, LedgerEntry],
    before: Mapping[str, int],
    moved: Mapping[str, int],
) -> None:
    expected = Counter(before)
    open_places = set(moved)
    for entry in entries.values():
        action = from_request(entry.request)
        if entry.state is WriteState.APPLIED:
            _carry_out(expected, action)
        elif entry.state is not WriteState.REJECTED:
            open_places |= set(places(entry))
    held = {
        f"{level['sku']}@{level['inventory_location_id']}": level["on_hand"]
        for level in account.stock.levels()
    }
    known = (set(held) | {place for place, units in expected.items() if units}) - open_places
    assert {p: held.get(p, 0) for p in known} == {p: expected[p] for p in known}


def _carry_out(levels: Counter[str], action: StockAction) -> None:
    here = f"{action.sku}@{action.inventory_location_id}"
    match action.change:
        case Change.ADJUST:
            levels[here] = action.quantity
        case Change.INCREMENT:
            levels[here] += action.quantity
        case Change.DECREMENT | Change.MODIFY:
            levels[here] -= action.quantity
    if action.target is not None:
        levels[f"{action.sku}@{action.target.inventory_location_id}"] += action.quantity


def places(entry: LedgerEntry) -> list[str]:
    """The places that a write touches, as the account's log names them."""
    touched = from_request(entry.request).places
    return [f"{place.sku}@{place.inventory_location_id}" for place in touched]


def _made(account: Account, opened_at: int) -> Counter[str]:
    """How often the API changed each level."""
    return Counter(
        entry.entity_id
        for entry in account.journal.of("inventory_levels", after=opened_at)
        if entry.cause.startswith("POST")
    )


def moved_by_others(account: Account, opened_at: int) -> Counter[str]:
    """How often anything but the API changed each level."""
    return Counter(
        entry.entity_id
        for entry in account.journal.of("inventory_levels", after=opened_at)
        if not entry.cause.startswith("POST")
    )
