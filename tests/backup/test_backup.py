"""A backup comes back so that no write is made twice and no consumer loses its place."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import duckdb
import pytest

from feed.made_events import happen, make_feed
from reverse.stock_shop import Shop, open_shop
from shipsync.backup import manifest as manifests
from shipsync.backup.restore import Restored, restore
from shipsync.backup.take import take_backup
from shipsync.clock import JumpingPacing
from shipsync.errors import DatabaseLocked, InputFileError, LockHeld, NeedsPerson, UsageError
from shipsync.feed.consumers import acknowledge, acknowledged, read
from shipsync.reverse import service
from shipsync.reverse.applying import Applying
from shipsync.warehouse import lock
from shipsync.warehouse.copies import copied
from shipsync.warehouse.load import working_folder

INCREMENT = {"sku": "A-2", "location": "Main", "action": "increment", "quantity": 5, "key": "d-1"}
SCRIPT = Path(__file__).with_name("killed_copy.py")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return open_shop(tmp_path)


def back_up(shop: Shop) -> Path:
    folder = shop.folder / "backups" / "monday"
    take_backup(shop.connection.database, "shop", folder)
    return folder


def put_back(shop: Shop, folder: Path) -> Restored:
    return restore(folder, shop.connection.database, "shop", replace=True)


def apply(shop: Shop, plan: object) -> None:
    with shop.session() as session:
        service.applied(shop.connection, "stock apply", plan, Applying(session, shop.pacing))  # type: ignore[arg-type]


def test_a_backup_is_whole_and_for_its_owner_alone(shop: Shop) -> None:
    key = shop.folder / "shop.key"
    key.write_text("ab" * 32)
    folder = back_up(shop)

    manifest = manifests.read(folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        "database.duckdb",
        "database.key",
        "manifest.json",
    ]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    manifests.check(folder, manifest)
    with duckdb.connect(str(folder / "database.duckdb"), read_only=True) as con:
        assert con.execute("select count(*) from raw.inventory_levels").fetchone() == (6,)


def test_a_folder_that_holds_something_is_left_alone(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter").write_text("dear")
    with pytest.raises(UsageError, match="is not empty"):
        take_backup(shop.connection.database, "shop", tmp_path / "full")
    assert (tmp_path / "full" / "letter").read_text() == "dear"


def test_a_backup_is_taken_while_a_run_has_the_database_open(shop: Shop) -> None:
    with lock.hold(shop.connection.database), shop.connect() as con:
        con.execute("create table raw.half as select 1 as one")
        folder = back_up(shop)
    with duckdb.connect(str(folder / "database.duckdb"), read_only=True) as con:
        assert con.execute("select one from raw.half").fetchone() == (1,)


def test_where_a_run_writes_throughout_its_end_is_waited_for(shop: Shop) -> None:
    database = shop.connection.database
    run = ExitStack()
    run.enter_context(lock.hold(database))
    tries = 0

    def copy(file: Path) -> AbstractContextManager[Path]:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise DatabaseLocked("it is being written to")
        return copied(file)

    class Waiting(JumpingPacing):
        """At its third wait the run ends."""

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if len(self.waits) == 3:
                run.close()

    pacing = Waiting()
    take_backup(database, "shop", shop.folder / "b", pacing=pacing, copy=copy)

    assert (tries, len(pacing.waits)) == (2, 3)
    manifests.check(shop.folder / "b", manifests.read(shop.folder / "b"))
    # To wait is not to step aside.
    assert lock.state(database).refused == 0


def test_after_an_hour_of_waiting_the_backup_gives_up_and_leaves_nothing(shop: Shop) -> None:
    def never(file: Path) -> AbstractContextManager[Path]:
        raise DatabaseLocked("it is being written to")

    pacing = JumpingPacing()
    folder = shop.folder / "b"
    with (
        lock.hold(shop.connection.database),
        pytest.raises(DatabaseLocked, match="for an hour"),
    ):
        take_backup(shop.connection.database, "shop", folder, pacing=pacing, copy=never)
    assert sum(pacing.waits) == 3600
    assert not folder.exists()
    assert not folder.with_name("b.unfinished").exists()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "is no backup"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "is no backup"),
        (lambda folder: (folder / "database.duckdb").unlink(), "cannot be read"),
        (
            lambda folder: (folder / "database.duckdb").write_bytes(
                (folder / "database.duckdb").read_bytes()[:-1] + b"x"
            ),
            "is not as it was backed up",
        ),
    ],
    ids=["no_manifest", "half_a_manifest", "no_database", "another_byte"],
)
def test_a_backup_that_is_not_whole_is_refused(shop: Shop, damage: object, said: str) -> None:
    folder = back_up(shop)
    before = shop.connection.database.read_bytes()
    damage(folder)  # type: ignore[operator]

    with pytest.raises(InputFileError, match=said):
        put_back(shop, folder)
    assert shop.connection.database.read_bytes() == before


def test_a_restore_touches_nothing_it_was_not_told_to(shop: Shop) -> None:
    folder = back_up(shop)
    database = shop.connection.database
    with pytest.raises(UsageError, match="With --replace"):
        restore(folder, database, "shop")
    with pytest.raises(UsageError, match="is a backup of account 'shop', not 'west'"):
        restore(folder, database, "west", replace=True)
    with lock.hold(database), pytest.raises(LockHeld):
        put_back(shop, folder)


def test_what_was_sent_after_the_backup_is_not_sent_again(shop: Shop) -> None:
    plan = shop.plan(INCREMENT)
    folder = back_up(shop)
    apply(shop, plan)
    assert (shop.on_hand("A-2"), shop.writes_sent()) == (15, 1)

    put_back(shop, folder)
    with pytest.raises(UsageError, match="made from another database"):
        apply(shop, plan)
    with pytest.raises(NeedsPerson, match="`shipsync writes release`"):
        apply(shop, shop.plan(INCREMENT))
    assert shop.writes_sent() == 1

    service.release(shop.connection.database, because="the delivery is archived")
    apply(shop, shop.plan(INCREMENT | {"key": "d-2"}))
    assert (shop.on_hand("A-2"), shop.writes_sent()) == (20, 2)
    with pytest.raises(UsageError, match="No restore waits"):
        service.release(shop.connection.database, because="again")


def test_a_write_that_was_on_its_way_in_the_backup_is_left_to_a_person(shop: Shop) -> None:
    plan = shop.plan(INCREMENT)
    apply(shop, plan)
    with shop.connect() as con:
        con.execute("delete from ledger.outbox where state = 'applied'")
    folder = back_up(shop)
    restored = put_back(shop, folder)
    service.release(shop.connection.database, because="nothing else was sent")

    assert restored.unsettled == 1
    assert shop.states("d-1")[-1] == "unknown"
    apply(shop, shop.plan(INCREMENT))
    assert (shop.on_hand("A-2"), shop.writes_sent()) == (15, 1)
    service.resolve(
        shop.connection.database, "shop", "d-1", applied=True, because="counted the shelf"
    )
    assert shop.states("d-1")[-1] == "applied"


def test_no_consumer_loses_its_place_and_events_keep_their_ids(shop: Shop) -> None:
    with shop.connect() as con:
        make_feed(con)
        happen(con, "a", "b", "c")
        acknowledge(con, "billing", 2)
    folder = back_up(shop)
    with shop.connect() as con:
        happen(con, "d")
        before = [event.event_id for event in read(con, "billing", limit=10).events]
        acknowledge(con, "billing", 4)

    put_back(shop, folder)
    with shop.connect() as con:
        assert acknowledged(con, "billing") == 2
        happen(con, "d")
        after = [event.event_id for event in read(con, "billing", limit=10).events]
    assert after == before


def test_what_was_half_loaded_is_read_again_and_the_former_file_is_kept(shop: Shop) -> None:
    folder = back_up(shop)
    database = shop.connection.database
    working_folder(database).mkdir()
    with shop.connect() as con:
        con.execute("create table raw.later as select 1 as one")

    restored = put_back(shop, folder)

    assert not working_folder(database).exists()
    assert restored.former is not None
    with duckdb.connect(str(restored.former), read_only=True) as con:
        assert con.execute("select one from raw.later").fetchone() == (1,)
    with shop.connect() as con, pytest.raises(duckdb.CatalogException):
        con.execute("from raw.later")


def test_the_log_of_the_former_file_is_not_taken_for_that_of_the_restored_one(shop: Shop) -> None:
    folder = back_up(shop)
    database = shop.connection.database
    # As a run that was killed leaves it.
    with shop.connect() as con:
        con.execute("create table raw.later as select 1 as one")
        copied = [
            shutil.copy(file, shop.folder / f"kept-{file.name}")
            for file in (database, database.with_name(f"{database.name}.wal"))
        ]
    shutil.copy(copied[0], database)
    shutil.copy(copied[1], database.with_name(f"{database.name}.wal"))

    put_back(shop, folder)
    with shop.connect() as con, pytest.raises(duckdb.CatalogException):
        con.execute("from raw.later")


def killed(command: str, folder: Path, shop: Shop, at: int) -> bool:
    """Whether the command was ended at its step ``at``; false once it has fewer steps."""
    words = [
        sys.executable,
        str(SCRIPT),
        command,
        str(folder),
        str(shop.connection.database),
        str(at),
    ]
    code = subprocess.run(words, check=False).returncode
    assert code in (0, 137)
    return code == 137


@pytest.mark.slow
def test_a_backup_killed_at_any_step_is_none_and_the_next_one_is_whole(shop: Shop) -> None:
    before = shop.connection.database.read_bytes()
    at = 1
    while killed("backup", folder := shop.folder / "b" / f"{at}", shop, at):
        if folder.exists():
            # It was ended behind its last step, or in an empty folder.
            manifests.check(folder, manifests.read(folder))
        else:
            take_backup(shop.connection.database, "shop", folder)
        manifests.check(folder, manifests.read(folder))
        assert shop.connection.database.read_bytes() == before
        at += 1
    assert at > 8


@pytest.mark.slow
def test_a_restore_killed_at_any_step_leaves_the_former_or_the_restored_database(
    shop: Shop,
) -> None:
    (shop.folder / "shop.key").write_text("ab" * 32)
    folder = back_up(shop)
    with shop.connect() as con:
        con.execute("create table raw.later as select 1 as one")
    later = shutil.copy(shop.connection.database, shop.folder / "later.duckdb")
    at = 1
    seen = set()
    while killed("restore", folder, shop, at):
        with shop.connect() as con:
            is_restored = con.execute("select count(*) from ledger.restores").fetchone() == (1,)
            has_later = con.execute(
                "select count(*) from duckdb_tables() where table_name = 'later'"
            ).fetchone() == (1,)
        assert is_restored != has_later
        seen.add(is_restored)
        put_back(shop, folder)
        with shop.connect() as con:
            assert con.execute("select count(*) from raw.inventory_levels").fetchone() == (6,)
        shutil.copy(later, shop.connection.database)
        at += 1
    assert seen == {True, False}
