"""What a killed process left is removed by the next one, and nothing that is somebody's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shipsync.warehouse.scratch import scratch_folder

WORK = """
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
def work(parent: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another process with a folder, which waits."""
    with subprocess.Popen(
        [sys.executable, "-c", WORK, str(parent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, Path(process.stdout.readline().strip())
        finally:
            process.kill()


def test_a_folder_is_gone_with_its_work(tmp_path: Path) -> None:
    with scratch_folder("dbt", tmp_path) as folder:
        (folder / "profiles.yml").write_text("{}")
        assert [folder] == list(tmp_path.iterdir())
        assert folder.stat().st_mode & 0o777 == 0o700
    assert list(tmp_path.iterdir()) == []


def test_work_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fails() -> None:
        with scratch_folder("export", tmp_path) as folder:
            (folder / "rows.csv").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fails()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("purpose", ["dbt", "copy", "publish"])
def test_the_next_removes_what_a_killed_one_left_and_not_what_a_living_one_has(
    tmp_path: Path, purpose: str
) -> None:
    with work(tmp_path) as (killed, left), work(tmp_path) as (_, living):
        killed.kill()
        # Nobody has asked yet how it ended, so its number is still taken.
        os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)
        assert left.is_dir()
        with scratch_folder(purpose, tmp_path), scratch_folder(purpose, tmp_path) as second:
            assert not left.exists()
            assert (living / "target" / "manifest.json").is_file()
            assert second.is_dir()


def test_what_is_no_leftover_stays(tmp_path: Path) -> None:
    """A folder without a lock, a link to one with, a file, and other names."""
    with work(tmp_path) as (other, held):
        left = held.rename(tmp_path / "somebodys")
        kept = [left, tmp_path / "shipsync-dbt-mine", tmp_path / "shipsync-notes"]
        kept[1].mkdir()
        kept[2].write_text("mine")
        link = tmp_path / "shipsync-dbt-link"
        link.symlink_to(left)
        other.kill()
        other.wait()
        with scratch_folder("copy", tmp_path):
            assert all(one.exists() for one in [*kept, link])
