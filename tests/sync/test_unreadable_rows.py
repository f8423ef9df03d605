"""A row that is no JSON, or that the server fails over, in any list: it is named, all others are loaded."""

from __future__ import annotations

from pathlib import Path

import duckdb
import httpx
import pytest

from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.connection import Connection, Secret
from shipsync.emulator import Account, Transport
from shipsync.emulator.simulation.seed import seed_account
from shipsync.sync.reports import SyncReport
from shipsync.sync.retry import retry_quarantine
from shipsync.sync.run import run_sync
from shipsync.warehouse import database, ledger
from shipsync.warehouse.quarantine import Quarantine

LISTS = {
    "shipments": ("/v2/shipments", "shipment_id"),
    "labels": ("/v2/labels", "label_id"),
    "fulfillments": ("/v2/fulfillments", "fulfillment_id"),
    "inventory_levels": ("/v2/inventory", "sku"),
    "products": ("/v2/products", "product_id"),
    "tags": ("/v2/tags", "name"),
}
# Its end can't be told from the rows behind it; its end can.
UNTOLD, TOLD = b'"note": "5" pipe", ', b'"note": none, '


class Spoiling(httpx.BaseTransport):
    """An account of which one row is spoilt by ``damage`` in every list that shows it."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._inner = Transport(account)
        self.spoilt = ("", b"")
        self.damage = b""
        self.before = b""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        content = answer.read()
        path, row = self.spoilt
        if request.url.path == path:
            content = self.before + content.replace(row, self.damage + row)
        headers = {"date": answer.headers["date"]}
        return httpx.Response(answer.status_code, headers=headers, content=content)


@pytest.fixture
def spoiling() -> Spoiling:
    account = Account(seed=3)
    seed_account(account, shipments=60)
    return Spoiling(account)


@pytest.fixture
def con(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    con = database.connect(tmp_path / "shop.duckdb")
    ledger.migrate(con)
    return con


def made_connection(tmp_path: Path) -> Connection:
    return Connection(
        *("default", Secret("emulator-key"), tmp_path / "shop.duckdb"),
        page_size=25,
        requests_per_minute=1_000_000,
    )


def sync(
    con: duckdb.DuckDBPyConnection, spoiling: httpx.BaseTransport, tmp_path: Path, only: str
) -> SyncReport:
    connection = made_connection(tmp_path)
    with Session(connection, transport=spoiling, pacing=JumpingPacing()) as session:
        return run_sync(con, connection, session, only=frozenset([only]))


def listed(spoiling: Spoiling, path: str, key: str) -> list[str]:
    with httpx.Client(transport=spoiling, base_url="http://emulator") as client:
        answer = client.get(path, params={"page_size": 500}, headers={"api-key": "emulator-key"})
    [rows] = [value for value in answer.json().values() if isinstance(value, list)]
    return [str(row[key]) for row in rows]


def ids(con: duckdb.DuckDBPyConnection, stream: str, key: str) -> list[str]:
    query = (
        f"select distinct {key}::varchar from raw.{stream} where _dlt_valid_to is null order by all"  # noqa: S608
    )
    return [value for (value,) in con.sql(query).fetchall()]


@pytest.mark.parametrize("stream", LISTS)
@pytest.mark.parametrize("damage", [UNTOLD, TOLD], ids=["untold", "told"])
def test_it_costs_itself_alone(
    con: duckdb.DuckDBPyConnection,
    spoiling: Spoiling,
    tmp_path: Path,
    stream: str,
    damage: bytes,
) -> None:
    path, key = LISTS[stream]
    whole = listed(spoiling, path, key)
    lost = whole[len(whole) // 2]
    number = lost if key == "product_id" else f'"{lost}"'
    spoiling.spoilt, spoiling.damage = (path, f'"{key}":{number}'.encode()), damage

    report = sync(con, spoiling, tmp_path, stream)

    if stream == "tags" and damage == UNTOLD:
        # It comes as a whole, so that there is no smaller page to ask for.
        assert [one.stream for one in report.failed] == ["tags"]
        return
    assert report.failed == []
    assert ids(con, stream, key) == sorted({*whole} - {lost})
    waiting = Quarantine(con).waiting()
    assert waiting
    # Of stock one SKU may lie at several places.
    assert len(waiting) == 1 or stream == "inventory_levels"
    for one in waiting:
        assert (one.stream, one.times_seen) == (stream, 1)
        assert lost in (one.row_id or "")
        assert one.reason.startswith("The row can't be read: ")
    assert lost in report.set_aside[0]


def test_what_is_read_all_the_same_is_said_once(
    con: duckdb.DuckDBPyConnection, spoiling: Spoiling, tmp_path: Path
) -> None:
    spoiling.spoilt, spoiling.before = ("/v2/shipments", b'"ship_to":{'), b"\xef\xbb\xbf"
    spoiling.damage = b'"note":"half \\ud83d",'
    report = sync(con, spoiling, tmp_path, "shipments")
    assert report.failed == []
    assert report.set_aside == []
    assert len(ids(con, "shipments", "shipment_id")) == 60
    # The shop lies in another year than this machine, which is a remark of its own.
    first, second = (remark for remark in report.remarks if "no clean JSON" in remark)
    assert "byte order mark" in first
    assert "note, half a character became" in second
    assert "times in all" in second


class Failing(httpx.BaseTransport):
    """An account whose server fails over every list that shows one of ``rows`` (texts of its body)."""

    def __init__(self, account: Account) -> None:
        self._inner = Transport(account)
        self.rows: set[bytes] = set()
        self.requests = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        answer = self._inner.handle_request(request)
        content = answer.read()
        if any(row in content for row in self.rows):
            return httpx.Response(500, headers={"date": answer.headers["date"]})
        return httpx.Response(answer.status_code, headers=answer.headers, content=content)


@pytest.mark.parametrize("stream", [name for name in LISTS if name != "tags"])
def test_one_that_the_server_fails_over_costs_itself_alone(
    con: duckdb.DuckDBPyConnection, spoiling: Spoiling, tmp_path: Path, stream: str
) -> None:
    path, key = LISTS[stream]
    whole = listed(spoiling, path, key)
    lost = whole[len(whole) // 2]
    number = lost if key == "product_id" else f'"{lost}"'
    failing = Failing(spoiling.account)
    failing.rows = {f'"{key}":{number}'.encode()}

    report = sync(con, failing, tmp_path, stream)
    assert report.failed == []
    assert report.needs_person
    assert ids(con, stream, key) == sorted({*whole} - {lost})
    waiting = Quarantine(con).waiting()
    # Of stock one SKU may lie at several places.
    assert len(waiting) == 1 or stream == "inventory_levels"
    assert all("status 500 each time" in one.reason for one in waiting)

    # It is the same row in the next run, and no other.
    again = sync(con, failing, tmp_path, stream)
    assert again.failed == []
    assert {one.quarantine_id for one in Quarantine(con).waiting()} == {
        one.quarantine_id for one in waiting
    }

    failing.rows.clear()
    connection = made_connection(tmp_path)
    with Session(connection, transport=failing, pacing=JumpingPacing()) as session:
        report_of_retry = retry_quarantine(con, connection, session)
    assert (report_of_retry.failed, report_of_retry.still) == ({}, [])
    assert ids(con, stream, key) == sorted({*whole})
