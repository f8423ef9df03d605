"""A parcel whose tracking is refused for ever fails alone: kept, backed off, shown, its calls counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pendulum
import pytest

from shipsync.warehouse.quarantine import Quarantine
from sync.served_bodies import ServedAccount, listed, opened

NOW = pendulum.datetime(2026, 10, 1, 12)
BAD = "se-3"
ANSWERS = {
    "400": httpx.Response(400, json={"errors": [{"message": "no such carrier account"}]}),
    "404": httpx.Response(404, json={"errors": [{"message": "not found"}]}),
    "500": httpx.Response(500, content=b"<html>"),
    "no object": httpx.Response(200, json=["moved"]),
}


def _labels(number: int) -> dict[str, Any]:
    rows = [
        {
            "label_id": f"se-{n}",
            "created_at": f"2026-09-2{n % 9}T10:00:00Z",
            "tracking_number": f"1Z{n}",
            "status": "completed",
        }
        for n in range(1, number + 1)
    ]
    return listed("labels", rows)


def _tracked(number: int) -> dict[str, Any]:
    return {
        f"se-{n}": {"tracking_number": f"1Z{n}", "status_code": "IT", "events": []}
        for n in range(1, number + 1)
    }


def _untold(number: int) -> dict[str, Any]:
    return {f"se-{n}": {"status_code": "UN", "events": []} for n in range(1, number + 1)}


@pytest.fixture
def account(tmp_path: Path) -> Iterator[ServedAccount]:
    found = opened(tmp_path)
    found.bodies, found.tracking = _labels(5), _tracked(5)
    yield found
    found.con.close()


def _at(account: ServedAccount, at: pendulum.DateTime) -> None:
    account.date = at.format("ddd, DD MMM YYYY HH:mm:ss") + " GMT"


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_parcel_that_is_never_answered_fails_alone(account: ServedAccount, kind: str) -> None:
    account.tracking[BAD] = ANSWERS[kind]
    _at(account, NOW)
    report = account.sync("labels", "tracking")

    assert report.failed == []
    assert report.needs_person == (kind != "404")
    held = account.rows("select label_id from raw.tracking order by 1")
    assert held == [("se-1",), ("se-2",), ("se-4",), ("se-5",)]
    waiting = Quarantine(account.con).waiting("tracking")
    assert [one.row_id for one in waiting] == ([] if kind == "404" else [BAD])
    calls = sum(path.endswith("/track") for path in account.asked)
    probes = account.asked.count("/v2/labels") - report.streams[0].requests
    assert account.rows("select sum(calls) from ledger.tracking_calls") == [(calls + probes,)]
    assert calls <= 14

    [(why, after)] = account.rows(
        "select why, next_poll_at - last_polled_at from ledger.tracking_schedule where label_id = ?",
        BAD,
    )
    assert why.startswith("asked for in vain: every")
    assert after.total_seconds() >= 6 * 3600


def test_it_is_asked_less_and_less_often_and_comes_right_by_itself(account: ServedAccount) -> None:
    account.tracking[BAD] = ANSWERS["400"]
    asked = Counter[str]()
    for hour in range(0, 24 * 9, 6):
        _at(account, NOW.add(hours=hour))
        account.sync("tracking" if hour else "labels", "tracking")
        asked.update(path.split("/")[3] for path in account.asked if path.endswith("/track"))
    # a silent parcel waits a day between two calls, one that fails longer and longer: 0, 1, 2, 3, 5, 9 days
    assert asked[BAD] == 5
    assert asked["se-1"] > asked[BAD] + 2
    [waiting] = Quarantine(account.con).waiting()
    assert (waiting.row_id, waiting.times_seen) == (BAD, 5)

    account.tracking[BAD] = _tracked(5)[BAD]
    _at(account, NOW.add(days=23))
    report = account.sync("tracking")
    assert not report.needs_person
    assert Quarantine(account.con).waiting() == []
    assert (
        account.rows("select failures, last_error from ledger.tracking_polls where failures > 0")
        == []
    )


def test_when_none_of_eight_is_answered_it_is_the_account_that_fails(
    account: ServedAccount,
) -> None:
    account.bodies = _labels(9)
    account.tracking = dict.fromkeys(_tracked(9), ANSWERS["500"])
    _at(account, NOW)
    report = account.sync("labels", "tracking")
    assert [stream.stream for stream in report.failed] == ["tracking"]
    assert Quarantine(account.con).waiting() == []
    calls = sum(path.endswith("/track") for path in account.asked)
    [(counted,)] = account.rows("select sum(calls) from ledger.tracking_calls")
    assert calls <= counted <= calls + 2
    assert account.rows("select count(*) from ledger.tracking_polls") == [(0,)]


def test_parcels_without_anything_to_tell_them_apart_are_all_kept(account: ServedAccount) -> None:
    account.tracking = _untold(5)
    for hours in (0, 24, 48):
        _at(account, NOW.add(hours=hours))
        account.sync("labels", "tracking")
        if hours == 24:
            account.bodies = _labels(9)
            account.tracking |= _untold(9)
    held = account.rows("select label_id from raw.tracking where _dlt_valid_to is null order by 1")
    assert [key for (key,) in held] == [f"se-{n}" for n in range(1, 10)]


def test_an_event_told_twice_is_one_and_what_is_no_event_stops_nothing(
    account: ServedAccount,
) -> None:
    scan = {"occurred_at": "2026-09-30T10:00:00Z", "description": "Scanned", "label_id": "theirs"}
    body = {"status_code": "IT", "events": [scan, scan, None, "a text", 7, [], {}]}
    account.tracking["se-1"] = body
    account.tracking["se-2"] = {"status_code": "IT", "events": {"description": "alone"}}
    account.tracking["se-4"] = {"status_code": "IT", "events": "none"}
    _at(account, NOW)
    report = account.sync("labels", "tracking")
    assert report.failed == []
    events = account.rows(
        "select description, _extra from raw.tracking_events where label_id = 'se-1'"
    )
    assert [text for text, _ in events if text] == ["Scanned"]
    assert [orjson.loads(extra) for text, extra in events if text] == [
        {"label_id (as it came)": "theirs"}
    ]
    alone = account.rows("select description from raw.tracking_events where label_id = 'se-2'")
    assert alone == [("alone",)]
    [(extra,)] = account.rows("select _extra from raw.tracking where label_id = 'se-4'")
    assert orjson.loads(extra) == {"events": "none"}
