"""Who holds a file, by the name that people know him by."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from shipsync.errors import DatabaseLocked
from shipsync.warehouse.database import connect
from shipsync.warehouse.failures import explained
from shipsync.warehouse.processes import holder_of, named

# A notebook, as far as DuckDB can tell.
OPEN = "import sys, duckdb; con = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["/usr/bin/shipsync", "run", "--connection", "west"], "shipsync run"),
        (["/usr/bin/shipsync", "--debug"], "shipsync"),
        (["/opt/job.py", "run"], "job.py"),
        (["/usr/bin/marimo", "token-of-somebody"], "marimo"),
        (["-c"], ""),
        ([""], ""),
        ([], ""),
    ],
)
def test_a_program_is_named_without_what_it_was_given(arguments: list[str], name: str) -> None:
    assert named(arguments) == name


def test_a_complaint_without_a_holder_names_none() -> None:
    assert holder_of("IO Error: Could not set lock on file") is None


def test_a_holder_that_is_gone_is_named_by_what_duckdb_said() -> None:
    assert holder_of("held in /usr/bin/dbeaver (PID 999999999)") == "dbeaver, process 999999999"


def test_who_has_the_database_open_is_named_with_his_process_and_since_when(tmp_path: Path) -> None:
    file = tmp_path / "shop.duckdb"
    script = tmp_path / "notebook.py"
    script.write_text(OPEN)
    connect(file).close()
    with subprocess.Popen(
        [sys.executable, str(script), str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with (
            pytest.raises(
                DatabaseLocked, match=rf"notebook\.py, process {other.pid}, since 20\d\d-"
            ),
            explained(file),
        ):
            duckdb.connect(str(file), read_only=True)
        other.communicate("\n")
