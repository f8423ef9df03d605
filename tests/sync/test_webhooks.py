"""A sync reads first what webhooks named, believes nothing else of them, and misses nothing for it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import duckdb
import pytest

from feed.signed_webhooks import drop, save_keys, signed, webhook
from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.connection import Connection, Secret
from shipsync.emulator import Account, Transport
from shipsync.emulator.http.faults import Fault, FaultKind
from shipsync.emulator.simulation.seed import seed_account
from shipsync.emulator.simulation.simulation import Simulation
from shipsync.feed.inbox import take_in
from shipsync.feed.webhook_keys import WebhookKeys
from shipsync.sync.reports import SyncReport
from shipsync.sync.run import run_sync
from shipsync.sync.webhooks import MOST_READS
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate

pytestmark = pytest.mark.xdist_group("hints")


@dataclass
class Shop:
    """An account, and a database that syncs with it; pages are small."""

    account: Account
    con: duckdb.DuckDBPyConnection
    connection: Connection
    inbox: Path
    keys: WebhookKeys

    @classmethod
    def of(cls, account: Account, con: duckdb.DuckDBPyConnection, folder: Path) -> Shop:
        """The shop whose database lies in ``folder``."""
        keys = WebhookKeys(save_keys(folder / "jwks.json"))
        (folder / "inbox").mkdir(exist_ok=True)
        return cls(account, con, opened(folder), folder / "inbox", keys)

    def sync(self, *only: str) -> SyncReport:
        """One sync of some streams."""
        transport = Transport(self.account)
        with Session(self.connection, transport=transport, pacing=JumpingPacing()) as session:
            return run_sync(self.con, self.connection, session, only=frozenset(only))

    def told(self, *bodies: bytes, at: Any = None) -> None:
        """Webhooks arrive, signed ``at`` that time if one is given."""
        for body in bodies:
            name = f"{len(list(self.inbox.iterdir())):03d}"
            drop(self.inbox, name, body, signed(body, at) if at else None)
        take_in(self.con, self.inbox, self.keys)

    def asked(self, path: str) -> list[dict[str, str]]:
        """The queries that went to ``path`` since this was asked last."""
        found = [dict(parse_qsl(r.query)) for r in self.account.requests if r.path == path]
        self.account.requests.clear()
        return found

    def held(self, query: str, *values: object) -> list[Any]:
        """The rows of a query."""
        return self.con.execute(query, values).fetchall()


def opened(folder: Path) -> Connection:
    """The connection to a database in ``folder``."""
    return Connection(
        "shop",
        Secret("emulator-key"),
        folder / "shop.duckdb",
        base_url="http://127.0.0.1",
        page_size=5,
        tracking_calls_per_run=0,
    )


def seeded() -> Account:
    """An account of 40 shipments, the same each time."""
    account = Account(seed=5)
    seed_account(account, shipments=40)
    return account


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database that holds such an account; the tests take copies."""
    folder = tmp_path_factory.mktemp("synced")
    with connect(opened(folder).database) as con:
        migrate(con)
        Shop.of(seeded(), con, folder).sync("shipments", "labels", "fulfillments")
    return folder


@pytest.fixture
def shop(synced: Path, tmp_path: Path) -> Iterator[Shop]:
    """A shop of 40 shipments, synced once."""
    folder = Path(shutil.copytree(synced, tmp_path / "shop"))
    with connect(opened(folder).database) as con:
        yield Shop.of(seeded(), con, folder)


@pytest.fixture
def busy(shop: Shop) -> Shop:
    """The shop two days later, nothing of them synced."""
    Simulation(shop.account, seed=5, orders_per_day=25).run(days=2)
    shop.account.requests.clear()
    return shop


def label_ids(shop: Shop) -> set[str]:
    return {row[0] for row in shop.held("select label_id from raw.labels")}


def new_labels(shop: Shop) -> list[dict[str, Any]]:
    """Labels that the account has and the database has not, oldest first."""
    held = label_ids(shop)
    found = [shop.account.entity("labels", key) for key in shop.account.ids("labels")]
    return sorted((x for x in found if x["label_id"] not in held), key=lambda x: x["created_at"])


def test_what_a_hint_names_is_read_first_and_once(busy: Shop) -> None:
    label = new_labels(busy)[0]
    hint = webhook(f"/v2/labels?batch_id={label['batch_id']}")
    busy.told(hint, hint)

    busy.sync("labels")

    first, *others = busy.asked("/v2/labels")
    assert first == {"batch_id": label["batch_id"], "page_size": "5"}
    assert all("batch_id" not in query for query in others)
    assert new_labels(busy) == []
    busy.sync("labels")
    assert all("batch_id" not in query for query in busy.asked("/v2/labels"))


def test_rows_that_hints_brought_hide_nothing_that_changed_before_them(busy: Shop) -> None:
    busy.sync("labels")
    changed = sorted(label_ids(busy))[0]
    busy.account.parcels.change_label(changed, label_format="zpl")
    Simulation(busy.account, seed=6, orders_per_day=60).run(days=0.9)
    waiting = new_labels(busy)
    assert len(waiting) > 2 * busy.connection.page_size
    busy.told(*(webhook(f"/v2/labels?batch_id={x['batch_id']}") for x in waiting))

    report = busy.sync("labels")

    assert report.failed == []
    assert new_labels(busy) == []
    query = "select label_format from raw.labels where label_id = ? and _dlt_valid_to is null"
    assert busy.held(query, changed) == [("zpl",)]


def test_shipments_and_fulfillments_are_read_by_what_their_webhooks_name(busy: Shop) -> None:
    held = {row[0] for row in busy.held("select fulfillment_id from raw.fulfillments")}
    fulfillment = next(key for key in busy.account.ids("fulfillments") if key not in held)
    busy.told(
        webhook("/v2/shipments?import_batch_id=nobody-knows"),
        webhook(f"/v2/fulfillments?fulfillment_id={fulfillment}"),
    )

    report = busy.sync("shipments", "fulfillments")

    assert report.failed == []
    assert busy.asked("/v2/fulfillments")[0]["fulfillment_id"] == fulfillment


def test_a_flood_of_forged_hints_costs_a_bounded_number_of_reads(busy: Shop) -> None:
    busy.told(*(webhook(f"/v2/labels?batch_id=se-{n}") for n in range(80)))

    busy.sync("labels")

    assert sum("batch_id" in query for query in busy.asked("/v2/labels")) == MOST_READS
    assert busy.held("select count(*) from ledger.hints where taken_at is null") == [(0,)]
    assert new_labels(busy) == []


def parcel(shop: Shop) -> tuple[str, dict[str, Any]]:
    """A label that is held, and a state that its parcel might be in."""
    label_id = next(iter(sorted(label_ids(shop))))
    state = dict(shop.account.parcels.tracking_of(label_id) or {})
    return label_id, {**state, "status_code": "AT", "status_description": "Told by a webhook"}


def status_of(shop: Shop, label_id: str) -> list[Any]:
    query = (
        "select status_description from raw.tracking where label_id = ? and _dlt_valid_to is null"
    )
    return [row[0] for row in shop.held(query, label_id)]


def told_by_track_event(label_id: str, state: dict[str, Any]) -> bytes:
    return webhook(f"/v2/labels/{label_id}/track", "TRACK_EVENT_V2", data=state)


def test_a_signed_parcel_is_stored_without_a_call(shop: Shop) -> None:
    label_id, state = parcel(shop)
    shop.told(told_by_track_event(label_id, state), at=shop.account.clock.now())

    shop.sync("tracking")

    assert status_of(shop, label_id) == ["Told by a webhook"]
    assert shop.asked(f"/v2/labels/{label_id}/track") == []
    assert shop.held("select tracking from ledger.hints") == [(None,)]


def test_an_unsigned_parcel_costs_a_read_and_is_not_believed(shop: Shop) -> None:
    label_id, state = parcel(shop)
    shop.told(told_by_track_event(label_id, state))

    shop.sync("tracking")

    assert status_of(shop, label_id) != ["Told by a webhook"]
    assert len(shop.asked(f"/v2/labels/{label_id}/track")) == 1


def test_a_replayed_parcel_costs_a_read_and_takes_nothing_back(shop: Shop) -> None:
    label_id, state = parcel(shop)
    signed_at = shop.account.clock.now()
    shop.account.clock.advance(hours=1)
    shop.told(told_by_track_event(label_id, {}))
    shop.sync("tracking")
    before = status_of(shop, label_id)
    shop.told(told_by_track_event(label_id, state), at=signed_at)

    shop.sync("tracking")

    assert status_of(shop, label_id) == before
    assert len(shop.asked(f"/v2/labels/{label_id}/track")) == 2


def test_a_parcel_nobody_has_costs_nothing(shop: Shop) -> None:
    shop.told(told_by_track_event("se-404", {"status_code": "DE"}), at=shop.account.clock.now())

    shop.sync("tracking")

    assert list(shop.account.requests) == []
    assert status_of(shop, "se-404") == []


def test_hints_stay_while_the_account_does_not_answer(busy: Shop) -> None:
    label = new_labels(busy)[0]
    busy.told(webhook(f"/v2/labels?batch_id={label['batch_id']}"))
    busy.account.faults.add(Fault(FaultKind.SERVER_ERROR, path="/v2/labels", count=10_000))

    assert [stream.stream for stream in busy.sync("labels").failed] == ["labels"]
    assert busy.held("select count(*) from ledger.hints where taken_at is null") == [(1,)]
