"""5,000 rows change while their list is read, three pages of ties among them: none missed, none doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from parameters import quickly
from shipsync.api.endpoints import LISTINGS
from shipsync.emulator import Account, Options
from shipsync.emulator.simulation.seed import seed_account, tie_block
from shipsync.job import Scope
from shipsync.sources.account_time import AccountTime
from shipsync.sources.canonical import content_hash
from shipsync.sources.instants import MILLISECOND
from shipsync.sources.keyset import KeysetWalk, Walked
from shipsync.sources.newest_first import RecentWalk
from truth.moving_lists import (
    MODIFIED,
    OPTIONS,
    UNSTABLE,
    Drift,
    Mirror,
    assert_told_in_order,
    bodies,
    bodies_at,
    change,
    session,
    small_account,
)
from truth.synced_shop import START, Shop

SEEDS = range(20)
QUICK = SEEDS[:1]
SHIPMENTS = LISTINGS["shipments"]


def ascending(account: Account, time: AccountTime, after: AccountTime | None) -> Iterator[Walked]:
    talk = session(account)
    return KeysetWalk(
        talk,
        SHIPMENTS,
        time,
        field="modified_at",
        window=("modified_at_start", "modified_at_end"),
        start=after.upper_bound - talk.connection.lag if after else None,
    ).pages()


def counted(pages: Iterator[Walked], met: Counter[str], id_key: str) -> Iterator[Walked]:
    for page in pages:
        met.update(item[id_key] for item in page.items)
        yield page


@pytest.mark.parametrize("seed", quickly(QUICK, SEEDS))
def test_ascending_walk_over_a_moving_list(seed: int) -> None:
    account = small_account("shipments", seed, (*OPTIONS, UNSTABLE))
    mirror, met = Mirror("shipments"), Counter[str]()
    drift = Drift("shipments", seed)
    drift.arm(account)
    first, second = AccountTime(), AccountTime()
    package_pages = Random(seed).choice((1, 3, 20))
    mirror.take(counted(ascending(account, first, None), met, "shipment_id"), package_pages)
    account.faults.clear()
    assert len(drift.changed) == MODIFIED, "the list must move while it is read"
    assert max(met.values()) == 1, f"seed {seed}: a row came twice"
    before = bodies_at(account, "shipments", first.upper_bound)
    now = bodies(account, "shipments")
    # Where the end of a window is out of it, a row changed at T0 itself is left to the next run.
    earlier = bodies_at(account, "shipments", first.upper_bound - MILLISECOND)
    stayed = {key for key, body in earlier.items() if now[key] == body}
    assert stayed <= met.keys(), f"seed {seed}: missed {sorted(stayed - met.keys())[:5]}"
    assert all(before[key] == body for key, body in mirror.bodies().items())

    account.clock.advance(days=1)
    mirror.take(ascending(account, second, first), package_pages)
    assert mirror.bodies() == bodies(account, "shipments"), f"seed {seed}"
    assert_told_in_order(mirror, account, f"seed {seed}")


@pytest.mark.parametrize("is_cut_short", [False, True])
@pytest.mark.parametrize("seed", quickly(QUICK, SEEDS))
def test_newest_first_walk_over_a_moving_list(seed: int, is_cut_short: bool) -> None:
    kind = "labels" if seed % 2 else "fulfillments"
    account, mirror = small_account(kind, seed), Mirror(kind)
    random = Random(f"walks {seed}")
    package_pages = random.choice((1, 3, 20))
    front: tuple[str, ...] = ()
    mirror.take(_newest_first(account, mirror, first := _Front()), package_pages)
    front = first.ids
    for number in random.sample(range(len(account.ids(kind))), 1_000):  # type: ignore[arg-type]
        account.clock.advance(seconds=1)
        change(account, kind, f"se-{number}", account.clock.now())

    drift = Drift(kind, seed)
    drift.arm(account)
    at_most = random.randrange(1, 6) if is_cut_short else None
    mirror.take(_newest_first(account, mirror, second := _Front()), package_pages, at_most)
    account.faults.clear()
    assert is_cut_short or len(drift.changed) == MODIFIED
    anchors, front = (front, ()) if is_cut_short else ((), second.ids)

    account.clock.advance(days=1)
    mirror.take(_newest_first(account, mirror, _Front(), anchors), package_pages)
    found, wanted = mirror.bodies(), bodies(account, kind)
    missed = sorted(key for key in wanted if found.get(key) != wanted[key])
    assert not missed, f"seed {seed}: {len(missed)} changes were missed, such as {missed[:5]}"
    assert_told_in_order(mirror, account, f"seed {seed}")


class _Front:
    """What stood at the front of the list when a walk began."""

    ids: tuple[str, ...] = ()


def _newest_first(
    account: Account, mirror: Mirror, front: _Front, anchors: tuple[str, ...] = ()
) -> Iterator[Walked]:
    listing = LISTINGS[mirror.kind]
    walk = RecentWalk(session(account), listing, AccountTime(), mirror, anchors)
    for page in walk.pages():
        front.ids = walk.front
        yield page


@pytest.mark.parametrize("kind", quickly(("shipments",), ("shipments", "labels")))
def test_sync_of_a_moving_list(tmp_path: Path, kind: str) -> None:
    """The same through the loads into DuckDB, with whole objects; ties stand in no order at all."""
    account = Account(seed=3, options=Options(ties="shuffled"), start=START)
    seed_account(account, shipments=1_600, days=30, labels=kind == "labels")
    tie_block(account, 600, at=START.subtract(days=1))
    only = Scope(only=frozenset({kind}))
    shop = Shop(account, tmp_path, {"page_size": 200})
    total = 1_200
    if kind == "labels":
        shop.sync(only)
        for label_id in account.ids("labels")[::4]:
            account.parcels.change_label(label_id, label_image_id="changed")
    drift = Drift(kind, 3, total=total, page=200, per_request=400)
    drift.arm(account)
    shop.sync(only)
    account.faults.clear()
    assert len(drift.changed) == total
    account.clock.advance(days=1)
    shop.sync(only)

    latest = account.journal.latest(kind)  # type: ignore[arg-type]
    current = "select content_hash from query_table(?) where _dlt_valid_to is null"
    held = sorted(digest for (digest,) in shop.rows(current, f"raw.{kind}"))
    assert held == sorted(content_hash(entry.body) for entry in latest.values())
    twice = "select content_hash from query_table(?) group by all having count(*) > 1"
    assert not shop.rows(twice, f"raw.{kind}")
