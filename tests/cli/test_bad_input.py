"""What can be given wrongly, the sentence each gets, and that nothing is lost by it."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from shipsync import job
from shipsync.api.session import Session
from shipsync.connection import Connection, Secret
from shipsync.emulator import Account, Transport
from shipsync.emulator.seed import seed_account
from shipsync.warehouse.database import connect

from .conftest import KEY, Run

HELD = frozenset({"tags", "inventory_levels", "inventory_warehouses", "inventory_locations"})
V1_KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database that holds the tags and the stock of an account, as a sync leaves it."""
    folder = tmp_path_factory.mktemp("synced")
    account = Account()
    seed_account(account, shipments=0)
    connection = Connection("default", Secret("emulator-key"), folder / "default.duckdb")
    with Session(connection, transport=Transport(account)) as session:
        job.sync(connection, session, job.Scope(only=HELD))
    return folder


@pytest.fixture
def held(synced: Path, account: Account, folder: Path) -> Path:
    """The database of the default connection, which holds tags and stock."""
    shutil.copytree(synced, folder / "data")
    return folder / "data" / "default.duckdb"


@pytest.fixture
def unchanged(held: Path) -> Iterator[Path]:
    """The same, which must be byte by byte what it was when the test is over."""
    before = hashlib.sha256(held.read_bytes()).hexdigest()
    yield held
    assert hashlib.sha256(held.read_bytes()).hexdigest() == before


def rows(database: Path, table: str) -> int:
    with connect(database, read_only=True) as con:
        return len(con.table(f"raw.{table}").fetchall())


class TestSettings:
    """Settings are read before anything else, so the file is not even opened."""

    def test_no_key(self, run: Run, unchanged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SOURCES__SHIPSTATION__API_KEY")
        ran = run("run")

        assert (ran.code, ran.out) == (2, "")
        assert ran.err == (
            "No API key for connection 'default'. Put it into .dlt/secrets.toml as api_key = \"...\" "
            "under [sources.shipstation], or into the environment as SOURCES__SHIPSTATION__API_KEY. "
            "ShipStation shows it under Settings > Account > API Settings; take a V2 key.\n"
        )

    @pytest.mark.parametrize(
        ("setting", "value", "sentence"),
        [
            ("timeout_seconds", 5, "timeout_seconds is 5; 10 to 180 seconds are allowed."),
            (
                "base_url",
                "http://api.shipstation.com",
                "base_url is 'http://api.shipstation.com'; it must begin with https://, or with "
                "http:// for this machine only (127.0.0.1). Leave it out to use "
                "https://api.shipstation.com.",
            ),
        ],
    )
    def test_a_value_out_of_range(
        self,
        run: Run,
        unchanged: Path,
        account: Account,
        set_connection: Callable[..., None],
        setting: str,
        value: object,
        sentence: str,
    ) -> None:
        set_connection(**{setting: value})
        ran = run("run")

        assert (ran.code, ran.out, ran.err) == (2, "", f"{sentence}\n")
        assert account.requests == []

    def test_an_unknown_key(
        self, run: Run, unchanged: Path, set_connection: Callable[..., None]
    ) -> None:
        set_connection(timeout=20)
        ran = run("run")

        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(
            "Unknown setting 'timeout' in the environment. Did you mean timeout_seconds? Known: "
            "api_key, base_url, timeout_seconds, "
        )

    def test_a_connection_that_has_no_settings(self, run: Run, unchanged: Path) -> None:
        ran = run("run", "--connection", "wset")

        assert ran.code == 2
        assert ran.err.startswith("No API key for connection 'wset'.")


class TestAccount:
    """The account does not answer as it should; what is held stays as it is."""

    def test_a_v1_key(
        self, run: Run, held: Path, account: Account, set_connection: Callable[..., None]
    ) -> None:
        set_connection(api_key=V1_KEY)
        ran = run("sync")

        assert ran.code == 1
        assert ran.err.startswith("Failed: shipments, fulfillments, labels, ")
        assert "It has the form of a V1 key" in ran.err
        assert V1_KEY not in ran.out + ran.err
        assert len(account.requests) == 1
        assert rows(held, "tags") == 5

    def test_an_address_where_nobody_listens(
        self, run: Run, held: Path, set_connection: Callable[..., None]
    ) -> None:
        set_connection(base_url="http://127.0.0.1:9")
        ran = run("sync")

        assert ran.code == 1
        assert ran.err.count("\n") == 1
        assert "did not take the connection; check base_url http://127.0.0.1:9" in ran.err
        assert rows(held, "tags") == 5

    def test_an_address_where_something_else_listens(
        self, run: Run, held: Path, set_connection: Callable[..., None]
    ) -> None:
        url = os.environ["SOURCES__SHIPSTATION__BASE_URL"]
        assert httpx.get(f"{url}/shop/v2/tags").status_code != 200
        set_connection(base_url=f"{url}/shop")
        ran = run("sync", "--only", "tags")

        assert ran.code == 1
        assert ran.err.startswith("Failed: tags. ")
        assert rows(held, "tags") == 5


class TestCall:
    """A call that asks for what there is not."""

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            (
                ("sync", "--only", "orders"),
                "There is no stream 'orders'. Streams: shipments, fulfillments, labels, tracking, "
                "inventory_levels, warehouses, inventory_warehouses, inventory_locations, products, "
                "carriers, tags.",
            ),
            (
                ("sync", "--since", "2026-01-01", "--full-refresh"),
                "Give one of --since, --backfill and --full-refresh, not several.",
            ),
            (
                ("sync", "--since", "last week"),
                "Invalid value for '--since': 'last week' is no time; write a day (2026-01-31), an "
                "instant (2026-01-31T08:00Z), or how long ago (36h, 7d). "
                "See `shipsync sync --help`.",
            ),
            (
                ("sync", "--backfill", "2026-01-01"),
                "Invalid value for '--backfill': '2026-01-01' is no stretch of time; write FROM:TO, "
                "such as 2026-01-01:2026-02-01. See `shipsync sync --help`.",
            ),
        ],
    )
    def test_a_sync_of_what_there_is_not(
        self, run: Run, held: Path, account: Account, words: tuple[str, ...], sentence: str
    ) -> None:
        ran = run(*words)

        assert (ran.code, ran.out, ran.err) == (2, "", f"{sentence}\n")
        assert account.requests == []
        assert rows(held, "tags") == 5


class TestFile:
    """A file of stock changes that cannot be read; no plan is written."""

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (None, "counts.csv cannot be read: No such file or directory."),
            (b"\xff\xfes\x00k\x00u\x00", "counts.csv is UTF-16 text; save it again as UTF-8."),
            (
                b"sku,quantity\nA,1\n",
                "counts.csv has no column inventory_location_id or location; it has sku, quantity.",
            ),
        ],
    )
    def test_a_file_that_cannot_be_planned(
        self,
        run: Run,
        held: Path,
        folder: Path,
        content: bytes | None,
        sentence: str,
    ) -> None:
        if content is not None:
            (folder / "counts.csv").write_bytes(content)
        planned = run("stock", "plan", "counts.csv")

        assert (planned.code, planned.out, planned.err) == (2, "", f"{sentence}\n")
        assert not list(folder.glob("*.plan.json"))


class TestDatabase:
    """A database file that cannot be used; it stays as it is."""

    def test_a_file_that_is_no_database(self, run: Run, account: Account, folder: Path) -> None:
        file = folder / "letter.duckdb"
        file.write_text("Dear Ana")
        ran = run("run", "--database", file)

        assert (ran.code, ran.out) == (1, "")
        assert ran.err == (
            f"{file} is not a DuckDB database, or it is damaged. Move it away or restore a copy, then "
            "run `shipsync sync`: it reads the account anew. The file was left as it is.\n"
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
            "data/default.duckdb is open in another program (a shell, a notebook, a BI tool). Close it "
            "there and run again; nothing was changed.\n"
        )
        assert (ran.code, ran.out, ran.err) == (1, "", sentence)
        assert (listed.code, listed.err) == (1, sentence)
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
