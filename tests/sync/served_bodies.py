"""Bodies of the API served as they are, and synced into a DuckDB file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import httpx
import pendulum

from shipsync.api.endpoints import LISTINGS
from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.connection import Connection, Secret
from shipsync.sync.reports import SyncReport
from shipsync.sync.run import run_sync
from shipsync.warehouse import database, ledger

BODIES = Path(__file__).parents[1] / "sources" / "bodies"
EMPTY = {
    "total": 0,
    "page": 1,
    "pages": 0,
    "links": {"first": {}, "last": {}, "prev": {}, "next": {}},
}
LISTS = {listing.path: listing.items_key for listing in LISTINGS.values()}


Bodies = dict[str, Any]


@dataclass
class ServedAccount:
    """An account that answers with ``bodies`` as they are, and a database that reads it.

    ``tracking`` is told of every label, or of each its own, by its id; an ``httpx.Response`` goes out
    as it is. ``date`` is its Date header, ``asked`` the paths that were asked for.
    """

    con: duckdb.DuckDBPyConnection
    database: Path
    bodies: Bodies = field(default_factory=dict)
    tracking: Any = field(default_factory=dict)
    date: str = "Thu, 01 Oct 2026 00:00:00 GMT"
    settings: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def connection(self) -> Connection:
        """The connection that reads it."""
        return Connection("default", Secret("emulator-key"), self.database, **self.settings)

    @property
    def now(self) -> pendulum.DateTime:
        """What its clock says."""
        return pendulum.instance(parsedate_to_datetime(self.date))

    def sync(self, *only: str, now: pendulum.DateTime | None = None) -> SyncReport:
        """Read it once; ``now`` is this machine's clock, the account's if left out."""
        self.asked.clear()
        with Session(
            self.connection,
            transport=httpx.MockTransport(self.answer),
            pacing=JumpingPacing(now or self.now),
        ) as session:
            return run_sync(self.con, self.connection, session, only=frozenset(only) or None)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self.con.execute(query, list(values)).fetchall()

    def answer(self, request: httpx.Request) -> httpx.Response:
        """What it answers to one request."""
        path = request.url.path
        self.asked.append(path)
        headers = {"date": self.date}
        if path.endswith("/track"):
            told = self.tracking.get(path.split("/")[3], self.tracking)
        elif path not in LISTS:
            _, _, name, *key = path.split("/")
            told = self._one(name, "/".join(key))
        else:
            told = self.bodies.get(LISTS[path], {LISTS[path]: [], **EMPTY})
        if isinstance(told, httpx.Response):
            return httpx.Response(told.status_code, content=told.content, headers=headers)
        # The library's own encoder refuses NaN, which some servers send.
        text = json.dumps(told)
        return httpx.Response(200, content=text.encode("utf-8", "surrogatepass"), headers=headers)

    def _one(self, name: str, key: str) -> Any:
        """The object of that list under that id, or the API's 404."""
        rows = self.bodies.get(name, {}).get(name, [])
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, dict) and str(row.get(f"{name[:-1]}_id")) == unquote(key):
                return row
        error = {"error_code": "invalid_identifier", "message": "There is no such object."}
        return httpx.Response(404, json={"request_id": "r-1", "errors": [error]})


def listed(name: str, rows: list[Any]) -> Bodies:
    """The bodies of an account in which one list holds ``rows`` on one page and the others nothing."""
    return {name: {name: rows, **EMPTY, "total": len(rows), "pages": 1}}


def opened(folder: Path) -> ServedAccount:
    """An account without rows, and an empty database for it."""
    file = folder / "captures.duckdb"
    con = database.connect(file)
    ledger.migrate(con)
    return ServedAccount(con, file)


def synced(folder: Path, bodies: Bodies, tracking: Any) -> duckdb.DuckDBPyConnection:
    """A database that has read an account which answers with ``bodies``, as they are."""
    account = opened(folder)
    account.bodies, account.tracking = bodies, tracking
    assert account.sync().failed == []
    return account.con
