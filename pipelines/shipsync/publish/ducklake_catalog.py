"""Where a DuckLake is: its catalog, in a file beside the data or in Postgres, and how a program gets in."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import duckdb

from shipsync import owner_only
from shipsync.connection import Secret
from shipsync.errors import ConfigurationError, ExportFailed
from shipsync.export.postgres import Postgres
from shipsync.export.postgres_address import postgres
from shipsync.publish import duckdb_extensions
from shipsync.publish.ducklake_locks import LakeLocks, locked
from shipsync.publish.source import STATEMENTS
from shipsync.publish.storage import Storage, storage
from shipsync.statements import statement
from shipsync.warehouse.memory import LEAST_MB, limit_mb
from shipsync.warehouse.scratch import scratch_folder

CATALOG_FILE: Final = "catalog.sqlite"
DATA: Final = "data"
_DESTINATION: Final = "destination:"
_SQLITE: Final = "sqlite_scanner"
_POSTGRES: Final = "postgres_scanner"
_LONGEST_REASON: Final = 200
_OF_ACCOUNT: Final = "/account="
# It is written into statements and is part of the names of folders.
_ACCOUNT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


class LakeConflict(ExportFailed):
    """Something else changed the lake while a transaction was under way, which therefore left nothing."""


@dataclass(frozen=True)
class DuckLakePlace:
    """A lake whose files are in ``data``; its catalog is a file there, or in ``schema`` of ``server``.

    With ``account`` it is the rows of that account in a lake that many share.
    """

    name: str
    data: Storage
    server: Postgres | None = None
    schema: str | None = None
    account: str | None = None

    @property
    def told(self) -> str:
        """The folder, or the name of the destination, and the account."""
        if self.server is None:
            return self.data.place
        return f"{self.lake}{_OF_ACCOUNT}{self.account}" if self.account else self.lake

    @property
    def lake(self) -> str:
        """The name of the destination, whatever the account."""
        return f"{_DESTINATION}{self.name}"

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What the catalog is got into with; no output may hold it."""
        return self.server.secrets if self.server else ()

    @contextmanager
    def opened(self) -> Iterator[DuckLake]:
        """The lake, for one publish at a time, as ``lake`` of a DuckDB of its own.

        Raises ``LockHeld``, ``MissingLibrary``, and ``ExportFailed`` where it cannot be opened.
        """
        with (
            self._exclusively() as locks,
            scratch_folder("ducklake") as folder,
            closing(_duckdb(folder)) as con,
        ):
            lake = DuckLake(con, self, locks)
            # Two that make a catalog at once are refused by the server.
            with lake.alone():
                self._attach(lake)
            yield lake

    @contextmanager
    def _exclusively(self) -> Iterator[LakeLocks | None]:
        if self.server is not None:
            with locked(self.server, self.schema, self.account, self.told) as locks:
                yield locks
            return
        with self.data.exclusively():
            owner_only.make_folder(Path(self.data.path(DATA)))
            os.close(owner_only.open_to_append(Path(self.data.path(CATALOG_FILE))))
            yield None

    def _attach(self, lake: DuckLake) -> None:
        parameters = {"journal_mode": "WAL"}
        catalog = f"sqlite:{self.data.path(CATALOG_FILE)}"
        data = self.data.path(DATA)
        duckdb_extensions.load(lake.con, _SQLITE if self.server is None else _POSTGRES)
        duckdb_extensions.load(lake.con, "ducklake")
        if self.server is not None:
            lake.run("ducklake_server", _login(self.server))
            parameters = {"type": "postgres", "secret": "shipsync_server"}
            catalog, data = "", self.data.path("")
        given: dict[str, Any] = {"catalog": catalog, "data": data, "parameters": parameters}
        name = "ducklake_place"
        if self.schema is not None:
            name, given = "ducklake_place_in_schema", {**given, "schema": self.schema}
        lake.run(name, given)
        lake.run("ducklake_attach" if self.server is None else "ducklake_attach_by_server")


@dataclass(frozen=True)
class DuckLake:
    """The tables of a lake, by statements over ``con``."""

    con: duckdb.DuckDBPyConnection = field(repr=False)
    place: DuckLakePlace
    locks: LakeLocks | None = None

    def alone(self) -> AbstractContextManager[None]:
        """Keep other accounts from writing into the catalog meanwhile; see ``LakeLocks.alone``."""
        is_shared = self.locks is not None and self.place.account is not None
        return self.locks.alone() if self.locks and is_shared else nullcontext()

    def run(
        self, name: str, values: Mapping[str, Any] | None = None, **parts: str
    ) -> list[tuple[Any, ...]]:
        """The answer to the statement ``name``, into which ``parts`` are written as they are.

        Raises ``ExportFailed``.
        """
        text = statement(STATEMENTS, name)
        with self.told():
            return self.con.execute(text.format(**parts) if parts else text, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What the block does is committed as one, or not at all. Raises ``ExportFailed``."""
        with self.told():
            self.con.begin()
        try:
            yield
        except BaseException:
            self.con.rollback()
            raise
        with self.told():
            self.con.commit()

    @contextmanager
    def told(self) -> Iterator[None]:
        """What DuckDB complains of in the block is told with the place of the lake, and without secrets."""
        try:
            yield
        except duckdb.Error as failure:
            text = " ".join(str(failure).split())
            for secret in self.place.secrets:
                text = secret.scrub(text)
            if len(text) > _LONGEST_REASON:
                # What follows is a statement, with the rows in it.
                text = f"{text[:_LONGEST_REASON]} ..."
            is_conflict = isinstance(failure, duckdb.TransactionException)
            raise (LakeConflict if is_conflict else ExportFailed)(
                f"The DuckLake in {self.place.told} can't be written: {text} Its tables are as the last "
                "batch left them; see to that and publish again."
            ) from failure


def ducklake(address: str) -> DuckLakePlace:
    """The lake at ``address``: a folder of this machine, or ``destination:NAME`` of dlt's configuration.

    Such a destination has ``catalog``, the address of a Postgres, and ``storage``, a folder, among its
    credentials, as dlt's own DuckLake has them; then ``/account=ACCOUNT`` may follow, and the lake is shared.
    Or it has a ``bucket_url``. Raises ``ConfigurationError``.
    """
    if address.startswith(_DESTINATION):
        name, is_shared, account = address.removeprefix(_DESTINATION).partition(_OF_ACCOUNT)
        if is_shared and not _ACCOUNT.fullmatch(account):
            raise ConfigurationError(
                f"{account!r} cannot be the name of an account in a DuckLake. Give up to 100 letters, "
                "digits, '_', '-' and '.', a letter or a digit first."
            )
        given = _configured(name)
        if catalog := given.get("catalog"):
            if urlsplit(catalog).scheme not in ("postgres", "postgresql"):
                raise ConfigurationError(
                    f"The catalog of the destination {name!r} is no Postgres. Write its address as catalog "
                    f'= "postgresql://USER:PASSWORD@HOST/DATABASE" under [destination.{name}.credentials].'
                )
            if not given.get("storage"):
                raise ConfigurationError(
                    f"The destination {name!r} names no folder for the files of its DuckLake. Write it as "
                    f'storage = "FOLDER" under [destination.{name}.credentials].'
                )
            schema = given.get("metadata_schema")
            data, server = _local(given["storage"]), postgres(catalog)
            return DuckLakePlace(name, data, server, schema, account or None)
        if not _has_bucket_url(name):
            raise ConfigurationError(
                f"There is no DuckLake {name!r} in dlt's configuration. Write catalog = "
                '"postgresql://USER:PASSWORD@HOST/DATABASE" and storage = "FOLDER" under '
                f'[destination.{name}.credentials], or bucket_url = "FOLDER" under [destination.{name}].'
            )
        if is_shared:
            raise ConfigurationError(
                f"Accounts can share a DuckLake whose catalog is in Postgres, and {name!r} is a folder. "
                f"Write catalog and storage under [destination.{name}.credentials], or give each account a "
                f"lake of its own: ducklake:FOLDER{_OF_ACCOUNT}{account}."
            )
    return DuckLakePlace("", _local(address))


def _local(address: str) -> Storage:
    folder = storage(address)
    if not folder.is_local:
        raise ConfigurationError(
            f"The files of a DuckLake are written to a folder of this machine, and {folder.place} is none. "
            "Name a folder, or publish there with delta: or iceberg:."
        )
    return folder


def _configured(name: str) -> Mapping[str, str]:
    """What dlt's own configuration, or the environment, has of a DuckLake by that name."""
    import dlt

    keys = ("catalog", "storage", "metadata_schema")
    given: dict[str, object] = {
        key: dlt.secrets.get(f"destination.{name}.credentials.{key}") for key in keys
    }
    return {key: str(value) for key, value in given.items() if value}


def _has_bucket_url(name: str) -> bool:
    """Whether dlt's own configuration has a folder by that name."""
    import dlt

    key = f"destination.{name}.bucket_url"
    return bool(dlt.secrets.get(key) or dlt.config.get(key))


def _login(server: Postgres) -> Mapping[str, str]:
    """How DuckDB gets into ``server``."""
    url = urlsplit(server.url.reveal())
    return {
        "host": url.hostname or "",
        "port": str(url.port or ""),
        "database": unquote(url.path.removeprefix("/")),
        "user": unquote(url.username or ""),
        "password": unquote(url.password or ""),
    }


def _duckdb(folder: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory, which spills to ``folder`` and fetches nothing by itself."""
    con = duckdb.connect(
        config={
            "allow_persistent_secrets": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            # Beside what the source's DuckDB takes.
            "memory_limit": f"{max(LEAST_MB, limit_mb(None) // 2)}MB",
            # Rows need not come in the order of the table, and keeping it costs memory.
            "preserve_insertion_order": False,
            "temp_directory": str(folder),
            # Each thread holds a group of rows of all columns until it is written; the rows come from one.
            "threads": 1,
        }
    )
    con.execute("set timezone = 'UTC'")
    return con
