"""One DuckLake for many accounts: each has its own rows in the same tables, whoever publishes meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from shipsync import clock
from shipsync.errors import ConfigurationError, ExportFailed
from shipsync.publish.run import publish, reset
from shipsync.publish.targets import target

from .lakes import CHANGES, change, here
from .loaded_shop import LoadedShop
from .shared_lake import SharedLake
from .shared_lake import lake as lake
from .shared_lake import other as other
from .test_marks import QUICK, STAMPED, UNTOLD


def test_equal_rows_of_two_accounts_do_not_touch_one_another(
    lake: SharedLake, shop: Path, other: Path
) -> None:
    whole = here(shop)
    done = [lake.publish("WEST", shop).batch, lake.publish("EAST", other).batch]
    for changed in ("a row changed", "a line removed", "a table filled", "a month emptied"):
        change(shop, CHANGES[changed])
        done.append(lake.publish("WEST", shop).batch)

    assert done == [1, 1, 2, 3, 4, 5]
    assert lake.rows("WEST", shop) == here(shop) != whole
    assert lake.rows("EAST", other) == whole
    assert (lake.differences("WEST", shop), lake.differences("EAST", other)) == ([], [])
    assert (lake.publish("WEST", shop).batch, lake.publish("EAST", other).batch) == (None, None)
    assert lake.ask(
        "select account, max(batch) from lake._shipsync.published group by 1 order by 1"
    ) == [
        ("EAST", 1),
        ("WEST", 5),
    ]


def test_a_batch_of_an_account_is_one_snapshot(lake: SharedLake, shop: Path, other: Path) -> None:
    lake.publish("WEST", shop)
    lake.publish("EAST", other)
    snapshots = "select count(*) from lake.snapshots()"
    ((before,),) = lake.ask(snapshots)
    change(shop, CHANGES["a row changed"], CHANGES["an event"], CHANGES["a line removed"])

    lake.publish("WEST", shop)

    assert lake.ask(snapshots) == [(before + 1,)]


def test_what_changed_is_there_after_the_next_batch(
    lake: SharedLake, shop: Path, other: Path
) -> None:
    lake.publish("WEST", shop)
    lake.publish("EAST", other)
    for changed in (
        "a row twice",
        "a row closed",
        "an event",
        "one column less",
        "all anew",
        "one more table",
        "a text in a list",
    ):
        change(shop, CHANGES[changed])

    report = lake.publish("WEST", shop)

    assert report.batch == 2
    assert lake.rows("WEST", shop) == here(shop)
    assert lake.rows("EAST", other) == here(other)
    assert (lake.publish("WEST", shop).batch, lake.publish("EAST", other).batch) == (None, None)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_changes_at_random_each_account_is_its_source_and_no_batch_touches_another(
    lake: SharedLake, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random, days = Random(seed), 0
    # Both begin with the same rows.
    shops = {
        name: LoadedShop(tmp_path / name / "shop.duckdb", Random(seed)) for name in ("WEST", "EAST")
    }
    for name, shop in shops.items():
        lake.publish(name, shop.file)
    for number in range(10):
        name = random.choice(list(shops))
        shop, bystander = shops[name], next(one for one in shops if one != name)
        done = random.choices((*QUICK, *UNTOLD, *STAMPED, LoadedShop.note_changed), k=2)
        for one in done:
            one(shop)
        if random.random() < 0.3:
            # The first batch of a day tidies the files of all.
            days += 1
            later = clock.now() + timedelta(days=1)
            monkeypatch.setattr(clock, "now", lambda later=later: later)
        told = f"seed {seed}, round {number}, {name}: {', '.join(one.__name__ for one in done)}"
        before = lake.rows(bystander, shops[bystander].file)

        lake.publish(name, shop.file)

        assert lake.rows(name, shop.file) == shop.here(), told
        assert lake.rows(bystander, shops[bystander].file) == before == shops[bystander].here(), (
            told
        )
        assert lake.publish(name, shop.file).batch is None, told
    assert days
    assert [lake.differences(name, shop.file) for name, shop in shops.items()] == [[], []]


def test_a_lake_is_of_one_account_or_shared(lake: SharedLake, shop: Path) -> None:
    one = target("ducklake:destination:warehouse")
    publish(shop, one)
    with pytest.raises(
        ExportFailed, match=r"was published without an account, .* reset --to ducklake:"
    ):
        lake.publish("WEST", shop)
    reset(one)
    lake.publish("WEST", shop)
    with pytest.raises(
        ExportFailed, match=r"Accounts share .*: ducklake:destination:warehouse/account=NAME"
    ):
        publish(shop, one)
    with pytest.raises(ExportFailed, match="Accounts share"):
        reset(one)
    assert lake.rows("WEST", shop) == here(shop)


def test_a_reset_removes_the_rows_of_one_account_and_the_last_one_the_tables(
    lake: SharedLake, shop: Path, other: Path
) -> None:
    lake.publish("WEST", shop)
    change(other, "drop table core.tags")
    lake.publish("EAST", other)

    removed = reset(target(lake.address("WEST")))

    assert removed == tuple(here(shop))
    left = lake.ask(
        "select table_name from duckdb_tables() where database_name = 'lake' order by 1"
    )
    assert ("tags",) not in left
    assert ("shipments",) in left
    assert lake.ask("select distinct account from lake.core.shipments") == [("EAST",)]
    assert lake.rows("EAST", other) == here(other)
    assert lake.publish("EAST", other).batch is None
    assert lake.publish("WEST", shop).batch == 1
    assert lake.rows("WEST", shop) == here(shop)
    reset(target(lake.address("EAST")))
    assert reset(target(lake.address("WEST"))) == tuple(here(shop))
    assert lake.ask("from duckdb_tables() where database_name = 'lake'") == []
    assert not list(lake.folder.rglob("*.parquet"))
    assert reset(target(lake.address("WEST"))) == ()


def test_what_differs_is_found_of_one_account(lake: SharedLake, shop: Path, other: Path) -> None:
    lake.publish("WEST", shop)
    unpublished = lake.differences("EAST", other)
    lake.publish("EAST", other)
    change(shop, "update core.shipments set amount = 1 where shipment_id = 'se-0'")
    with lake.reader(read_only=False) as con:
        con.execute("delete from lake.core.tags where account = 'EAST'")

    assert all("is in no batch at the target" in told for told in unpublished)
    assert len(unpublished) == len(here(other))
    assert lake.differences("WEST", shop) == [
        "core.shipments, 2026-01: 696 rows here and there, but not with the same values."
    ]
    assert [told.partition(",")[0] for told in lake.differences("EAST", other)] == ["core.tags"]


def test_a_column_that_one_account_has_is_null_in_the_rows_of_others_and_stays(
    lake: SharedLake, shop: Path, other: Path
) -> None:
    lake.publish("WEST", shop)
    lake.publish("EAST", other)
    change(shop, "alter table core.tags add column colour varchar default 'red'")
    done = [lake.publish("WEST", shop).batch, lake.publish("EAST", other).batch]
    of_both = lake.ask(
        "select account, any_value(colour) from lake.core.tags group by 1 order by 1"
    )
    change(other, "alter table core.tags add column colour varchar default 'blue'")
    done.append(lake.publish("EAST", other).batch)
    caught_up = lake.ask("select account, min(colour) from lake.core.tags group by 1 order by 1")
    change(shop, "alter table core.tags drop column colour")
    done.append(lake.publish("WEST", shop).batch)
    gone = lake.ask("select account, any_value(colour) from lake.core.tags group by 1 order by 1")

    assert done == [2, None, 2, 3]
    assert of_both == [("EAST", None), ("WEST", "red")]
    assert caught_up == [("EAST", "blue"), ("WEST", "red")]
    assert gone == [("EAST", "blue"), ("WEST", None)]
    assert lake.rows("WEST", shop) == here(shop)
    assert lake.rows("EAST", other) == here(other)
    assert (lake.publish("WEST", shop).batch, lake.publish("EAST", other).batch) == (None, None)


def test_a_changed_type_is_refused_by_name_and_no_account_loses_anything(
    lake: SharedLake, shop: Path, other: Path
) -> None:
    lake.publish("WEST", shop)
    before = here(shop)
    change(
        other,
        "create table core.aaa as select 1 as id",
        "alter table core.shipments alter column amount set data type double",
    )

    with pytest.raises(
        ExportFailed, match=r"amount of core.shipments is DECIMAL.* and DOUBLE here"
    ):
        lake.publish("EAST", other)

    assert lake.rows("WEST", shop) == before
    assert lake.ask("select distinct account from lake._shipsync.published") == [("WEST",)]
    assert lake.ask("from duckdb_tables() where table_name = 'aaa'") == []


def test_a_table_with_a_column_account_is_refused(lake: SharedLake, shop: Path) -> None:
    change(shop, "create table core.books as select 1 as id, 'cash' as Account")
    with pytest.raises(ExportFailed, match=r"core.books has a column account itself"):
        lake.publish("WEST", shop)


@pytest.mark.parametrize("seed", range(2))
def test_rows_that_went_are_marked_for_the_account_that_wants_it(
    lake: SharedLake, tmp_path: Path, seed: int
) -> None:
    west, east = (
        LoadedShop(tmp_path / name / "shop.duckdb", Random(seed)) for name in ("WEST", "EAST")
    )
    marked = (
        "select count(*) from lake.core.shipments where account = '{}' and _deleted_at is not null"
    )
    lake.publish("WEST", west.file, "mark")
    lake.publish("EAST", east.file)
    for shop in (west, east):
        shop.vanished()
    lake.publish("WEST", west.file, "mark")
    lake.publish("EAST", east.file)
    ((of_west,),) = lake.ask(marked.format("WEST"))
    both = lake.rows("WEST", west.file), lake.rows("EAST", east.file)
    again = lake.publish("WEST", west.file, "mark").batch, lake.publish("EAST", east.file).batch

    assert of_west > 0
    assert lake.ask(marked.format("EAST")) == [(0,)]
    assert both == (west.here(), east.here())
    assert again == (None, None)
    lake.publish("EAST", east.file, "mark")
    east.vanished()
    lake.publish("EAST", east.file, "mark")
    lake.publish("WEST", west.file)
    assert lake.ask(marked.format("WEST")) == [(0,)]
    assert lake.ask(marked.format("EAST")) != [(0,)]
    assert lake.rows("WEST", west.file) == west.here()
    west.came_back()
    lake.publish("WEST", west.file)
    assert lake.rows("WEST", west.file) == west.here()
    assert lake.rows("EAST", east.file) == east.here()


@pytest.mark.parametrize("account", ["", "a'b", "a/b", "..", "a b", "x" * 101])
def test_the_name_of_an_account_is_no_part_of_a_path_or_a_statement(
    lake: SharedLake, account: str
) -> None:
    with pytest.raises(ConfigurationError, match="cannot be the name of an account"):
        target(lake.address(account))


def test_accounts_share_no_lake_whose_catalog_is_a_file(
    configure: Callable[[str], None], tmp_path: Path
) -> None:
    configure(f'[destination.folder]\nbucket_url = "{tmp_path}/lake"\n')
    with pytest.raises(ConfigurationError, match="whose catalog is in Postgres, and 'folder' is"):
        target("ducklake:destination:folder/account=west")
