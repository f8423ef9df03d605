"""`--live` asks an emulated account, and stores what it says as a sync would."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from shipsync import job, queries
from shipsync.api.session import Session
from shipsync.connection import Connection, Secret
from shipsync.demo import AccountPacing
from shipsync.emulator import Account, Options, Transport
from shipsync.emulator.simulation.seed import seed_account
from shipsync.emulator.simulation.simulation import Simulation
from shipsync.errors import LockHeld, UnknownOrder, UsageError
from shipsync.tracking import Order, find_order, told
from shipsync.tracking.live import ask
from shipsync.warehouse import lock
from shipsync.warehouse.database import connect

KEY = "a-key"


class Shop:
    """An account in its third day, and a database of its own."""

    def __init__(self, folder: Path, options: Options | None = None) -> None:
        self.account = Account(seed=7, api_keys=(KEY,), options=options)
        seed_account(self.account, shipments=40)
        self.simulation = Simulation(self.account, orders_per_day=15)
        self.simulation.run(days=2)
        self.file = folder / "live.duckdb"
        self.connection = Connection(name="live", api_key=Secret(KEY), database=self.file)

    def session(self) -> Session:
        transport, pacing = Transport(self.account), AccountPacing(self.account)
        return Session(self.connection, transport=transport, pacing=pacing)

    def ask(self, reference: str) -> Order:
        with self.session() as session:
            return ask(self.connection, session, reference)

    def sync(self) -> None:
        with self.session() as session:
            assert not job.sync(self.connection, session, job.Scope()).failed

    def asked(self, reference: str) -> list[str]:
        """The paths that one question takes."""
        before = len(self.account.requests)
        with suppress(UnknownOrder):
            self.ask(reference)
        return [request.path for request in self.account.requests[before:]]

    def live_label(self) -> dict[str, object]:
        """The newest label that isn't voided and whose order has one shipment."""
        labels = [self.account.find("labels", label) for label in self.account.ids("labels")]
        return next(
            label
            for label in reversed(labels)
            if label
            and not label["voided"]
            and len(self._of_its_order(str(label["shipment_id"]))) == 1
        )

    def _of_its_order(self, shipment_id: str) -> list[str]:
        number = (self.account.find("shipments", shipment_id) or {})["shipment_number"]
        shipments = (self.account.find("shipments", key) for key in self.account.ids("shipments"))
        return [s["shipment_id"] for s in shipments if s and s["shipment_number"] == number]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_an_empty_database_is_enough_and_keeps_what_was_asked(shop: Shop) -> None:
    label = shop.live_label()
    number = shop.account.find("shipments", str(label["shipment_id"]))["shipment_number"]  # type: ignore[index]

    paths = shop.asked(number)
    again = shop.asked(number)

    assert again == [
        *("/v2/shipments", "/v2/labels", f"/v2/labels/{label['label_id']}/track"),
    ]
    assert len(paths) <= 5
    with connect(shop.file, read_only=True) as con:
        order = find_order(con, number)
        assert queries.fetch(con, "last_read").rows[0][0] is None
    assert order.parcel is not None
    assert order.parcel.tracking_number == label["tracking_number"]
    assert str(label["tracking_number"]) in told(order, shop.account.clock.now())


def test_nothing_is_asked_while_a_run_is_at_work(shop: Shop) -> None:
    before = len(shop.account.requests)

    with lock.hold(shop.file), pytest.raises(LockHeld):
        shop.ask("10452")

    assert len(shop.account.requests) == before


@pytest.mark.parametrize("reference", ["", " # "])
def test_a_reference_that_is_empty_asks_nothing(shop: Shop, reference: str) -> None:
    before = len(shop.account.requests)

    with pytest.raises(UsageError, match="names no order"):
        shop.ask(reference)

    assert len(shop.account.requests) == before


@pytest.mark.slow
def test_a_sync_after_it_brings_the_whole_account_all_the_same(shop: Shop) -> None:
    label = shop.live_label()
    shop.ask(str(label["tracking_number"]))
    shop.sync()
    shop.simulation.run(days=1)
    shop.ask(str(shop.live_label()["tracking_number"]))
    shop.sync()

    assert held(shop, "shipments", "shipment_id") == set(shop.account.ids("shipments"))
    assert held(shop, "labels", "label_id") == set(shop.account.ids("labels"))


@pytest.mark.slow
def test_what_the_account_changed_since_the_sync_is_told(shop: Shop) -> None:
    label = shop.live_label()
    shop.sync()
    shop.account.clock.advance(seconds=60)
    shop.account.orders.void_label(str(label["label_id"]))

    order = shop.ask(str(label["tracking_number"]))

    assert order.parcel is None
    assert "made and withdrawn" in told(order, shop.account.clock.now())
    assert order.known_at == shop.account.clock.now().replace(microsecond=0)


@pytest.mark.slow
def test_every_reference_finds_an_order_that_is_not_held(tmp_path: Path) -> None:
    for index, kind in enumerate(("shipment_number", "shipment_id", "tracking", "#", "lower")):
        folder = tmp_path / str(index)
        folder.mkdir()
        shop = Shop(folder)
        label = shop.live_label()
        shipment = shop.account.find("shipments", str(label["shipment_id"]))
        assert shipment is not None
        reference = {
            "tracking": str(label["tracking_number"]),
            "#": f"#{shipment['shipment_number']}",
            "lower": str(label["tracking_number"]).lower(),
        }.get(kind) or shipment[kind]

        assert shop.ask(reference).order_id == shipment["shipment_number"], kind


@pytest.mark.slow
def test_an_order_that_nobody_knows_is_said_and_costs_few_calls(shop: Shop) -> None:
    assert len(shop.asked("no-such-order")) <= 8
    with pytest.raises(UnknownOrder, match="Neither the database nor the account"):
        shop.ask("no-such-order")


def held(shop: Shop, table: str, key: str) -> set[str]:
    with duckdb.connect(str(shop.file), read_only=True) as con:
        sql = f"select {key} from raw.{table} where _dlt_valid_to is null"  # noqa: S608
        return {row[0] for row in con.execute(sql).fetchall()}


def test_an_order_that_was_deleted_since_the_last_sync_is_told_to_be_gone(shop: Shop) -> None:
    shop.sync()
    with connect(shop.file) as con:
        [(shipment_id, number)] = con.execute(
            "select shipment_id, shipment_number from raw.shipments as s "
            "where shipment_status = 'pending' and _dlt_valid_to is null and not exists "
            "(from raw.labels where labels.shipment_id = s.shipment_id) and not exists "
            "(from raw.fulfillments as f where f.shipment_id = s.shipment_id) limit 1"
        ).fetchall()
    shop.account.orders.delete(shipment_id)

    order = shop.ask(number)

    assert [s.closed_because for s in order.shipments] == ["gone"]
    assert "was removed from our shipping system" in told(order, shop.account.clock.now())
    with connect(shop.file) as con:
        assert con.execute("select entity_id from ledger.gone").fetchall() == [(shipment_id,)]
