"""What goes wrong on each day of a simulated month, drawn from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from shipsync.emulator import Account, Fault, FaultKind, IncomingRequest
from shipsync.emulator.simulation.simulation import Simulation
from shipsync.sources.streams import STREAMS

PATHS = {name: s.listing.path if s.listing else "/v2/labels/*/track" for name, s in STREAMS.items()}
INCREMENTAL = ("shipments", "fulfillments", "labels")
PASSING = (
    FaultKind.SERVER_ERROR,
    FaultKind.SERVER_ERROR_AFTER,
    FaultKind.BAD_GATEWAY,
    FaultKind.UNAVAILABLE,
    FaultKind.GATEWAY_TIMEOUT,
    FaultKind.RESET,
    FaultKind.RESET_AFTER,
    FaultKind.TIMEOUT,
    FaultKind.TIMEOUT_AFTER,
    FaultKind.CUT_CONNECTION,
    FaultKind.CUT_BODY,
    FaultKind.HTML,
    FaultKind.NOT_JSON,
    FaultKind.EMPTY,
)
RETRY_AFTER: Sequence[dict[str, Any]] = (
    {"retry_after": 1},
    {"retry_after": "2.5"},
    {"retry_after": 0},
    {"retry_after": None},
    {"retry_after": "soon"},
    {"retry_after": 7, "as_date": True},
    {"retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"},
)
LAG_SECONDS = 600
"""How late a commit may show: less than the lag with which a sync looks back."""


@dataclass(frozen=True)
class RandomFaults:
    """The faults of one day; ``outlasting`` names the streams that can't be read all day."""

    faults: tuple[Fault, ...]
    outlasting: frozenset[str] = field(default_factory=frozenset)


def faults_of_day(seed: int, day: int, *, is_calm: bool) -> RandomFaults:
    """What goes wrong on a day; a calm day has no fault that outlasts the client's patience."""
    random = Random(f"mischief {seed} {day}")
    faults = [_passing(random) for _ in range(3)]
    faults += [_too_many(random), _moving(random), _moving(random), _late(random)]
    faults += [_twice(random), _short(random)]
    if random.random() < 0.5:
        faults.append(Fault(FaultKind.STALE, path=PATHS["shipments"], count=1))
    if is_calm:
        return RandomFaults(tuple(faults))
    lasting, outlasting = _lasting(random)
    return RandomFaults((lasting, *faults), outlasting)


def _passing(random: Random) -> Fault:
    path = PATHS[random.choice(list(PATHS))]
    kind = random.choice(PASSING)
    return Fault(kind, path=path, count=random.randint(1, 3), skip=random.randint(0, 1))


def _too_many(random: Random) -> Fault:
    path, asked = PATHS[random.choice(list(PATHS))], random.choice(RETRY_AFTER)
    return Fault(FaultKind.TOO_MANY_REQUESTS, path=path, count=random.randint(1, 3), **asked)


def _moving(random: Random) -> Fault:
    name = random.choice((*INCREMENTAL, "inventory_levels"))
    count = 1 if name == "inventory_levels" else 4
    return Fault(FaultKind.DRIFT, path=PATHS[name], count=count, skip=random.randint(0, 2), rows=2)


def _late(random: Random) -> Fault:
    """Two shipments change while the list is read, and say that it was earlier."""
    seconds = random.uniform(1, LAG_SECONDS)

    def commit(account: Account, request: IncomingRequest) -> None:
        modified_at = account.clock.now().subtract(seconds=int(seconds))
        for shipment_id in random.sample(account.ids("shipments"), 2):
            # Of two versions with one modified_at nobody could tell the stale one.
            before = account.entity("shipments", shipment_id)["modified_at"]
            if datetime.fromisoformat(before) < modified_at:
                account.orders.commit_late(
                    shipment_id, modified_at=modified_at, notes_to_buyer=f"late {seconds}"
                )

    return Fault(FaultKind.CALL, path=PATHS["shipments"], count=2, call=commit)


def _twice(random: Random) -> Fault:
    path = PATHS[random.choice((*INCREMENTAL, "inventory_levels"))]
    return Fault(FaultKind.DUPLICATES, path=path, count=2, rows=random.randint(1, 3))


def _short(random: Random) -> Fault:
    path = PATHS[random.choice(("inventory_levels", "products", "inventory_locations"))]
    return Fault(FaultKind.MISSING_PAGE, path=path, page=random.randint(1, 2), count=1)


def _lasting(random: Random) -> tuple[Fault, frozenset[str]]:
    names = list(STREAMS)
    name = random.choice([name for name in names if name != "tracking"])
    choice = random.random()
    if choice < 0.2:
        fault = Fault(FaultKind.KEY_REFUSED, path=PATHS[name], count=None)
        return fault, frozenset(names[names.index(name) :])
    if choice < 0.4:
        name = random.choice(INCREMENTAL)
        return Fault(FaultKind.MISSING_PAGE, path=PATHS[name], count=None), frozenset({name})
    kind = random.choice((*PASSING, FaultKind.TOO_MANY_REQUESTS, FaultKind.ACCESS_DENIED))
    return Fault(kind, path=PATHS[name], count=None), frozenset({name})


def live_a_day(account: Account, simulation: Simulation, seed: int, day: int) -> None:
    """A day of the shop, with what nobody foresaw and what shows later than it happened."""
    simulation.run(1 - 1 / 24)
    if day % 5 == 2:
        new_shapes(account, seed, day)
    now = account.clock.now()
    for shipment_id in account.ids("shipments")[-2:]:
        account.orders.commit_late(
            shipment_id,
            modified_at=now + timedelta(minutes=52),
            visible_at=now + timedelta(hours=1, seconds=30),
            notes_to_buyer=f"late on day {day}",
        )
    simulation.run(1 / 24)


def new_shapes(account: Account, seed: int, day: int) -> None:
    """Give some objects fields that nobody knows and values of another type, for good."""
    random = Random(f"shapes {seed} {day}")
    shipment_id = random.choice(account.ids("shipments"))
    label_id = random.choice(account.ids("labels"))
    account.orders.change(shipment_id, gift_wrap={"paper": f"no. {day}"})
    account.orders.change(random.choice(account.ids("shipments")), zone=f"{day}a")
    account.parcels.change_label(label_id, co2_grams=day * 1.5)
    product = random.choice(account.master_data.items("products"))
    account.master_data.put_product(
        {**product, "shelf_life": {"days": day}, "upc": 4_000_000 + day}
    )
