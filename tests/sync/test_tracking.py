"""Following parcels: box by box, within the budgets of run and day, with a schedule that says why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import duckdb
import pytest

from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.connection import Connection, Secret
from shipsync.emulator import Account, Options, Transport
from shipsync.emulator.simulation.seed import seed_account
from shipsync.sync.reports import StreamReport
from shipsync.sync.run import run_sync
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate

from .served_bodies import listed, opened


@dataclass
class Shop:
    """An account, its open database, and syncs of its parcels."""

    account: Account
    con: duckdb.DuckDBPyConnection
    connection: Connection

    def sync(self, **settings: Any) -> StreamReport:
        """Sync labels and tracking; returns what tracking reports."""
        self.account.requests.clear()
        connection = replace(self.connection, **settings)
        pacing = JumpingPacing(self.account.clock.now())
        with Session(connection, transport=Transport(self.account), pacing=pacing) as session:
            only = frozenset({"labels", "tracking"})
            report = run_sync(self.con, connection, session, only=only)
        assert report.failed == []
        return report.streams[-1]

    def rows(self, query: str, *values: object) -> list[Any]:
        """The rows of a query."""
        return self.con.execute(query, values).fetchall()


def _shop(folder: Path, options: Options | None = None) -> Iterator[Shop]:
    account = Account(seed=5, options=options)
    seed_account(account, shipments=70, days=12)
    connection = Connection("shop", Secret("emulator-key"), folder / "shop.duckdb")
    with connect(connection.database) as con:
        migrate(con)
        yield Shop(account, con, connection)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop with 70 shipments, some in several boxes, of which nothing is held yet."""
    yield from _shop(tmp_path)


def _labels(account: Account) -> list[dict[str, Any]]:
    """Labels that are not void."""
    labels = [account.entity("labels", label_id) for label_id in account.ids("labels")]
    return [label for label in labels if not label["voided"]]


def _boxes(account: Account) -> dict[str, str]:
    """The carrier of every further box of a label that is not void, by the id it is followed under."""
    return {
        f"{label['label_id']}/{box['tracking_number']}": label["carrier_code"]
        for label in _labels(account)
        for box in label["packages"]
        if box["tracking_number"] != label["tracking_number"]
    }


def test_every_box_is_followed_by_its_own_number(shop: Shop) -> None:
    boxes = _boxes(shop.account)
    assert boxes
    report = shop.sync()

    asked = {
        tuple(value for _, value in sorted(parse_qsl(request.query), reverse=True))
        for request in shop.account.requests
        if request.path == "/v2/tracking"
    }
    assert asked == {(key.partition("/")[2], carrier) for key, carrier in boxes.items()}
    held = shop.rows("select label_id, tracking_number from raw.tracking where label_id like '%/%'")
    assert dict(held) == {key: key.partition("/")[2] for key in boxes}
    unlike = shop.rows(
        "select count(*) from raw.tracking_events where label_id like '%/%'"
        " and tracking_number is distinct from split_part(label_id, '/', 2)"
    )
    assert unlike == [(0,)]
    tracked = [request for request in shop.account.requests if "track" in request.path]
    assert report.requests == len(tracked)


def test_a_box_that_the_account_tells_nothing_of_stops_nothing(tmp_path: Path) -> None:
    for shop in _shop(tmp_path, Options(tracks_further_boxes=False)):
        shop.sync()
        assert shop.rows("select count(*) from raw.tracking where label_id like '%/%'") == [(0,)]
        held = shop.rows(
            "select label_id, state from ledger.tracking_schedule where label_id like '%/%'"
        )
        assert dict(held) == dict.fromkeys(_boxes(shop.account), "unknown")


def test_the_budgets_of_run_and_day_are_kept(shop: Shop) -> None:
    first = shop.sync(tracking_calls_per_run=10, tracking_calls_per_day=25)
    assert (first.requests, len(_tracked(shop))) == (10, 10)
    followed = first.calls_saved + first.calls_put_off + 10
    assert first.calls_put_off > 20

    spent = [shop.sync(tracking_calls_per_run=10, tracking_calls_per_day=25) for _ in range(2)]
    assert [report.requests for report in spent] == [10, 5]
    shop.account.clock.advance(hours=23)
    assert shop.sync(tracking_calls_per_run=10, tracking_calls_per_day=25).requests == 0
    shop.account.clock.advance(hours=2)
    last = shop.sync(tracking_calls_per_run=10, tracking_calls_per_day=25)
    assert last.requests == 10
    assert last.calls_put_off + last.calls_saved + 10 <= followed
    kept = shop.rows(
        "select calls_saved, calls_put_off from ledger.stream_runs order by run_id, finished_at"
        " desc limit 1"
    )
    assert kept == [(first.calls_saved, first.calls_put_off)]


def test_the_schedule_tells_of_every_parcel_that_is_not_finished(shop: Shop) -> None:
    report = shop.sync()
    schedule = shop.rows(
        "select label_id, state, last_polled_at, next_poll_at, why, planned_at"
        " from ledger.tracking_schedule"
    )
    now = shop.account.clock.now()
    live = {label["label_id"] for label in _labels(shop.account)}
    done = {
        row[0] for row in shop.rows("select label_id from raw.tracking where status_code = 'DE'")
    }
    assert {row[0] for row in schedule} == (live | _boxes(shop.account).keys()) - done
    assert report.calls_put_off == 0
    for key, state, asked_at, next_at, why, planned_at in schedule:
        assert planned_at == now.start_of("second"), key
        if asked_at is None:
            assert why == "never asked for: 22 h after its label"
        else:
            assert asked_at == planned_at, key
            assert why.startswith(state), key
            assert timedelta(hours=1) <= next_at - asked_at <= timedelta(days=1), key

    shop.account.clock.advance(hours=1)
    again = shop.sync()
    assert again.calls_saved == len(schedule) - again.requests
    assert again.requests < len(schedule) / 4


def _tracked(shop: Shop) -> list[Any]:
    return shop.rows("select label_id from raw.tracking")


def test_a_label_without_a_time_of_creation_is_followed(tmp_path: Path) -> None:
    account = opened(tmp_path)
    label = {"label_id": "se-1", "status": "completed", "tracking_number": "1Z1", "trackable": True}
    account.bodies = listed("labels", [label | {"created_at": "yesterday"}])
    account.tracking = {"tracking_number": "1Z1", "status_code": "IT", "events": []}
    assert account.sync().failed == []
    # Nothing older is known of it than when it was first seen, so its first look is still to come.
    planned = "select parcel_id, next_poll_at > created_at from ledger.followed_parcels"
    assert account.rows(planned) == [("se-1", True)]
    account.date = "Fri, 02 Oct 2026 00:00:00 GMT"
    assert account.sync().failed == []
    assert account.rows("select label_id, status_code from raw.tracking") == [("se-1", "IT")]
    account.con.close()
