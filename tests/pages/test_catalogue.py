"""What the pages say: of the demo, of a fresh database, of old data, of a mart that is not built."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from played_demo import Demo
from shipsync import clock
from shipsync.account_day import local_day
from shipsync.cli.dashboard import notebook
from shipsync.errors import UsageError
from shipsync.metrics.asking import metric, question
from shipsync.pages import catalogue, html
from shipsync.pages.content import Chart, Page, Table, Tiles, Tone
from shipsync.pages.figures import money, number, share, words
from shipsync.pages.report import write
from shipsync.pages.site import Shelf
from shipsync.warehouse.database import connect

from .served_site import TOKEN, served

NAMES = [kind.name for kind in catalogue.PAGES]


def tiles(page: Page) -> dict[str, tuple[str, Tone]]:
    """Value and tone of each number by its label."""
    found = [tile for part in page.sections if isinstance(part, Tiles) for tile in part.tiles]
    return {tile.label: (tile.value, tile.tone) for tile in found}


@pytest.mark.parametrize("name", NAMES)
def test_a_page_of_the_demo_has_all_it_speaks_of(demo: Demo, name: str) -> None:
    page = catalogue.read(demo.database, name, clock.now())
    defined = {definition.mart for definition in page.definitions}
    tables = {part.name for part in page.sections if isinstance(part, Table)}

    assert page.notices == ()
    assert any(isinstance(part, Chart) for part in page.sections)
    for part in page.sections:
        if isinstance(part, Chart | Table):
            assert part.mart in defined
        if isinstance(part, Table) and part.rows.rows:
            assert {column.name for column in part.columns} <= set(part.rows.columns)
        if isinstance(part, Tiles):
            assert {tile.metric for tile in part.tiles} <= {one.name for one in page.numbers}
            assert {tile.rows for tile in part.tiles if tile.rows} <= tables


# Over which days a page tells a number, where not over all that the demo has.
PERIODS = {"labelled_by_due": 28}


@pytest.mark.parametrize("name", NAMES)
def test_a_number_is_what_its_definition_says(demo: Demo, name: str) -> None:
    page = catalogue.read(demo.database, name, clock.now())
    shown = [tile for part in page.sections if isinstance(part, Tiles) for tile in part.tiles]
    assert shown
    with connect(demo.database, read_only=True) as con:
        for tile in shown:
            reasons = ["reason"] if sum(t.metric == tile.metric for t in shown) > 1 else []
            period = None
            if tile.metric in PERIODS and page.as_of:
                today = local_day(page.as_of, page.zone)
                period = today - timedelta(days=PERIODS[tile.metric]), today
            answer = metric(con, question(tile.metric, reasons, period))
            told = [
                written(row, answer.definition.unit)
                for row in answer.rows
                if not reasons or words(row["reason"]).capitalize() == tile.label
            ]
            assert told == [tile.value], tile.label


def written(row: dict[str, Any], unit: str) -> str:
    if unit.startswith("currency"):
        return money(row["value"], row["currency"])
    return share(row["value"]) if unit in ("share", "ratio") else number(row["value"])


def test_numbers_are_those_of_the_marts(demo: Demo) -> None:
    page = catalogue.read(demo.database, "morning-board", clock.now())
    with connect(demo.database, read_only=True) as con:
        late = con.execute(
            "select count(*) from metrics.open_orders where is_breached and not is_held"
        ).fetchall()[0][0]
        exceptions = con.execute("select count(*) from metrics.delivery_exceptions").fetchall()[0][
            0
        ]

    assert tiles(page)["Past due"] == (str(late), Tone.ALARM)
    assert tiles(page)["Parcels that need a person"] == (str(exceptions), Tone.ALARM)


def test_the_backlog_of_today_is_what_is_open(demo: Demo) -> None:
    page = catalogue.read(demo.database, "morning-board", clock.now())
    chart = next(part for part in page.sections if isinstance(part, Chart))
    last = chart.draw(600).to_dict(validate=False)["data"]["values"][-1]

    assert str(last["open"]) == tiles(page)["Open shipments"][0]


@pytest.mark.parametrize("name", NAMES)
def test_a_fresh_database_is_no_failure(tmp_path: Path, name: str) -> None:
    connect(tmp_path / "shop.duckdb").close()
    page = catalogue.read(tmp_path / "shop.duckdb", name, clock.now())

    assert [notice.text for notice in page.notices] == [
        "Nothing was read from the account yet; `shipsync run` begins it."
    ]
    assert page.alarms == 0
    assert "Nothing was read" in html.report(page)


def test_old_data_is_in_alarm(demo: Demo) -> None:
    later = clock.now() + timedelta(days=40)
    page = catalogue.read(demo.database, "carriers", later)

    assert [notice.tone for notice in page.notices] == [Tone.ALARM]
    assert re.match(r"The data is 3\d days old", page.notices[0].text)


@pytest.fixture
def copy(demo: Demo, tmp_path: Path) -> Path:
    """The demo's database as one that a test may change."""
    return Path(shutil.copyfile(demo.database, tmp_path / "shop.duckdb"))


def test_times_are_in_the_zone_that_the_marts_were_built_for(copy: Path) -> None:
    with connect(copy) as con:
        con.execute(
            "update ledger.last_build set taken_in = json_merge_patch(taken_in, "
            """'{"settings": {"timezone": "Asia/Tokyo"}}')"""
        )

    assert catalogue.read(copy, "runs", clock.now()).zone.key == "Asia/Tokyo"


def test_a_mart_that_is_not_built_is_named(copy: Path) -> None:
    with connect(copy) as con:
        con.execute("drop view metrics.wismo_load")
    page = catalogue.read(copy, "where-is-it", clock.now())

    assert [notice.text for notice in page.notices] == [
        "Not built yet, and so left empty here: wismo. `shipsync build` makes them."
    ]
    assert tiles(page)


@pytest.mark.parametrize(
    ("relation", "name", "labels"),
    [
        ("metrics.delivery_exceptions", "morning-board", ["Parcels that need a person"]),
        ("metrics.stock_unexplained", "stock", ["Unexplained movements"]),
        ("metrics.parcel_delivery", "carriers", ["Parcels judged", "First attempt on time"]),
        ("metrics.delivery_promise", "promise", ["Lanes", "Deliveries behind them"]),
        ("metrics.pipeline_health", "runs", ["Caught late"]),
        ("reverse.outcomes", "write-back", ["Writes", "Outcome not known", "Refused"]),
    ],
)
def test_what_is_not_built_is_unknown_and_not_zero(
    copy: Path, relation: str, name: str, labels: list[str]
) -> None:
    schema, _, table = relation.partition(".")
    with connect(copy) as con:
        kind = con.execute(
            "select table_type from information_schema.tables where table_schema = ? and table_name = ?",
            [schema, table],
        ).fetchall()[0][0]
        con.execute(f"drop {'view' if kind == 'VIEW' else 'table'} {relation} cascade")
    found = tiles(catalogue.read(copy, name, clock.now()))

    assert {label: found[label] for label in labels} == dict.fromkeys(labels, ("–", Tone.NEUTRAL))  # noqa: RUF001


def test_a_quarantine_and_a_failed_run_are_told(copy: Path) -> None:
    with connect(copy) as con:
        con.execute(
            "insert into ledger.quarantine (quarantine_id, stream, reason, first_seen_at, last_seen_at, "
            "times_seen) values ('q', 'labels', 'no id', now(), now(), 1)"
        )
        con.execute(
            "update ledger.runs set outcome = 'failed' where run_id = (select max(run_id) from ledger.runs)"
        )
    page = catalogue.read(copy, "runs", clock.now())

    assert [notice.text.split(" ")[0] for notice in page.notices] == ["The", "1"]
    assert tiles(page)["In quarantine"] == ("1", Tone.WARNING)


def test_what_a_buyer_wrote_is_text(copy: Path) -> None:
    with connect(copy) as con:
        con.execute(
            "create or replace view metrics.wismo_load as select '<script>alert(1)</script>' "
            "as carrier_code, 1 as n, 0 as late, 0 as silent, 0 as attempt_failed, "
            "0 as never_scanned, 0.0 as load_per_100"
        )
    document = html.report(catalogue.read(copy, "where-is-it", clock.now(), asked='"><b>x'))

    assert "<script>alert" not in document
    assert "<b>x" not in document


def test_a_page_that_is_not_there_is_named(demo: Demo) -> None:
    with pytest.raises(UsageError, match="There is no page nothing"):
        catalogue.read(demo.database, "nothing", clock.now())


def test_a_report_ends_in_html_or_pdf(demo: Demo, tmp_path: Path) -> None:
    page = catalogue.read(demo.database, "runs", clock.now())
    with pytest.raises(UsageError, match=r"is neither \.html nor \.pdf"):
        write(page, tmp_path / "runs.docx")


def test_the_site_admits_who_has_the_token(demo: Demo) -> None:
    with (
        served(demo.database) as address,
        httpx.Client(follow_redirects=True, timeout=60) as browser,
    ):
        stranger = httpx.get(f"{address}/runs")
        foreign = httpx.get(f"{address}/?access_token={TOKEN}", headers={"Host": "a.test"})
        wrong = httpx.get(f"{address}/?access_token=%C3%BCnknown")
        shown = browser.get(f"{address}/?access_token={TOKEN}")
        page = browser.get(f"{address}/runs")
        missing = browser.get(f"{address}/nothing")

    assert (stranger.status_code, foreign.status_code, wrong.status_code) == (401, 400, 401)
    assert (shown.status_code, page.status_code, missing.status_code) == (200, 200, 404)
    assert str(shown.url) == f"{address}/"
    assert shown.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert all(kind.title in shown.text for kind in catalogue.PAGES)


@pytest.mark.parametrize(
    "name",
    [
        "carriers",
        *(pytest.param(name, marks=pytest.mark.slow) for name in NAMES if name != "carriers"),
    ],
)
def test_a_page_is_a_notebook_and_a_script(demo: Demo, tmp_path: Path, name: str) -> None:
    file = notebook(name.replace("-", "_"))
    ran = subprocess.run(
        [sys.executable, str(file), "--database", str(demo.database)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith(catalogue.page_kind(name).title + "\n")
    assert list(tmp_path.iterdir()) == []


def test_two_runs_of_one_minute_are_two_bars(demo: Demo) -> None:
    page = catalogue.read(demo.database, "runs", clock.now())
    chart = next(part for part in page.sections if isinstance(part, Chart))
    rows = chart.draw(600).to_dict(validate=False)["data"]["values"]
    with connect(demo.database, read_only=True) as con:
        count = con.execute("select count(*) from ledger.runs where command = 'run'").fetchall()[0][
            0
        ]

    assert count == 2
    assert len({row["run"] for row in rows}) == count


def test_the_start_page_waits_for_no_page_and_has_all_read(demo: Demo) -> None:
    shelf = Shelf(demo.database, clock.now)
    before = shelf.start()
    for name in NAMES:
        shelf.document(name, "")

    assert before.count("Being read") == len(NAMES)
    assert "Being read" not in shelf.start()
    shelf.close()


def test_after_a_run_the_start_page_has_the_pages_read_again(copy: Path) -> None:
    shelf = Shelf(copy, clock.now)
    shelf.prepare()
    assert shelf.wait()
    with connect(copy) as con:
        con.execute("create table later as select 1 as id")
    assert shelf.start().count("Being read") == len(NAMES)
    assert shelf.wait()
    assert "Being read" not in shelf.start()
