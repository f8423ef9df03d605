"""What was set aside is asked for again: by its id, by its time, or with its whole list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.set_aside import SetAside
from shipsync.sync.retry import RetryReport, retry_quarantine
from shipsync.warehouse.quarantine import Quarantine
from sync.served_bodies import ServedAccount, listed, opened

LABEL = {"label_id": "se-1", "created_at": "2026-09-01T10:00:00Z", "status": "completed"}
NO_ID = {"created_at": "2026-09-02T10:00:00Z", "tracking_number": "1Z2"}
SHIPMENT = {"shipment_id": "se-7", "modified_at": "2026-09-01T10:00:00Z"}


@pytest.fixture
def account(tmp_path: Path) -> Iterator[ServedAccount]:
    found = opened(tmp_path)
    yield found
    found.con.close()


def _retry(
    account: ServedAccount, answers: dict[str, httpx.Response] | None = None, *only: str
) -> RetryReport:
    account.asked.clear()

    def answer(request: httpx.Request) -> httpx.Response:
        known = (answers or {}).get(request.url.path)
        if known is None:
            return account.answer(request)
        account.asked.append(request.url.path)
        return httpx.Response(known.status_code, content=known.content)

    with Session(
        account.connection, transport=httpx.MockTransport(answer), pacing=JumpingPacing(account.now)
    ) as session:
        return retry_quarantine(
            account.con, account.connection, session, only=frozenset(only) or None
        )


def test_a_row_is_asked_for_by_its_id(account: ServedAccount) -> None:
    account.sync("shipments")
    Quarantine(account.con).put(SetAside("shipments", "It was odd.", {}, row_id="se-7"))
    Quarantine(account.con).put(SetAside("shipments", "It was odd.", {}, row_id="se-8"))
    answers = {
        "/v2/shipments/se-7": httpx.Response(200, json=SHIPMENT),
        "/v2/shipments/se-8": httpx.Response(404, json={"errors": []}),
    }
    report = _retry(account, answers)
    assert (report.tried, report.resolved, report.still, report.failed) == (2, 2, [], {})
    assert account.rows("select shipment_id from raw.shipments") == [("se-7",)]
    left = Quarantine(account.con).waiting(with_resolved=True)
    assert {one.row_id: one.resolution for one in left} == {"se-7": "came right", "se-8": "gone"}


def test_a_row_without_an_id_is_looked_for_at_its_time(account: ServedAccount) -> None:
    account.bodies = listed("labels", [LABEL, NO_ID])
    account.sync("labels")
    report = _retry(account)
    assert (report.tried, report.resolved) == (1, 0)
    assert [one.times_seen for one in report.still] == [2]

    account.bodies = listed("labels", [LABEL, {**NO_ID, "label_id": "se-2"}])
    report = _retry(account)
    assert (report.resolved, report.still) == (1, [])
    assert account.rows("select label_id from raw.labels order by 1") == [("se-1",), ("se-2",)]


def test_a_parcel_is_asked_for_again(account: ServedAccount) -> None:
    account.bodies = listed("labels", [LABEL])
    account.tracking = {"se-1": httpx.Response(400, json={"errors": []})}
    account.sync("labels", "tracking")
    assert [one.row_id for one in _retry(account).still] == ["se-1"]
    account.tracking = {"se-1": {"status_code": "DE", "events": []}}
    report = _retry(account)
    assert (report.resolved, report.still) == (1, [])
    assert account.rows("select label_id, status_code from raw.tracking") == [("se-1", "DE")]


def test_one_stream_that_fails_leaves_the_others_tried(account: ServedAccount) -> None:
    rows: list[Any] = [{"sku": None, "inventory_location_id": "se-9"}]
    account.bodies = listed("inventory", rows) | listed("tags", [{"color": "red"}])
    account.sync("inventory_levels", "tags")
    account.bodies = listed("tags", [{"name": "vip"}])
    report = _retry(account, {"/v2/inventory": httpx.Response(403, json={"errors": []})})
    assert list(report.failed) == ["inventory_levels"]
    assert (report.tried, report.resolved) == (2, 1)
    assert [one.stream for one in report.still] == ["inventory_levels"]
    assert account.rows("select outcome from ledger.runs order by run_id desc limit 1") == [
        ("failed",)
    ]
    only = _retry(account, {}, "tags")
    assert (only.tried, account.asked) == (0, [])
