"""The page of a fleet: what needs a person is counted, and every account is in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shipsync.fleet.account_run import AccountRun
from shipsync.fleet.page import fleet_page
from shipsync.fleet.record import FleetRecord
from shipsync.pages import html
from shipsync.pages.content import Page, Table, Tiles

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)


def ended(account: str, exit_code: int, hours_ago: float, *, read: bool = True) -> AccountRun:
    """A run of ten minutes and 100 calls that read up to its beginning, if it read."""
    at = NOW - timedelta(hours=hours_ago)
    begun = at - timedelta(minutes=10)
    return AccountRun(
        account=account,
        outcome="failed" if exit_code else "done",
        exit_code=exit_code,
        started_at=begun,
        finished_at=at,
        requests=100,
        rows=7,
        read_up_to=begun if read else None,
        said="First line.\nThe key <b>was</b> refused." if exit_code else "",
    )


@pytest.fixture
def page(tmp_path: Path) -> Page:
    """Three accounts: one is well, one fails, one went well a day ago and has been silent since."""
    record = FleetRecord(tmp_path / "fleet_runs.duckdb")
    runs = (
        ended("well", 0, 30),
        ended("well", 0, 2),
        ended("well", 0, 1),
        ended("revoked", 1, 3, read=False),
        ended("silent", 0, 25),
    )
    for run in runs:
        record.put(run)
    return fleet_page(record.status(NOW), NOW, ZoneInfo("UTC"))


def test_what_needs_a_person_is_counted(page: Page) -> None:
    (tiles,) = (section for section in page.sections if isinstance(section, Tiles))
    assert {tile.label: (tile.value, tile.tone.value) for tile in tiles.tiles} == {
        "Accounts": ("3", "neutral"),
        "Failing": ("1", "alarm"),
        "Behind": ("2", "warning"),
        "Furthest behind": ("1,510 min", "neutral"),
        "Calls in 24 h": ("300", "neutral"),
    }
    assert page.alarms == 1


def test_every_account_has_a_row_with_its_lag_calls_and_cost(page: Page) -> None:
    (table,) = (section for section in page.sections if isinstance(section, Table))
    rows = {row["account"]: row for row in table.rows.objects()}
    assert list(rows) == ["revoked", "silent", "well"]
    shown = ("failed_since", "lag_minutes", "day_runs", "day_requests", "day_seconds")
    assert {name: tuple(row[column] for column in shown) for name, row in rows.items()} == {
        "revoked": (1, None, 1, 100, 600),
        "silent": (0, 1510, 0, None, None),
        "well": (0, 70, 2, 200, 1200),
    }
    assert rows["revoked"]["said"] == "The key <b>was</b> refused."


def test_every_number_leads_to_its_definition_and_every_column_is_explained(page: Page) -> None:
    (tiles,) = (section for section in page.sections if isinstance(section, Tiles))
    (table,) = (section for section in page.sections if isinstance(section, Table))
    assert {tile.metric for tile in tiles.tiles} == {number.name for number in page.numbers}
    (definition,) = page.definitions
    assert set(definition.columns) == {column.name for column in table.columns}


def test_it_is_one_file_that_shows_text_as_text(page: Page) -> None:
    written = html.report(page)
    assert "The key &lt;b&gt;was&lt;/b&gt; refused." in written
    assert "http://" not in written.replace("http://www.w3.org", "")
    assert "https://" not in written


def test_a_fleet_that_never_ran_has_a_page_too(tmp_path: Path) -> None:
    none = FleetRecord(tmp_path / "fleet_runs.duckdb").status(NOW)
    assert "No account has run yet." in html.report(fleet_page(none, NOW, ZoneInfo("UTC")))
