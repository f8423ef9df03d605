"""What a killed process left is removed by the next one, and nothing that is somebody's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shipsync.warehouse.processes import is_alive, start_of
from shipsync.warehouse.scratch import scratch_folder

BUILD = """
import sys
from pathlib import Path
from shipsync.warehouse.scratch import scratch_folder
with scratch_folder("dbt", Path(sys.argv[1])) as folder:
    (folder / "target").mkdir()
    (folder / "target" / "manifest.json").write_text("{}")
    print(folder, flush=True)
    input()
"""


@contextmanager
def build(parent: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another process with a folder, which waits."""
    with subprocess.Popen(
        [sys.executable, "-c", BUILD, str(parent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, Path(process.stdout.readline().strip())
        finally:
            process.kill()


def test_a_folder_is_gone_with_its_build(tmp_path: Path) -> None:
    with scratch_folder("copy", tmp_path) as folder:
        (folder / "profiles.yml").write_text("{}")
        assert [folder] == list(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == []


def test_the_next_build_removes_what_a_killed_one_left_and_not_what_a_living_one_has(
    tmp_path: Path,
) -> None:
    with build(tmp_path) as (killed, left), build(tmp_path) as (_, living):
        killed.kill()
        killed.wait()
        assert left.is_dir()
        with scratch_folder("copy", tmp_path):
            assert not left.exists()
            assert (living / "target" / "manifest.json").is_file()


@pytest.mark.skipif(start_of(os.getpid()) is None, reason="no /proc: starts are not known here")
def test_a_number_that_was_given_again_is_no_living_build(tmp_path: Path) -> None:
    left = tmp_path / f"shipsync-dbt-{os.getpid()}-{(start_of(os.getpid()) or 0) + 1}-abcd"
    left.mkdir()
    (left / "alive").touch()
    with scratch_folder("copy", tmp_path):
        assert not left.exists()


def test_what_is_no_leftover_stays(tmp_path: Path) -> None:
    """A folder whose lock is held by a process that is not seen here, one without a lock, and other names."""
    with build(tmp_path) as (other, held):
        unseen = held.rename(tmp_path / "shipsync-dbt-999999999-5-abcd")
        kept = [unseen, tmp_path / "shipsync-dbt-999999999-5-ef01", tmp_path / "shipsync-dbt-mine"]
        for folder in kept[1:]:
            folder.mkdir()
        link = tmp_path / "shipsync-dbt-999999999-5-0000"
        link.symlink_to(kept[2])
        with scratch_folder("copy", tmp_path):
            assert all(one.exists() for one in [*kept, link])
        other.kill()
        other.wait()
        with scratch_folder("copy", tmp_path):
            assert not unseen.exists()


def test_a_process_is_known_by_its_number_and_its_start() -> None:
    own = os.getpid()
    assert is_alive(own, start_of(own) or 0)
    assert is_alive(own, 0)
    assert not is_alive(999_999_999, 0)
