"""Clocks that are wrong, the account's and this machine's: nothing is lost and no version runs backwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pendulum
import pytest

from shipsync.sync.reports import SyncReport
from sync.served_bodies import ServedAccount, listed, opened

NOW = pendulum.datetime(2026, 10, 1, 12)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[ServedAccount]:
    found = opened(tmp_path)
    yield found
    found.con.close()


def _sync(
    account: ServedAccount,
    status: str,
    at: pendulum.DateTime,
    *,
    machine: timedelta = timedelta(0),
    header: timedelta = timedelta(0),
) -> SyncReport:
    """One sync in which shipment and level have changed; how far the two clocks are off."""
    _tell(account, status, at)
    account.date = _header(at + header)
    return account.sync("shipments", "inventory_levels", now=at + machine)


def _header(at: pendulum.DateTime) -> str:
    return at.format("ddd, DD MMM YYYY HH:mm:ss") + " GMT"


def _tell(account: ServedAccount, status: str, at: pendulum.DateTime) -> None:
    changed = (at - timedelta(minutes=1)).isoformat()
    shipment = {"shipment_id": "se-1", "shipment_status": status, "modified_at": changed}
    level = {"sku": "A", "inventory_location_id": "se-9", "note": status}
    account.bodies = listed("shipments", [shipment]) | listed("inventory", [level])


def _versions(account: ServedAccount, table: str) -> list[tuple[Any, Any]]:
    query = f"select _dlt_valid_from, _dlt_valid_to from raw.{table} order by _dlt_load_id, 1"  # noqa: S608 - a name of ours
    return [
        (pendulum.instance(start), end and pendulum.instance(end))
        for start, end in account.rows(query)
    ]


MACHINE = {
    "right": [0, 0, 0, 0],
    "set back 40 days, then ahead 400": [0, -40 * 24, 400 * 24, 0],
    "summer time ends and begins": [0, -1, 1, 0],
    "wrong from the first run on": [-40 * 24] * 4,
}
"""By how many hours this machine's clock is off in each run."""


@pytest.mark.parametrize("offsets", MACHINE.values(), ids=MACHINE.keys())
def test_versions_follow_the_accounts_time_whatever_this_machines_clock_says(
    account: ServedAccount, offsets: list[int]
) -> None:
    times = [NOW.add(hours=hours) for hours in range(len(offsets))]
    for number, (at, hours) in enumerate(zip(times, offsets, strict=True)):
        offset = timedelta(hours=hours)
        report = _sync(account, f"status {number}", at, machine=offset)
        assert report.failed == []
        # That this machine's clock is ahead does no harm. That it is behind says nothing against the
        # account's, once that has said the same before.
        is_behind = offset < timedelta(hours=-1)
        assert (report.clocks is not None) == (is_behind and offsets[0] == hours)
        assert report.needs_person == (report.clocks is not None)
        hinted = any("This machine's clock is" in remark for remark in report.remarks)
        assert hinted == (is_behind and report.clocks is None)
    for table in ("shipments", "inventory_levels"):
        query = f"select _dlt_valid_from, _dlt_valid_to from raw.{table} order by 1"  # noqa: S608 - a name of ours
        held = account.rows(query)
        assert held == list(zip(times, [*times[1:], None], strict=True)), table


def test_a_date_header_ahead_poisons_neither_cursor_nor_versions(account: ServedAccount) -> None:
    _sync(account, "pending", NOW)
    report = _sync(account, "on_hold", NOW.add(hours=1), header=timedelta(days=8))
    assert "the account is 8 days ahead" in (report.clocks or "")
    assert report.needs_person
    report = _sync(account, "cancelled", NOW.add(hours=2))
    assert (report.failed, report.clocks) == ([], None)
    for table in ("shipments", "inventory_levels"):
        starts = [start for start, _ in _versions(account, table)]
        assert starts == [NOW, NOW.add(hours=1), NOW.add(hours=2)], table
        ends = [end for _, end in _versions(account, table)]
        assert ends == [*starts[1:], None], table


def test_a_date_header_behind_is_said_and_hides_no_row(account: ServedAccount) -> None:
    report = _sync(account, "pending", NOW, header=timedelta(days=-8))
    assert "its own rows are later than that" in (report.clocks or "")
    assert report.needs_person
    assert report.streams[0].beyond == 1
    assert account.rows("select shipment_status from raw.shipments") == [("pending",)]
    _sync(account, "on_hold", NOW.add(hours=1), header=timedelta(days=-8))
    _sync(account, "cancelled", NOW.add(hours=2))
    for table in ("shipments", "inventory_levels"):
        versions = _versions(account, table)
        assert len(versions) == 3, table
        assert all(end is None or start < end for start, end in versions), table
        assert [end for _, end in versions[:-1]] == [start for start, _ in versions[1:]], table


def test_a_date_header_that_goes_back_between_two_runs_is_said(account: ServedAccount) -> None:
    assert _sync(account, "pending", NOW).clocks is None
    report = account.sync("shipments", now=NOW.add(hours=1))
    assert report.clocks is None
    account.date = _header(NOW.subtract(days=3))
    account.bodies = {}
    assert "it was later before" in (account.sync("shipments", now=NOW.add(hours=2)).clocks or "")


def test_several_packages_of_one_moment_follow_each_other(account: ServedAccount) -> None:
    for status in ("pending", "on_hold", "cancelled"):
        _sync(account, status, NOW)
    versions = _versions(account, "shipments")
    assert [start for start, _ in versions] == [NOW + timedelta(microseconds=n) for n in range(3)]
    assert all(end is None or start < end for start, end in versions)


def test_a_row_from_the_future_is_loaded_counted_and_moves_no_cursor(
    account: ServedAccount,
) -> None:
    future = {"shipment_id": "se-2", "modified_at": "2099-01-01T00:00:00Z"}
    _tell(account, "pending", NOW)
    account.bodies["shipments"]["shipments"].append(future)
    account.bodies["shipments"]["total"] = 2
    account.date = _header(NOW)
    report = account.sync("shipments")
    assert (report.failed, report.streams[0].beyond) == ([], 1)
    assert account.rows("select count(*) from raw.shipments") == [(2,)]

    _tell(account, "cancelled", NOW.add(hours=1))
    account.bodies["shipments"]["shipments"].append(
        {**future, "modified_at": "2026-10-01T12:30:00Z"}
    )
    account.date = _header(NOW.add(hours=1))
    report = account.sync("shipments")
    assert (report.streams[0].rows, report.streams[0].stale) == (2, 0)
    current = account.rows(
        "select shipment_id, year(modified_at) from raw.shipments where _dlt_valid_to is null order by 1"
    )
    assert current == [("se-1", 2026), ("se-2", 2026)]


def test_an_account_whose_clock_runs_fast_is_believed_by_its_own_rows_and_earlier_word(
    account: ServedAccount,
) -> None:
    # As `shipsync emulator --pace 1440` does: a day passes in a minute.
    for minute in range(0, 60, 5):
        at = NOW.add(days=minute)
        rows = [
            {"shipment_id": f"se-{number}", "modified_at": at.subtract(hours=number).isoformat()}
            for number in range(1, 4)
        ]
        idle = minute in (20, 40)
        account.bodies = listed("shipments", [] if idle else list(reversed(rows)))
        account.date = _header(at)
        report = account.sync("shipments", now=NOW.add(minutes=minute))
        assert (report.failed, report.clocks) == ([], None), minute
        assert not report.needs_person
    assert any("behind the account's" in remark for remark in report.remarks)


def test_a_header_ahead_that_nothing_bears_out_is_doubted_however_often_it_is_said(
    account: ServedAccount,
) -> None:
    _sync(account, "pending", NOW)
    for hour in range(1, 4):
        at = NOW.add(hours=hour)
        rows = [
            {"shipment_id": f"se-{number}", "modified_at": at.subtract(minutes=number).isoformat()}
            for number in range(3, 0, -1)
        ]
        account.bodies = listed("shipments", rows)
        account.date = _header(at.add(days=8))
        report = account.sync("shipments", now=at)
        assert "the account is 8 days ahead" in (report.clocks or "")
        assert report.needs_person


def test_one_row_as_far_ahead_as_the_header_bears_nothing_out(account: ServedAccount) -> None:
    _sync(account, "pending", NOW)
    account.bodies = listed(
        "shipments",
        [{"shipment_id": "se-7", "modified_at": NOW.add(days=7).isoformat()}],
    )
    account.date = _header(NOW.add(days=8))
    assert account.sync("shipments", now=NOW).needs_person


@pytest.mark.parametrize(
    ("hours", "told"),
    [(1.5, "1 h 30 min"), (26, "26 h 00 min"), (47.9, "47 h 54 min"), (49, "2 days")],
)
def test_how_far_ahead_a_header_is_is_told(account: ServedAccount, hours: float, told: str) -> None:
    _sync(account, "pending", NOW)
    report = _sync(account, "on_hold", NOW.add(hours=1), header=timedelta(hours=hours))
    assert f"the account is {told} ahead" in (report.clocks or "")
    # The same is said of this machine's clock once the account's rows bear it out.
    rows = [
        {"shipment_id": f"se-{number}", "modified_at": NOW.add(hours=hours).isoformat()}
        for number in range(2)
    ]
    account.bodies = listed("shipments", rows)
    account.date = _header(NOW.add(hours=hours))
    report = account.sync("shipments", now=NOW)
    assert f"This machine's clock is {told} behind" in report.remarks[-1]
