"""Days are those of the account: of its zone, for every reader, in every model and statement."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import duckdb
import pendulum
import pytest

import shipsync
from played_demo import Demo
from shipsync.merchant import Merchant
from shipsync.warehouse.sql_project import sql_dir
from sql.story import Story, day, fulfillment

SECOND = timedelta(seconds=1)
# Winter ends in Los Angeles on 8 March 2026. When a day is written, and when it begins there.
SHIPS = {
    "midnight UTC": (day(5, 0), day(5, 8)),
    "winter": (day(5, 8), day(5, 8)),
    "summer": (day(10, 7), day(10, 7)),
    "noon": (day(10, 12), day(10, 7)),
}
# A day of an interval is 23 or 25 hours where the session's clocks change.
# The macros that know the zone, or work on days alone. A local time, which has none, may be cut to its day.
KNOWING = {Path(f"macros/{name}.sql") for name in ("instants", "tracking", "metrics")}
BY_SESSION = re.compile(
    r"(?i)(?<!_local_at)::date\b|(?<!, 10\) )\bas date\)|\bdate_trunc\s*\((?!'second')|"
    r"\bcurrent_date\b|\btoday\s*\(|\binterval \d+ days?\b|\bto_days\s*\(|"
    r"\bdate_?diff\s*\(\s*'(day|week|month|quarter|year)|\b(day|dayofweek|isodow|hour|month|week|year|date_part|extract)\s*\("
)


@pytest.mark.xdist_group("dbt")
def test_a_fulfillment_ships_when_its_day_begins_where_the_account_is(tmp_path: Path) -> None:
    story = Story(tmp_path / "shop.duckdb")
    rows = [
        fulfillment(number, day(1, 0), ships=1, ship_date=written)
        for number, (written, _) in enumerate(SHIPS.values())
    ]
    story.raw.load("fulfillments", *rows, load_id="1.0", observed_at=day(1))
    story.build("first", day(1), select="+changes", run_tests=False)
    for at in (day(5, 8), day(10, 7)):
        story.build(f"before {at}", at - SECOND, select="changes", run_tests=False)
        story.build(f"from {at}", at, select="changes", run_tests=False)

    told = {
        build: [(event["entity_id"], pendulum.instance(event["occurred_at"])) for event in events]
        for build, events in story.appended.items()
        if events and build != "first"
    }
    assert told == {
        f"from {day(5, 8)}": [("se-90", day(5, 8)), ("se-91", day(5, 8))],
        f"from {day(10, 7)}": [("se-92", day(10, 7)), ("se-93", day(10, 7))],
    }


@pytest.mark.xdist_group("dbt")
def test_another_zone_has_its_days_earlier(tmp_path: Path) -> None:
    story = Story(tmp_path / "shop.duckdb")
    row = fulfillment(1, day(1, 0), ships=1, ship_date=day(5, 0))
    story.raw.load("fulfillments", row, load_id="1.0", observed_at=day(1))
    berlin = Merchant(timezone="Europe/Berlin")
    story.build("first", day(1), select="+changes", run_tests=False, merchant=berlin)
    for at in (day(4, 23) - SECOND, day(4, 23)):
        story.build(str(at), at, select="changes", run_tests=False, merchant=berlin)

    assert [build for build, events in story.appended.items() if events and build != "first"] == [
        str(day(4, 23))
    ]


def test_no_model_reads_differently_in_another_session(demo: Demo) -> None:
    tokyo, denver = (digests(demo.database, zone) for zone in ("Asia/Tokyo", "America/Denver"))

    assert len(tokyo) > 50
    assert [name for name in tokyo if tokyo[name] != denver[name]] == []


def digests(database: Path, zone: str) -> dict[str, object]:
    """A digest of every model for a reader whose session is in ``zone``."""
    with duckdb.connect(str(database), read_only=True) as con:
        con.execute("set timezone = ?", [zone])
        names = con.sql(
            "select schema_name || '.' || view_name from duckdb_views() where not internal union all "
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where schema_name in ('core', 'changes', 'tracking', 'reverse', 'metrics')"
        ).fetchall()
        return {
            name: con.sql(f"select count(*), sum(hash(r)) from {name} as r").fetchone()  # noqa: S608
            for (name,) in names
        }


def test_no_statement_takes_the_day_of_an_instant_by_itself() -> None:
    package = Path(shipsync.__file__).parent
    by_session = {}
    for folder in (sql_dir(), package):
        for file in folder.rglob("*.sql"):
            if file.relative_to(folder) in KNOWING or "templates" in file.parts:
                continue
            text = "\n".join(line.partition("--")[0] for line in file.read_text().splitlines())
            if casts := [found.group() for found in BY_SESSION.finditer(text)]:
                by_session[str(file)] = casts
    assert by_session == {}


@pytest.mark.parametrize(
    "wrong",
    [
        "created_at::date",
        "cast(x as date)",
        "date_trunc('day', x)",
        "year(created_at)",
        "x - interval 28 days",
    ],
)
def test_the_search_finds_what_it_looks_for(wrong: str) -> None:
    assert BY_SESSION.search(wrong)
