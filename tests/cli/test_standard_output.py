"""Standard output that nobody reads, or that cannot be written: what was done is done, and told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = "from shipsync.cli import main; main()"
WORDS = ("locations", "--database")


def command(
    database: Path, *, stdout: int | None, shell: str = ""
) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", SCRIPT, *WORDS, str(database)]
    if shell:
        words = ["sh", "-c", f'"$@" {shell}', "sh", *words]
    return subprocess.run(
        words, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, timeout=60
    )


def test_a_reader_that_has_gone_changes_no_exit_code(held: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = command(held, stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_standard_output_is_none(held: Path) -> None:
    done = command(held, stdout=None, shell=">&-")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_told_in_a_sentence(held: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = command(held, stdout=full.fileno())
    assert done.returncode == 1
    assert done.stderr == (
        "The result could not be written to standard output (No space left on device), but the command "
        "did its work; what it wrote to the account is in `shipsync stock status`.\n"
    )
