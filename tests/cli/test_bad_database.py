"""A database or a folder that will not do, the sentence each gets, and that nothing is lost by it."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from shipsync.emulator import Account

from .conftest import KEY, Run, rows


class TestDatabase:
    """A database file that cannot be used; it stays as it is."""

    def test_a_file_that_is_no_database(self, run: Run, account: Account, folder: Path) -> None:
        file = folder / "letter.duckdb"
        file.write_text("Dear Ana")
        ran = run("run", "--database", file)

        assert (ran.code, ran.out) == (1, "")
        assert ran.err == (
            f"{file} is not a DuckDB database, or it is damaged. Restore a copy, or move it away, then run "
            "`shipsync sync`: it reads the account again. The ledger of what was written to the account is "
            "in such a copy alone. The file was left as it is.\n"
        )
        assert file.read_text() == "Dear Ana"
        assert account.requests == []

    def test_a_database_that_was_cut_short(self, run: Run, held: Path) -> None:
        file = held.with_name("half.duckdb")
        half = held.read_bytes()[: held.stat().st_size // 2]
        file.write_bytes(half)
        ran = run("run", "--database", file)

        assert ran.code == 1
        assert ran.err.startswith(f"{file} is not a DuckDB database, or it is damaged.")
        assert file.read_bytes() == half

    def test_a_database_that_another_program_has_open(
        self, run: Run, unchanged: Path, account: Account
    ) -> None:
        script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True)"
        words = [sys.executable, "-c", f"{script}; sys.stdin.read()", str(unchanged)]
        with subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == "open\n"
            ran, listed = run("run"), run("locations")
            other.communicate()

        sentence = (
            ": a run of shipsync that is at work, a notebook, a BI tool. Wait for its end, or close it "
            "there, and try again; nothing was changed. What reads and stays opens the copy beside it, "
            "whose name ends in .read.duckdb.\n"
        )
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith("data/default.duckdb is open in another program (")
        assert f", process {other.pid}, since 20" in ran.err
        assert ran.err.endswith(sentence)
        # Who only reads is told from a copy.
        assert (listed.code, listed.err) == (0, "")
        assert listed.out
        assert account.requests == []

    @pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
    def test_a_folder_that_is_read_only(self, run: Run, account: Account, folder: Path) -> None:
        closed = folder / "closed"
        closed.mkdir(mode=0o555)
        ran = run("run", "--database", closed / "a.duckdb")

        assert (ran.code, ran.out) == (1, "")
        assert "can't be used: Permission denied. Give a folder that can be written to" in ran.err
        assert list(closed.iterdir()) == []
        assert account.requests == []

    @pytest.mark.skipif(not Path("/proc/self").exists(), reason="this system has no /proc")
    def test_a_folder_that_nobody_can_write_to(self, run: Run, account: Account) -> None:
        ran = run("run", "--database", "/proc/self/a.duckdb")

        assert (ran.code, ran.out) == (1, "")
        assert (
            "Give a folder that can be written to with --database; nothing was changed." in ran.err
        )
        assert account.requests == []

    def test_a_folder_that_is_a_file(self, run: Run, account: Account, folder: Path) -> None:
        (folder / "notes").write_text("mine")
        ran = run("run", "--database", "notes/a.duckdb")

        assert (ran.code, ran.out, ran.err) == (
            1,
            "",
            "notes can't be used: File exists. Give a folder that can be written to with --database; "
            "nothing was changed.\n",
        )
        assert (folder / "notes").read_text() == "mine"

    def test_a_name_that_a_schema_has(self, run: Run, account: Account, folder: Path) -> None:
        ran = run("run", "--database", "raw.duckdb")

        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(
            "raw.duckdb holds a schema named raw, so the file can't have that"
        )
        assert not (folder / "raw.duckdb").exists()

    def test_a_full_disk(self, run: Run, held: Path, account: Account) -> None:
        # No file of the child process may grow past its limit: what a full disk does to a write.
        script = (
            "import resource, sys; from shipsync.cli.boundary import run;"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, resource.RLIM_INFINITY));"
            "sys.exit(run(sys.argv[1:]))"
        )
        assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
        full = subprocess.run(
            [sys.executable, "-c", script, "sync", "--only", "shipments"],
            capture_output=True,
            text=True,
            check=False,
        )

        assert full.returncode == 1
        assert full.stderr == (
            "The disk is full: data/default.duckdb could not be written. Free some space and run "
            "again; what was committed before is kept.\n"
        )
        assert KEY not in full.stdout + full.stderr
        assert rows(held, "tags") == 5

        assert run("sync", "--only", "shipments").code == 0
        assert rows(held, "shipments") == 30
