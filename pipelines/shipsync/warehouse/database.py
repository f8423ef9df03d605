"""Opening the DuckDB file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from shipsync import owner_only
from shipsync.clock import Pacing, SystemPacing
from shipsync.errors import DatabaseError, UsageError
from shipsync.warehouse.failures import explained as explained
from shipsync.warehouse.failures import is_lock
from shipsync.warehouse.memory import limit_mb

# DuckDB names a database after its file, and then can't tell raw.shipments from one in raw.duckdb.
_SCHEMAS = frozenset(
    {"raw", "raw_staging", "staging", "core", "changes", "tracking", "metrics", "reverse", "ledger"}
    | {"main", "temp", "system", "information_schema", "pg_catalog"}
)

# A question to the database takes a fraction of a second; a run that falls on it waits for its end.
_ATTEMPTS = 41
_PAUSE_SECONDS = 0.05


def connect(
    path: Path,
    *,
    read_only: bool = False,
    pacing: Pacing | None = None,
    memory_limit_mb: int | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open the database at ``path`` in UTC; if it isn't there, it is made for its owner alone.

    DuckDB takes ``memory_limit_mb`` megabytes at most, if left out what ``memory.limit_mb`` says.
    With ``read_only`` none is made. Who means to write waits up to two seconds, by ``pacing``, for a
    program that has it open to read.
    Raises ``UsageError`` for a name that a schema has, ``DatabaseLocked`` while another program has
    it open, ``DatabaseCorrupt`` if it is no DuckDB file, ``DatabaseError`` if the file or its folder
    can't be used.
    """
    catalog = path.name.split(".")[0]
    if catalog in _SCHEMAS:
        raise UsageError(
            f"{path} holds a schema named {catalog}, so the file can't have that name too. Name "
            "another with --database, or call the connection something else."
        )
    if read_only and not path.exists():
        raise DatabaseError(f"There is no database at {path} yet; run `shipsync sync` first.")
    with explained(path):
        if not read_only:
            owner_only.make_folder(path.parent)
            is_new = not path.exists()
            con = _open_to_write(path, pacing or SystemPacing())
            if is_new:
                # DuckDB takes no file that was made for it.
                path.chmod(owner_only.FILE)
        else:
            con = duckdb.connect(str(path), read_only=True)
    con.execute("set timezone = 'UTC'")
    # An extension would be fetched from the network in the middle of a query.
    con.execute("set autoinstall_known_extensions = false")
    con.execute("set autoload_known_extensions = false")
    # DuckDB would take most of the machine; past this it spills to a folder beside the file.
    con.execute("set memory_limit = $limit", {"limit": f"{limit_mb(memory_limit_mb)}MB"})
    return con


def _open_to_write(path: Path, pacing: Pacing) -> duckdb.DuckDBPyConnection:
    # Imported here, for those who only read begin quickly without it.
    import tenacity

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(is_lock),
        wait=tenacity.wait_fixed(_PAUSE_SECONDS),
        stop=tenacity.stop_after_attempt(_ATTEMPTS),
        sleep=pacing.sleep,
        reraise=True,
    )
    return retrying(duckdb.connect, str(path))


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """What the block does is committed as one, or not at all."""
    con.begin()
    try:
        yield
    except BaseException:
        con.rollback()
        raise
    con.commit()
