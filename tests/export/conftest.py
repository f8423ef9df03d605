"""A real Postgres on loopback, and a database with every kind of column to export."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import pytest

from shipsync.warehouse.database import connect

# It has to be escaped in an address, so that both spellings are looked for in what is printed.
PASSWORD = "no/body:may@see"
ESCAPED = "no%2Fbody%3Amay%40see"


@dataclass(frozen=True)
class Server:
    """A Postgres server that asks for a password."""

    port: int

    @property
    def url(self) -> str:
        """The address of its database, password and all."""
        return f"postgresql://shipsync:{ESCAPED}@127.0.0.1:{self.port}/postgres"


def _binaries() -> Path | None:
    places = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    found = shutil.which("initdb")
    if found:
        places.append(Path(found).resolve().parent)
    return next((place for place in places if (place / "pg_ctl").exists()), None)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The server; the test is skipped, and says so, where Postgres is not installed."""
    pytest.importorskip("psycopg2", reason="no psycopg2: the export to Postgres is not proven here")
    binaries = _binaries()
    if binaries is None:
        pytest.skip("no Postgres on this machine: the export to it is not proven here")
    # The server runs as nobody who could read pytest's own folder.
    folder = Path(mkdtemp(prefix="shipsync-postgres-"))
    data, password = folder / "data", folder / "password"
    password.write_text(PASSWORD)
    # Postgres refuses to run as root.
    prefix: list[str] = []
    if os.geteuid() == 0:
        # It may stand where only root's own PATH leads.
        runuser = shutil.which("runuser") or shutil.which("runuser", path="/usr/sbin:/sbin")
        if runuser is None:
            pytest.skip("Postgres does not run as root, and there is no runuser to become another")
        for path in (folder, password):
            shutil.chown(path, "postgres")
        prefix = [runuser, "-u", "postgres", "--"]

    def call(program: str, *arguments: str) -> None:
        subprocess.run(
            [*prefix, str(binaries / program), "-D", str(data), *arguments],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            timeout=60,
        )

    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    try:
        call("initdb", "-U", "shipsync", "-A", "scram-sha-256", "--pwfile", str(password), "-N")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        call("pg_ctl", "start", "-w", "-l", str(folder / "log"), "-o", options)
        yield Server(port)
        call("pg_ctl", "stop", "-w", "-m", "immediate")
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Tables of schema ``core`` and ``odd``, one of each kind of value, an empty one, and odd names."""
    file = tmp_path / "source" / "held.duckdb"
    with connect(file) as con:
        con.execute((Path(__file__).parent / "tables.sql").read_text(encoding="utf-8"))
    return file
