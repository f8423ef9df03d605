"""Files for their owner alone, under a umask that would let everybody read and write them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from shipsync import owner_only
from shipsync.feed.files import JsonLines
from shipsync.warehouse.database import connect
from shipsync.warehouse.load import Loader, working_folder


@pytest.fixture(autouse=True)
def _an_open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> str:
    return f"{path.stat().st_mode & 0o777:o}"


def test_a_umask_holds_in_its_block_alone(tmp_path: Path) -> None:
    with owner_only.umask():
        (tmp_path / "within").touch()
    (tmp_path / "after").touch()

    assert (mode(tmp_path / "within"), mode(tmp_path / "after")) == ("600", "666")


def test_folders_are_made_for_the_owner_and_those_that_are_there_stay(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    owner_only.make_folder(tmp_path / "open" / "a" / "b")
    owner_only.make_folder(tmp_path / "open" / "a" / "b")

    assert [mode(tmp_path / "open" / name) for name in ("", "a", "a/b")] == ["777", "700", "700"]


def test_no_folder_is_made_where_a_link_or_a_file_stands(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "file").write_text("mine")

    for name in ("link", "file"):
        with pytest.raises(FileExistsError):
            owner_only.make_folder(tmp_path / name)
    assert not (tmp_path / "elsewhere").exists()


def test_a_new_file_takes_the_place_of_a_link_and_writes_nothing_through_it(tmp_path: Path) -> None:
    (tmp_path / "diary").write_text("Dear diary")
    (tmp_path / "draft").symlink_to(tmp_path / "diary")

    with os.fdopen(owner_only.open_new(tmp_path / "draft"), "w") as file:
        file.write("plan")

    assert (tmp_path / "diary").read_text() == "Dear diary"
    assert (tmp_path / "draft").read_text() == "plan"
    assert mode(tmp_path / "draft") == "600"


def test_a_library_user_gets_a_database_and_a_work_folder_of_the_owner_s(tmp_path: Path) -> None:
    database = tmp_path / "data" / "shop.duckdb"
    with connect(database) as con:
        Loader(con, database)

    assert [mode(path) for path in (database.parent, database, working_folder(database))] == [
        "700",
        "600",
        "700",
    ]


def test_a_database_that_is_there_keeps_what_its_owner_gave_it(tmp_path: Path) -> None:
    database = tmp_path / "shop.duckdb"
    connect(database).close()
    database.chmod(0o640)
    connect(database).close()

    assert mode(database) == "640"


def test_deliveries_to_files_are_the_owner_s(tmp_path: Path) -> None:
    JsonLines(tmp_path / "feed" / "events.jsonl").put(())

    assert [mode(tmp_path / "feed" / name) for name in ("", "events.jsonl")] == ["700", "600"]
