"""Deliveries and returns that lists of labels tell of, hide, or make up, in real syncs of an account."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import duckdb
import pytest

from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.connection import Connection, Secret
from shipsync.emulator import Account, Options, Transport
from shipsync.emulator.simulation.provisioning import provision
from shipsync.emulator.simulation.seed import seed_account
from shipsync.sources.streams import LABELS
from shipsync.sync.followed_parcels import FollowedParcels, evidence, lists_read_at
from shipsync.sync.reports import StreamReport
from shipsync.sync.run import run_sync
from shipsync.sync.state import StreamState
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate

FOLLOWED = (
    "select parcel_id, says_delivered, label_changed_at, delivered_at, state, polled_at, changed_at,"
    " next_poll_at, every_seconds, why, is_urgent from ledger.followed_parcels"
    " where next_poll_at is not null order by parcel_id"
)


@dataclass
class Shop:
    """An account whose parcels a test moves by hand, and the database that follows them."""

    account: Account
    con: duckdb.DuckDBPyConnection
    connection: Connection
    label_ids: list[str] = field(default_factory=list)

    def sync(self, *only: str) -> list[StreamReport]:
        """Sync labels and tracking, or those named; returns what they report."""
        self.account.requests.clear()
        pacing = JumpingPacing(self.account.clock.now())
        transport = Transport(self.account)
        with Session(self.connection, transport=transport, pacing=pacing) as session:
            names = frozenset(only or ("labels", "tracking"))
            report = run_sync(self.con, self.connection, session, only=names)
        assert report.failed == []
        return report.streams

    def asked(self, kind: Literal["lists", "tracking"]) -> int:
        """How many requests of a kind the last sync took."""
        paths = [request.path for request in self.account.requests]
        if kind == "lists":
            return paths.count("/v2/labels")
        return sum(path.endswith("/track") for path in paths)

    def deliver(self, label_id: str, *, code: str = "DE") -> None:
        """Let a parcel arrive, as its carrier tells it; its label as far as the account lets it know."""
        now = self.account.clock.now().to_iso8601_string()
        self.move(label_id, code, "DELIVERED", now)
        self.account.parcels.note_delivery(label_id)

    def move(self, label_id: str, code: str, detail: str, delivered_at: str | None = None) -> None:
        """Let the carrier say something of a parcel."""
        body = self.account.parcels.tracking_of(label_id)
        assert body is not None
        changed = {
            "status_code": code,
            "status_detail_code": detail,
            "actual_delivery_date": delivered_at,
            "estimated_delivery_date": None,
        }
        self.account.parcels.put_tracking(label_id, {**body, **changed})

    def rows(self, query: str, *values: object) -> list[Any]:
        """The rows of a query."""
        return self.con.execute(query, values).fetchall()

    def delivered(self) -> set[str]:
        """The labels whose current answer says so."""
        query = (
            "select label_id from raw.tracking where _dlt_valid_to is null and status_code = 'DE'"
        )
        return {key for (key,) in self.rows(query)}

    def pass_hours(self, hours: float, *, syncs: bool = False) -> None:
        """Let time pass, with a sync each hour or none."""
        for _ in range(int(hours) if syncs else 1):
            self.account.clock.advance(minutes=60 if syncs else hours * 60)
            if syncs:
                self.sync()


@pytest.fixture
def shops(tmp_path: Path) -> Iterator[Any]:
    """Makes a shop of ten labels two days old, on their way, and none that any list tells of."""
    with ExitStack() as stack:

        def make(*, parcels: int = 10, **options: Any) -> Shop:
            account = Account(seed=3, options=Options(**options))
            provision(account)
            seed_account(account, shipments=4 * parcels, days=2)
            connection = Connection("shop", Secret("emulator-key"), tmp_path / "shop.duckdb")
            con = stack.enter_context(connect(connection.database))
            migrate(con)
            shop = Shop(account, con, connection)
            for label_id in account.ids("labels"):
                label = account.entity("labels", label_id)
                if label["voided"] or len(label["packages"]) > 1 or len(shop.label_ids) == parcels:
                    account.parcels.change_label(label_id, voided=True, status="voided")
                    continue
                shop.label_ids.append(label_id)
                account.parcels.change_label(label_id, tracking_status="in_transit")
                shop.move(label_id, "IT", "IN_TRANSIT")
            assert len(shop.label_ids) == parcels
            account.clock.advance(days=1)
            return shop

        yield make


@pytest.mark.parametrize("moves", [True, False])
def test_a_delivery_that_a_list_tells_of_is_asked_about_in_the_same_run(
    shops: Any, moves: bool
) -> None:
    shop = shops(tracking_moves_labels=moves)
    shop.connection = replace(shop.connection, page_size=5)
    shop.sync()
    assert shop.asked("tracking") == 10
    shop.pass_hours(1)
    shop.sync()
    assert shop.asked("tracking") == 0
    shop.deliver(shop.label_ids[0])
    # Pages of five take several requests for ten parcels, so lists are read every six hours.
    shop.pass_hours(6)
    labels, _ = shop.sync()
    assert shop.delivered() == {shop.label_ids[0]}
    assert shop.asked("tracking") == 1
    # Only the sweep finds a label that stays where it stood, behind pages without news.
    assert labels.caught_late == (0 if moves else 1)
    [(counted,)] = shop.rows(
        "select sum(calls) from ledger.tracking_calls where called_at = ?",
        shop.account.clock.now().start_of("second"),
    )
    assert shop.asked("lists") > counted - 1 > 1
    shop.pass_hours(0.5)
    shop.sync()
    assert shop.asked("tracking") == 0


def test_a_list_is_not_read_again_before_its_time_nor_when_the_days_calls_are_spent(
    shops: Any,
) -> None:
    shop = shops(tracking_moves_labels=False)
    shop.sync()
    for minutes, lists in ((15, 1), (15, 1), (15, 1), (15, 2), (15, 1)):
        shop.pass_hours(minutes / 60)
        shop.sync()
        assert shop.asked("lists") == lists
    shop.connection = replace(shop.connection, tracking_calls_per_day=10)
    shop.pass_hours(2)
    shop.sync()
    assert shop.asked("lists") == 1


def test_where_labels_freeze_lists_are_read_no_more_and_tracking_is_asked_as_if_there_were_none(
    shops: Any,
) -> None:
    shop = shops(parcels=24, label_tracking_status="on_read")
    shop.sync()
    for label_id in shop.label_ids[:22]:
        shop.deliver(label_id)
    shop.pass_hours(30)
    shop.sync()
    assert shop.delivered() == set(shop.label_ids[:22])
    shop.pass_hours(10, syncs=True)
    trust = FollowedParcels(shop.con, shop.connection).trust
    assert (trust.is_worth_reading, trust.tells_others) == (False, False)
    assert shop.asked("lists") == 1
    shop.pass_hours(3, syncs=True)
    assert shop.asked("lists") == 1

    # What the daily sweep finds out is enough to begin again.
    for label_id in shop.label_ids[:22]:
        shop.account.parcels.change_label(label_id, tracking_status="delivered")
    shop.pass_hours(24)
    shop.sync()
    shop.pass_hours(1)
    shop.sync()
    assert FollowedParcels(shop.con, shop.connection).trust.tells_others
    told = evidence(shop.con, lists_read_at(shop.con))
    assert sum(one.told for one in told) == 22
    assert sum(one.missed for one in told) == 0


def test_labels_that_say_delivered_too_soon_are_not_believed_for_long(shops: Any) -> None:
    shop = shops(parcels=12)
    shop.sync()
    for label_id in shop.label_ids:
        shop.account.parcels.change_label(label_id, tracking_status="delivered")
    shop.pass_hours(1)
    shop.sync()
    assert shop.asked("tracking") == 12
    whys = {why for (why,) in shop.rows("select why from ledger.tracking_schedule")}
    assert whys == {"its label says delivered, its carrier does not: every 3 h"}
    assert shop.delivered() == set()
    shop.pass_hours(11, syncs=True)
    assert not FollowedParcels(shop.con, shop.connection).trust.is_believed
    assert shop.rows("select count(*) from ledger.tracking_schedule") == [(12,)]
    shop.pass_hours(2)
    shop.sync()
    assert shop.asked("lists") == 1


def test_a_parcel_that_comes_back_after_its_delivery_is_noticed_without_a_webhook(
    shops: Any,
) -> None:
    shop = shops()
    shop.sync()
    back, stays, *_ = shop.label_ids
    shop.deliver(back)
    shop.deliver(stays)
    shop.pass_hours(1)
    shop.sync()
    assert shop.delivered() == {back, stays}
    shop.pass_hours(72)
    shop.move(back, "EX", "RETURN_TO_SENDER")
    shop.sync()
    assert shop.delivered() == {back, stays}
    shop.pass_hours(24)
    shop.sync()
    assert shop.delivered() == {stays}
    assert shop.rows("select state from ledger.tracking_schedule where label_id = ?", back) == [
        ("return_to_sender",)
    ]
    shop.pass_hours(24 * 6 + 1)
    shop.sync()
    # Looked at twice, and never again.
    assert shop.rows("select polls from ledger.tracking_polls where label_id = ?", stays)[0][0] >= 4
    assert shop.rows(
        "select next_poll_at from ledger.followed_parcels where parcel_id = ?", stays
    ) == [(None,)]


def test_a_label_that_says_delivered_no_more_is_asked_about(shops: Any) -> None:
    shop = shops()
    shop.sync()
    shop.deliver(shop.label_ids[0])
    shop.pass_hours(1)
    shop.sync()
    shop.account.parcels.change_label(shop.label_ids[0], tracking_status="error")
    shop.move(shop.label_ids[0], "EX", "RETURN_TO_SENDER")
    shop.pass_hours(1)
    shop.sync()
    assert shop.delivered() == set()


def test_what_is_followed_step_by_step_is_what_a_look_at_everything_gives(shops: Any) -> None:
    shop = shops(parcels=20, label_tracking_status="lies", tracking_moves_labels=False)
    for hour in range(12):
        if hour < 8:
            shop.deliver(shop.label_ids[hour])
        if hour in (3, 9):
            label_id = shop.label_ids[hour + 8]
            shop.account.parcels.change_label(label_id, voided=True, status="voided")
        if hour == 5:
            shop.move(shop.label_ids[1], "EX", "RETURN_TO_SENDER")
        shop.sync(*(("tracking",) if hour % 4 == 3 else ()))
        shop.pass_hours(7)
    shop.sync()
    by_steps = shop.rows(FOLLOWED)
    assert len(by_steps) > 10
    shop.con.execute("delete from ledger.followed_parcels")
    shop.con.execute("delete from ledger.followed_loads")
    parcels = FollowedParcels(shop.con, shop.connection)
    parcels.refresh(shop.account.clock.now())
    assert shop.rows(FOLLOWED) == by_steps


def test_nothing_is_planned_again_where_nothing_is_new(shops: Any) -> None:
    shop = shops()
    shop.sync()
    shop.sync()
    shop.con.execute("update ledger.followed_parcels set why = 'as it stood'")
    shop.pass_hours(0.2)
    shop.sync()
    assert {why for (why,) in shop.rows("select why from ledger.tracking_schedule")} == {
        "as it stood"
    }
    shop.account.parcels.change_label(shop.label_ids[0], voided=True, status="voided")
    shop.sync()
    assert shop.rows(
        "select count(*) from ledger.followed_parcels where parcel_id = ?", shop.label_ids[0]
    ) == [(0,)]
    # A version that ends without another, as where the account has a label no more.
    at = StreamState(shop.con, LABELS.name).get_instant("swept")
    assert at is not None
    shop.pass_hours(1)
    shop.con.execute(
        "update raw.labels set _dlt_valid_to = ? where label_id = ? and _dlt_valid_to is null",
        [shop.account.clock.now(), shop.label_ids[1]],
    )
    shop.sync("tracking")
    assert shop.rows(
        "select count(*) from ledger.followed_parcels where parcel_id = ?", shop.label_ids[1]
    ) == [(0,)]
    shop.connection = replace(shop.connection, tracking_returns_days=3)
    shop.sync("tracking")
    assert "as it stood" not in {
        why for (why,) in shop.rows("select why from ledger.tracking_schedule")
    }
