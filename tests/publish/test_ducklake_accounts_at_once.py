"""Accounts that publish into one DuckLake at the same time, killed, reset or disturbed by another program."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from shipsync.errors import ExportFailed, LockHeld
from shipsync.publish.ducklake_accounts import SharedDuckLakeWriter
from shipsync.publish.run import publish, reset
from shipsync.publish.targets import target

from .lakes import CHANGES, change, here
from .loaded_shop import LoadedShop
from .shared_lake import SharedLake, at_once, publisher
from .shared_lake import lake as lake
from .shared_lake import other as other
from .test_marks import QUICK, UNTOLD


@pytest.mark.parametrize("rounds", [2, pytest.param(30, marks=pytest.mark.longest)])
def test_accounts_publish_at_the_same_time_from_several_processes(
    lake: SharedLake, tmp_path: Path, rounds: int
) -> None:
    random = Random(rounds)
    shops = {
        name: LoadedShop(tmp_path / name / "shop.duckdb", Random(number % 2))
        for number, name in enumerate(("WEST", "EAST", "NORTH"))
    }
    for number in range(rounds):
        started = [publisher(lake, name, shop.file) for name, shop in shops.items()]
        ended = at_once(*started)

        assert ended == [(0, str(number + 1))] * 3
        for name, shop in shops.items():
            assert lake.rows(name, shop.file) == shop.here(), f"round {number}, {name}"
            assert lake.differences(name, shop.file) == []
            # Each changes, so each has one more batch.
            for one in (LoadedShop.modified, *random.choices((*QUICK, *UNTOLD), k=2)):
                one(shop)


@pytest.mark.parametrize("kills", [3, pytest.param(40, marks=pytest.mark.longest)])
def test_one_that_is_killed_leaves_both_whole(
    lake: SharedLake, shop: Path, other: Path, kills: int
) -> None:
    lake.publish("WEST", shop)
    lake.publish("EAST", other)
    killed = 0
    for seed in range(kills):
        random = Random(seed)
        before = here(shop)
        change(
            shop,
            "update core.shipments set amount = amount + 1 where shipment_id like '%7'",
            f"delete from core.shipment_items where shipment_id = 'se-{random.randrange(1900)}'",  # noqa: S608
            CHANGES["an event"].replace("101", str(200 + seed)),
        )
        change(
            other, f"insert into core.tags by name select 'tag {seed}' as name, {seed} as tag_id"
        )
        instant = random.uniform(0.2, 1.5)
        west, east = at_once(publisher(lake, "WEST", shop, instant), publisher(lake, "EAST", other))
        told = f"seed {seed}, WEST ended with {west[0]} at {instant:.3f} s"
        print(told)  # noqa: T201
        killed += west[0] == -14

        assert west[0] in (0, -14), west
        assert east == (0, str(seed + 2))
        assert lake.rows("EAST", other) == here(other), told
        assert lake.rows("WEST", shop) in (before, here(shop)), told
        lake.publish("WEST", shop)
        assert lake.rows("WEST", shop) == here(shop), told
        assert lake.differences("WEST", shop) == [], told
    assert killed
    assert not list(lake.folder.rglob("_staged/*"))


def test_no_account_waits_for_another_that_has_not_begun_to_commit(
    lake: SharedLake, shop: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.publish("WEST", shop)
    change(shop, CHANGES["a row changed"], CHANGES["an event"])
    write, done = SharedDuckLakeWriter.write, []

    def meanwhile(self: SharedDuckLakeWriter, *given: Any, **named: Any) -> tuple[int, int]:
        if not done:
            # In the middle of the batch of WEST the whole first one of EAST.
            done.append(None)
            done.append(lake.publish("EAST", other).batch)
        return write(self, *given, **named)

    monkeypatch.setattr(SharedDuckLakeWriter, "write", meanwhile)
    report = lake.publish("WEST", shop)

    assert (report.batch, done) == (2, [None, 1])
    assert lake.rows("WEST", shop) == here(shop)
    assert lake.rows("EAST", other) == here(other)


def test_one_publish_of_an_account_at_a_time_and_none_of_the_whole_lake_beside_it(
    lake: SharedLake, shop: Path, other: Path
) -> None:
    with target(lake.address("WEST")).writer():
        with pytest.raises(LockHeld, match=r"Another publish is at work on .*/account=WEST"):
            lake.publish("WEST", shop)
        with pytest.raises(LockHeld, match="Another publish is at work on"):
            publish(shop, target("ducklake:destination:warehouse"))
        assert lake.publish("EAST", other).batch == 1


def test_tables_that_a_reset_took_away_in_the_middle_of_a_first_batch_are_made_again(
    lake: SharedLake, shop: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.publish("WEST", shop)
    record = SharedDuckLakeWriter.record

    def meanwhile(self: SharedDuckLakeWriter, *given: Any) -> int:
        reset(target(lake.address("WEST")))
        return record(self, *given)

    with monkeypatch.context() as patched:
        patched.setattr(SharedDuckLakeWriter, "record", meanwhile)
        assert lake.publish("EAST", other).batch == 1

    assert lake.rows("EAST", other) == here(other)
    assert lake.differences("EAST", other) == []


@pytest.mark.parametrize(("disturbed", "batch"), [(1, 2), (5, None)])
def test_what_another_program_changes_meanwhile_has_the_batch_written_again_some_times(
    lake: SharedLake, shop: Path, monkeypatch: pytest.MonkeyPatch, disturbed: int, batch: int | None
) -> None:
    lake.publish("WEST", shop)
    change(shop, CHANGES["a row changed"])
    before = lake.rows("WEST", shop)
    write, tries = SharedDuckLakeWriter._write_staged, []

    def meanwhile(self: SharedDuckLakeWriter) -> None:
        write(self)
        tries.append(None)
        if len(tries) <= disturbed:
            with lake.reader(read_only=False) as con:
                con.execute(f"alter table lake.core.shipments add column other_{len(tries)} int")

    with monkeypatch.context() as patched:
        patched.setattr(SharedDuckLakeWriter, "_write_staged", meanwhile)
        if batch is None:
            with pytest.raises(
                ExportFailed, match=r"Another program changed the tables of .* 5 times"
            ):
                lake.publish("WEST", shop)
            assert lake.rows("WEST", shop) == before
        else:
            assert lake.publish("WEST", shop).batch == batch
    assert len(tries) == min(disturbed + 1, 5)
    lake.publish("WEST", shop)
    assert lake.rows("WEST", shop) == here(shop)
