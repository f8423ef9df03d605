"""Lists that move while they are read, and a mirror that takes in what a walk brings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pendulum
import pyarrow as pa

from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.connection import Connection, Secret
from shipsync.emulator import Account, Fault, FaultKind, IncomingRequest, Options, Transport
from shipsync.emulator.timestamps import of_moment, to_moment, to_text
from shipsync.sources.batches import Packages, RowBatch
from shipsync.sources.instants import parse_instant
from shipsync.sources.keyset import Walked
from shipsync.sources.stored import StoredVersion

START = pendulum.datetime(2026, 4, 6, 9)
PAGE = 100
ROWS = 6_400
MODIFIED = 5_000
TIED = 3 * PAGE
PER_REQUEST = 330
"""So many changes a request that all are made while two thirds of the list are read."""

_STEP = 400_123_000
"""Microseconds between two rows."""

Body = dict[str, Any]
ID = {"shipments": "shipment_id", "labels": "label_id", "fulfillments": "fulfillment_id"}
OPTIONS = (
    Options(max_page_size=PAGE),
    Options(max_page_size=PAGE, ties="reversed", start_is_inclusive=False),
    Options(max_page_size=PAGE, oversized_page="refuse", end_is_inclusive=False),
)
UNSTABLE = Options(max_page_size=PAGE, ties="shuffled", start_is_inclusive=False)
"""Rows of one instant stand in another order at every request. A newest-first walk can't see through
that, having no window to put around the instant: there the daily sweep must."""


def small_account(kind: str, seed: int, options: Sequence[Options] = OPTIONS) -> Account:
    """An account with ``ROWS`` small objects of ``kind``, of which three pages tie on one instant.

    The seed chooses one of ``options``.
    """
    account = Account(seed=seed, options=options[seed % len(options)], start=START)
    random = Random(f"rows {kind} {seed}")
    oldest = of_moment(START.subtract(days=30))
    first_tied = random.randrange(ROWS - TIED)
    tie = oldest + first_tied * _STEP + _STEP // 2
    for number in range(ROWS):
        is_tied = first_tied <= number < first_tied + TIED
        micros = tie if is_tied else oldest + number * _STEP
        put(account, kind, {ID[kind]: f"se-{number}", "note": "untouched"}, micros)
    return account


def put(account: Account, kind: str, body: Body, micros: int) -> None:
    """Add one object that was made and last changed at ``micros``."""
    at, text = to_moment(micros), to_text(micros)
    if kind == "shipments":
        account.orders.put({**body, "created_at": text, "modified_at": text}, at=at)
    elif kind == "labels":
        account.parcels.put_label({**body, "created_at": text}, at=at)
    else:
        account.parcels.put_fulfillment({**body, "created_at": text}, at=at)


def change(account: Account, kind: str, entity_id: str, at: pendulum.DateTime) -> None:
    """Change one object at ``at``, which several may share."""
    note = f"changed {len(account.journal)}"
    if kind == "shipments":
        account.orders.change(entity_id, at=at, note=note)
    elif kind == "labels":
        account.parcels.change_label(entity_id, at=at, note=note)
    else:
        account.parcels.change_fulfillment(entity_id, at=at, note=note)


@dataclass
class Drift:
    """Changes ``total`` objects of a list, each once, in bursts before its requests are answered.

    A burst changes objects anywhere in the list; now and then one as long as three pages falls on
    one instant.
    """

    kind: str
    seed: int
    total: int = MODIFIED
    page: int = PAGE
    per_request: int = PER_REQUEST
    changed: list[str] = field(default_factory=list)
    _waiting: list[str] = field(default_factory=list)

    def arm(self, account: Account) -> None:
        """From now on requests for the list meet the drift."""
        self._random = Random(f"drift {self.kind} {self.seed}")
        ids = account.ids(self.kind)  # type: ignore[arg-type]
        self._waiting = self._random.sample(ids, self.total)
        path = f"/v2/{self.kind}"
        account.faults.add(Fault(FaultKind.CALL, path=path, count=None, call=self._strike))

    def _strike(self, account: Account, request: IncomingRequest) -> None:
        burst = self._random.choice((0, self.per_request, 3 * self.page, 2 * self.per_request))
        for position in range(min(burst, len(self._waiting))):
            if burst != 3 * self.page or position == 0:
                account.clock.advance(seconds=self._random.randrange(1, 4) / 1000)
            entity_id = self._waiting.pop()
            change(account, self.kind, entity_id, account.clock.now())
            self.changed.append(entity_id)


@dataclass
class Mirror:
    """What a database would hold after the packages of some walks: every version, in order."""

    kind: str
    versions: dict[str, list[tuple[str, Body]]] = field(default_factory=dict)

    def current(self, ids: Sequence[str]) -> dict[str, StoredVersion]:
        """See ``sources.stored.StoredRows``."""
        held = {key: self.versions[key][-1] for key in ids if key in self.versions}
        return {
            key: StoredVersion(digest, parse_instant(body.get("modified_at")), START, True)
            for key, (digest, body) in held.items()
        }

    def newest_change(self) -> datetime | None:
        """See ``sources.stored.StoredRows``."""
        return None

    def count(self) -> int:
        """See ``sources.stored.StoredRows``."""
        return len(self.versions)

    def take(self, pages: Iterator[Walked], package_pages: int, at_most: int | None = None) -> int:
        """Load the walk, package by package; stop as a killed run does after ``at_most`` packages."""
        packages = Packages(map(self._batch, pages), package_pages)
        count = 0
        while packages.has_more and count != at_most:
            rows = packages.take().tables.get("rows")
            for row in rows.to_pylist() if rows is not None else ():
                self._load(row["id"], row["digest"], json.loads(row["body"]))
            count += 1
        return count

    def bodies(self) -> dict[str, Body]:
        """The current version of everything."""
        return {key: versions[-1][1] for key, versions in self.versions.items()}

    def _batch(self, page: Walked) -> RowBatch:
        ids = [str(item[ID[self.kind]]) for item in page.items]
        rows = {
            "id": ids,
            "digest": page.hashes,
            "body": [json.dumps(item) for item in page.items],
        }
        schema = pa.schema([(name, pa.string()) for name in rows])
        return RowBatch(page.reached, {"rows": pa.table(rows, schema)}, frozenset(ids))

    def _load(self, key: str, digest: str, body: Body) -> None:
        versions = self.versions.setdefault(key, [])
        if not versions or versions[-1][0] != digest:
            versions.append((digest, body))


def bodies(account: Account, kind: str) -> dict[str, Body]:
    """Everything the account holds of a list now."""
    return {key: account.entity(kind, key) for key in account.ids(kind)}  # type: ignore[arg-type]


def bodies_at(account: Account, kind: str, instant: datetime) -> dict[str, Body]:
    """What the account held of a list at an instant."""
    entries = account.journal.of(kind)  # type: ignore[arg-type]
    return {entry.entity_id: entry.body for entry in entries if entry.at <= instant}


def journalled(account: Account, kind: str) -> dict[str, list[Body]]:
    """Every version that the account ever had, by id."""
    found: dict[str, list[Body]] = {}
    for entry in account.journal.of(kind):  # type: ignore[arg-type]
        found.setdefault(entry.entity_id, []).append(entry.body)
    return found


def assert_told_in_order(mirror: Mirror, account: Account, where: str) -> None:
    """Every version held is one of the account's, in its order, and none is held twice."""
    journal = journalled(account, mirror.kind)
    for key, versions in mirror.versions.items():
        positions = [journal[key].index(body) for _, body in versions]
        assert positions == sorted(set(positions)), f"{where}: {key} is held as {positions}"


def session(account: Account) -> Session:
    """A session over the account that never waits."""
    connection = Connection(
        "default",
        Secret("emulator-key"),
        Path("unused.duckdb"),
        requests_per_minute=1_000_000,
        lag=timedelta(minutes=15),
    )
    return Session(connection, transport=Transport(account), pacing=JumpingPacing())
