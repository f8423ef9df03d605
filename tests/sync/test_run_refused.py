"""What keeps every stream from being read is told once and stored once, and soon asked no more.

A refused key is believed at once. That something else than the API answers is believed when it did so for a
second list: a proxy may have a page of its own for one path.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.connection import Connection, Secret
from shipsync.sync.run import run_sync
from shipsync.warehouse import database, ledger

NO_ROUTE = {"request_id": "r", "errors": [{"error_code": "not_found", "message": "no route"}]}


@pytest.mark.parametrize(
    ("answer", "asked", "said"),
    [
        (httpx.Response(401, html="<html>log in</html>"), 1, "does not know the API key"),
        (httpx.Response(404, json=NO_ROUTE), 2, "base_url https://api.shipstation.com"),
        (httpx.Response(302, headers={"location": "/login"}), 2, "check base_url"),
        (httpx.Response(200, html="<html>shop</html>"), 12, "base_url https://api.shipstation.com"),
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


def test_a_page_in_place_of_the_first_list_keeps_no_other_from_being_read(tmp_path: Path) -> None:
    def app(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v2/shipments":
            return httpx.Response(200, html="<html>shop</html>")
        return httpx.Response(
            200, json={request.url.path.split("/")[-1]: [], "total": 0, "pages": 0}
        )

    connection = Connection("default", Secret("emulator-key"), tmp_path / "shop.duckdb")
    con = database.connect(connection.database)
    ledger.migrate(con)
    with Session(connection, transport=httpx.MockTransport(app), pacing=JumpingPacing()) as session:
        report = run_sync(con, connection, session)
    assert [stream.stream for stream in report.failed] == ["shipments"]


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
