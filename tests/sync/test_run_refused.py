"""What keeps every stream from being read is asked once, told once and stored once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.connection import Connection, Secret
from shipsync.emulator import Account, Fault, FaultKind, Transport
from shipsync.emulator.simulation.seed import seed_account
from shipsync.sources.streams import STREAMS
from shipsync.sync.run import run_sync
from shipsync.warehouse import database, ledger

NO_ROUTE = {"request_id": "r", "errors": [{"error_code": "not_found", "message": "no route"}]}


@pytest.mark.parametrize(
    ("answer", "asked", "said"),
    [
        (httpx.Response(401, html="<html>log in</html>"), 1, "does not know the API key"),
        (httpx.Response(404, json=NO_ROUTE), 1, "base_url https://api.shipstation.com"),
        (httpx.Response(302, headers={"location": "/login"}), 1, "check base_url"),
        (httpx.Response(200, html="<html>shop</html>"), 6, "base_url https://api.shipstation.com"),
    ],
)
def test_it_is_told_once(tmp_path: Path, answer: httpx.Response, asked: int, said: str) -> None:
    def app(request: httpx.Request) -> httpx.Response:
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    connection = Connection("default", Secret("emulator-key"), tmp_path / "shop.duckdb")
    con = database.connect(connection.database)
    ledger.migrate(con)
    with Session(connection, transport=httpx.MockTransport(app), pacing=JumpingPacing()) as session:
        report = run_sync(con, connection, session)
        assert session.requests_sent == asked
    assert len(report.failed) > 10
    [error] = {stream.error for stream in report.failed}
    assert error is not None
    assert said in error
    [(stored,)] = con.execute("select error from ledger.runs").fetchall()
    assert stored.count(error) == 1
    assert stored.startswith("shipments, fulfillments, labels")


@pytest.mark.parametrize(
    ("strange", "failed", "asked"),
    [
        ({"/v2/shipments"}, ["shipments"], 6),
        ({"/v2/shipments", "/v2/fulfillments"}, list(STREAMS), 12),
    ],
    ids=["one list", "two"],
)
def test_one_list_that_is_out_of_order_where_rows_came_from_before_stops_no_other(
    tmp_path: Path, strange: set[str], failed: list[str], asked: int
) -> None:
    account = Account(seed=3)
    seed_account(account, shipments=5, days=5)
    connection = Connection("default", Secret("emulator-key"), tmp_path / "shop.duckdb")
    con = database.connect(connection.database)
    ledger.migrate(con)
    reports = []
    for paths in (set(), strange):
        for path in paths:
            account.faults.add(Fault(FaultKind.NOT_JSON, path=path, count=None))
        pacing = JumpingPacing(account.clock.now())
        with Session(connection, transport=Transport(account), pacing=pacing) as session:
            reports.append(run_sync(con, connection, session))
    first, second = reports
    assert not first.failed
    assert [stream.stream for stream in second.failed] == failed
    struck = [request.path for request in account.requests if request.fault]
    assert (len(struck), set(struck)) == (asked, strange)
    told = [stream.error or "" for stream in second.failed]
    assert all("base_url https://api.shipstation.com" in error for error in told)
    assert len(set(told)) == len(strange)


def test_a_run_ends_at_its_deadline_and_says_so(tmp_path: Path) -> None:
    pacing = JumpingPacing()

    def app(request: httpx.Request) -> httpx.Response:
        pacing.sleep(40 * 60)
        return httpx.Response(200, json={request.url.path.split("/")[-1]: [], "total": 0})

    database_file = tmp_path / "shop.duckdb"
    deadline = timedelta(hours=2)
    connection = Connection("x", Secret("emulator-key"), database_file, run_deadline=deadline)
    con = database.connect(database_file)
    ledger.migrate(con)
    with Session(connection, transport=httpx.MockTransport(app), pacing=pacing) as session:
        report = run_sync(con, connection, session)
        assert session.requests_sent == 3
    late = [
        stream.error for stream in report.failed if "run_deadline_hours" in (stream.error or "")
    ]
    assert len(late) > 5
    assert len({*late}) == 1
    assert "it may ask the account for 2 h (run_deadline_hours)" in str(late[0])
