"""One DuckLake of many accounts as a reader sees it, and processes that publish into it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pytest

from export.conftest import Server
from shipsync.connection import RemovedRows
from shipsync.export.portable import column_named
from shipsync.publish import duckdb_extensions
from shipsync.publish.run import PublishReport, publish
from shipsync.publish.targets import target
from shipsync.publish.verify import verify
from shipsync.warehouse.database import connect

from .lakes import Rows, need_ducklake, sorted_rows

PUBLISH = """
import os, signal, sys
from pathlib import Path
from shipsync.publish.run import publish
from shipsync.publish.targets import target
import shipsync.publish.ducklake_accounts, psycopg2, fsspec, pyarrow
goal = target(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
signal.setitimer(signal.ITIMER_REAL, float(sys.argv[3]))
report = publish(Path(sys.argv[1]), goal, schemas=["core", "changes"])
signal.setitimer(signal.ITIMER_REAL, 0)
print(report.batch, flush=True)
"""


class SharedLake:
    """A lake with its catalog in a schema of a Postgres and its files in ``folder``."""

    def __init__(self, server: Server, schema: str, folder: Path) -> None:
        self.server = server
        self.schema = schema
        self.folder = folder

    def address(self, account: str) -> str:
        return f"ducklake:destination:warehouse/account={account}"

    def publish(
        self, account: str, file: Path, removed_rows: RemovedRows = "delete"
    ) -> PublishReport:
        goal = target(self.address(account))
        return publish(file, goal, schemas=["core", "changes"], removed_rows=removed_rows)

    def differences(self, account: str, file: Path) -> list[str]:
        goal = target(self.address(account))
        found = verify(file, goal, schemas=["core", "changes"]).differences
        return [str(difference) for difference in found]

    @contextmanager
    def reader(self, *, read_only: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect() as con:
            for extension in ("postgres_scanner", "ducklake"):
                duckdb_extensions.load(con, extension)
            con.execute("set timezone = 'UTC'")
            how = "read_only, " if read_only else ""
            con.execute(
                f"attach 'ducklake:postgres:{self.server.url}' as lake "
                f"({how}metadata_schema '{self.schema}')"
            )
            yield con

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with self.reader() as con:
            return con.sql(query).fetchall()

    def rows(self, account: str, file: Path) -> dict[str, Rows]:
        """The account's rows of the tables of ``file``, in the order of its columns; marked ones left out."""
        with connect(file, read_only=True) as source:
            names = source.sql(
                "select schema_name || '.' || table_name, list(column_name order by column_index) "
                "from duckdb_columns() where schema_name in ('core', 'changes') and not internal "
                "group by all"
            ).fetchall()
        with self.reader() as con:
            found = {}
            for name, columns in names:
                held = con.sql(f"from lake.{name}").filter(f"account = '{account}'")
                if "_deleted_at" in held.columns:
                    held = held.filter("_deleted_at is null")
                found[name] = sorted_rows(held.select(*map(column_named, columns)))
            return found


@pytest.fixture
def lake(server: Server, tmp_path: Path, configure: Callable[[str], None]) -> SharedLake:
    need_ducklake("postgres_scanner")
    # The server outlives the folder, whose name another test may get.
    schema = f"lake_{uuid4().hex}"
    configure(
        f'[destination.warehouse.credentials]\ncatalog = "{server.url}"\n'
        f'storage = "{tmp_path}/files"\nmetadata_schema = "{schema}"\n'
    )
    return SharedLake(server, schema, tmp_path / "files")


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """The database of another account, with the same rows as ``shop``."""
    file = tmp_path / "source" / "other.duckdb"
    with connect(file) as con:
        con.execute((Path(__file__).parent / "shop.sql").read_text(encoding="utf-8"))
    return file


def publisher(
    lake: SharedLake, account: str, file: Path, alarm: float = 0
) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", PUBLISH, str(file), lake.address(account), str(alarm)],
        env=dict(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def at_once(*processes: subprocess.Popen[str]) -> list[tuple[int, str]]:
    """Have them publish, and return how each ended and its last word: the number of its batch."""
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    ended = [process.communicate(timeout=300) for process in processes]
    # On a slow machine DuckDB draws how far a question is.
    return [
        (process.returncode, (said.split() or [complaint])[-1])
        for process, (said, complaint) in zip(processes, ended, strict=True)
    ]
