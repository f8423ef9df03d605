"""A batch of what changed is found by the marks of rows, and the target is the source nevertheless."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import pytest

from shipsync.publish.run import PublishReport, publish
from shipsync.publish.targets import target
from shipsync.publish.verify import verify

from .lakes import Rows
from .loaded_shop import MARKED, UNMARKED, LoadedShop
from .test_killed import KILLS, DltHouse, Reader, publish_apart
from .test_killed import reader as reader

QUICK = (
    LoadedShop.arrived,
    LoadedShop.modified,
    LoadedShop.touched,
    LoadedShop.moved,
    LoadedShop.vanished,
    LoadedShop.came_back,
    LoadedShop.scanned,
)
UNTOLD = (
    LoadedShop.line_deleted,
    LoadedShop.repaired,
    LoadedShop.refreshed,
    LoadedShop.clock_set_back,
)
STAMPED = (
    LoadedShop.redacted,
    LoadedShop.next_day,
    LoadedShop.other_sql,
)
ROUNDS = 10


@pytest.fixture
def loaded(tmp_path: Path) -> Callable[[int], LoadedShop]:
    return lambda seed: LoadedShop(tmp_path / f"loaded{seed}" / "shop.duckdb", Random(seed))


def _publish(loaded: LoadedShop, reader: Reader) -> PublishReport:
    if isinstance(reader, DltHouse):
        # Rows are read in the order of the source's columns.
        reader.source = loaded.file
    return publish(loaded.file, target(reader.address), schemas=["core", "changes"])


def _there(reader: Reader) -> dict[str, Rows]:
    return {name: reader.rows(name) for name in (*MARKED, UNMARKED)}


def _compared(report: PublishReport) -> dict[str, str]:
    return {table.table: table.compared for table in report.tables}


def _marked(report: PublishReport) -> set[str]:
    return {how for table, how in _compared(report).items() if table in MARKED}


@pytest.mark.parametrize("seed", range(2))
def test_whatever_changes_at_random_the_target_is_the_source(
    loaded: Callable[[int], LoadedShop], reader: Reader, seed: int
) -> None:
    shop, random = loaded(seed), Random(seed)
    _publish(shop, reader)
    was_quick = 0
    for number in range(ROUNDS):
        done = random.choices(QUICK, k=random.randint(1, 3))
        if random.random() < 0.2:
            done.append(random.choice((*UNTOLD, *STAMPED, LoadedShop.note_changed)))
        for change in done:
            change(shop)
        told = f"seed {seed}, round {number}: {', '.join(change.__name__ for change in done)}"

        report = _publish(shop, reader)

        assert _there(reader) == shop.here(), told
        if not {*done} & {*UNTOLD, *STAMPED}:
            was_quick += 1
            assert _marked(report) <= {"nothing", "changes"}, f"{told}: {_compared(report)}"
        if {*done} & {*STAMPED}:
            assert _marked(report) == {"everything"}, f"{told}: {_compared(report)}"
        again = _publish(shop, reader)
        assert (again.batch, _marked(again)) == (None, {"nothing"}), told
    assert was_quick > ROUNDS / 2
    assert verify(shop.file, target(reader.address), schemas=["core", "changes"]).differences == ()


def test_while_a_build_is_cut_off_every_row_is_compared(
    loaded: Callable[[int], LoadedShop], reader: Reader
) -> None:
    shop = loaded(1)
    _publish(shop, reader)
    shop.build_cut_off()
    cut_off = _publish(shop, reader)
    equal = _there(reader) == shop.here()
    shop.build_ended()

    ended, again = _publish(shop, reader), _publish(shop, reader)

    assert equal
    assert (_marked(cut_off), _marked(ended), _marked(again)) == (
        {"everything"},
        {"everything"},
        {"nothing"},
    )
    assert (ended.batch, again.batch) == (None, None)


@pytest.mark.parametrize("change", [LoadedShop.line_deleted, LoadedShop.repaired])
def test_a_change_that_no_load_brings_is_found_where_no_load_came_either(
    loaded: Callable[[int], LoadedShop], reader: Reader, change: Callable[[LoadedShop], None]
) -> None:
    shop = loaded(1)
    shop.modified()
    _publish(shop, reader)
    change(shop)
    report = _publish(shop, reader)
    assert report.batch == 2
    assert _there(reader) == shop.here()


def test_what_marks_do_not_tell_is_found_when_all_is_compared(
    loaded: Callable[[int], LoadedShop], reader: Reader
) -> None:
    shop = loaded(1)
    _publish(shop, reader)
    shop.rewritten_unseen()
    goal = target(reader.address)

    quick = _publish(shop, reader)
    missing = verify(shop.file, goal, schemas=["core", "changes"]).differences
    whole = publish(shop.file, goal, schemas=["core", "changes"], is_compared_whole=True)

    assert quick.batch is None
    assert {difference.table for difference in missing} == {
        "core.shipments",
        "core.shipments_history",
    }
    assert _marked(whole) == {"everything"}
    assert _there(reader) == shop.here()
    assert _marked(_publish(shop, reader)) == {"nothing"}


@KILLS
def test_a_batch_of_what_changed_that_is_killed_is_whole_or_not_there_and_its_repeat_is_the_source(
    loaded: Callable[[int], LoadedShop], reader: Reader, tmp_path: Path, kills: int
) -> None:
    shop = loaded(1)
    _publish(shop, reader)
    shop.modified()
    whole, _ = publish_apart(reader, shop.file, 0)
    assert whole is not None
    killed = torn = 0
    for seed in range(kills):
        random = Random(seed)
        before, number = shop.here(), reader.batch()
        shutil.copy(shop.file, tmp_path / "before.duckdb")
        for change in random.choices(QUICK, k=2):
            change(shop)
        shop.modified()
        instant = random.uniform(0.01, whole)
        ended, _ = publish_apart(reader, shop.file, instant)
        told = f"seed {seed}, {'killed' if ended is None else 'done'} at {instant:.3f} of {whole:.3f} s"
        print(told)  # noqa: T201
        killed += ended is None

        reached = reader.batch()
        assert reached in (number, (number or 0) + 1), told
        assert _torn(reader, _there(reader), before, shop.here(), reached != number) == [], told
        if reached == number and random.random() < 0.5:
            # The source has gone back to what the last whole batch before has.
            shutil.copy(tmp_path / "before.duckdb", shop.file)
            torn += 1
        again = _publish(shop, reader)
        # There the parts of a cut-off batch are written anew, whatever they hold.
        if reader.shows_whole_batches:
            assert _marked(again) <= {"nothing", "changes"}, f"{told}: {_compared(again)}"
        assert _there(reader) == shop.here(), told
    assert killed >= kills // 3
    assert torn or kills < 10
    assert verify(shop.file, target(reader.address)).differences == ()


def _torn(
    reader: Reader,
    seen: Mapping[str, Rows],
    before: Mapping[str, Rows],
    now: Mapping[str, Rows],
    is_recorded: bool,
) -> list[str]:
    """The tables that a kill left in a state which they must not have.

    All are as they are ``now`` once the batch ``is_recorded``, and as ``before`` until then; where tables
    change one by one, each is one or the other whole.
    """
    return [
        name
        for name in before
        if seen[name] != (now if is_recorded else before)[name]
        and (reader.shows_whole_batches or is_recorded or seen[name] != now[name])
    ]
