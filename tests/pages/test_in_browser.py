"""Every page in a real browser: both schemes, a phone and a desk, the keyboard, axe-core, no other host."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from played_demo import Demo
from shipsync import clock
from shipsync.pages import catalogue
from shipsync.pages.report import write

from .browser import DESK, PHONE, Scheme, chromium, tab
from .served_site import TOKEN, served

pytestmark = pytest.mark.xdist_group("browser")

NAMES = ("", *(kind.name for kind in catalogue.PAGES))
ONCE = [(name, PHONE, "dark") for name in NAMES] + [("morning-board", DESK, "light")]
OTHERS = [
    (name, width, scheme)
    for name in NAMES
    for width in (PHONE, DESK)
    for scheme in ("light", "dark")
    if (name, width, scheme) not in ONCE
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def site(browser: Any, demo: Demo) -> Iterator[str]:
    _ = browser  # where there is none, no site is made
    with served(demo.database) as address:
        yield address


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [*ONCE, *(pytest.param(*case, marks=pytest.mark.slow) for case in OTHERS)],
)
def test_a_page_is_whole(browser: Any, site: str, name: str, width: int, scheme: Scheme) -> None:
    with tab(browser, width, scheme) as opened:
        opened.open(f"{site}/{name}?access_token={TOKEN}")

        assert opened.page.locator("h1").count() == 1
        assert opened.width() <= width
        assert opened.complaints == []
        for picture in opened.page.locator(".picture:visible").all():
            assert picture.locator("svg").count() == 1
        assert opened.findings() == []


def test_axe_would_find_what_is_wrong(browser: Any, site: str) -> None:
    with tab(browser, DESK, "light") as opened:
        opened.open(f"{site}/carriers?access_token={TOKEN}")
        opened.page.evaluate("document.querySelector('input').removeAttribute('aria-label')")
        opened.page.evaluate("document.querySelector('input').removeAttribute('placeholder')")

        assert any(found.startswith("label:") for found in opened.findings())


def test_another_host_would_be_refused_and_noticed(browser: Any, site: str) -> None:
    with tab(browser, DESK, "light") as opened:
        opened.open(f"{site}/runs?access_token={TOKEN}")
        opened.page.evaluate(
            "new Promise(r => {const i = new Image(); i.onerror = r; i.src = 'http://a.test/'})"
        )

        assert any("a.test" in complaint for complaint in opened.complaints)


def test_a_table_is_searched_and_taken_with_the_keyboard(
    browser: Any, site: str, tmp_path: Path
) -> None:
    with tab(browser, DESK, "light") as opened:
        opened.open(f"{site}/stock?access_token={TOKEN}")
        _reach(opened.page, "Search in All SKUs")
        opened.page.keyboard.type("tray")
        rows = opened.page.locator("#cover-table tbody tr:visible")
        skus = rows.locator("td:first-child").all_inner_texts()
        _reach(opened.page, "CSV of All SKUs")
        with opened.page.expect_download() as download:
            opened.page.keyboard.press("Enter")
        download.value.save_as(tmp_path / "rows.csv")

    with (tmp_path / "rows.csv").open(encoding="utf-8-sig", newline="") as file:
        taken = list(csv.reader(file))
    assert skus
    assert all("TRAY" in sku for sku in skus)
    assert [row[0] for row in taken] == ["SKU", *skus]


def _reach(page: Any, label: str) -> None:
    """Tab on until what has the focus is called ``label``."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('aria-label')") == label:
            return
    raise AssertionError(f"the keyboard does not reach {label}")


def test_a_number_leads_to_its_definition_and_its_rows(browser: Any, site: str) -> None:
    with tab(browser, DESK, "light") as opened:
        opened.open(f"{site}/morning-board?access_token={TOKEN}")
        opened.page.get_by_label("definition of Past due").click()
        defined = opened.page.locator("#define-past_due")
        is_open = defined.evaluate("details => details.open")
        opened.page.get_by_label("rows of Past due").click()

        assert is_open
        assert opened.page.url.endswith("#at-risk")
        told = defined.inner_text()
        assert all(
            fact in told for fact in ("Unit", "Formula", "Coverage", "Caveat", "is_breached")
        )


def test_an_order_is_found_by_its_number(browser: Any, site: str) -> None:
    with tab(browser, PHONE, "light") as opened:
        opened.open(f"{site}/where-is-it?access_token={TOKEN}")
        number = opened.page.locator("#exceptions tbody td").first.inner_text()
        opened.page.get_by_label("Order number").fill(number)
        opened.page.keyboard.press("Enter")
        opened.page.locator("#timeline").wait_for()

        assert number in opened.page.locator("#parcels-found").inner_text()
        assert opened.complaints == []
        assert opened.findings() == []


def test_a_time_tells_utc(browser: Any, site: str) -> None:
    with tab(browser, PHONE, "light") as opened:
        opened.open(f"{site}/runs?access_token={TOKEN}")
        titles = opened.page.locator("#runs time").evaluate_all("all => all.map(one => one.title)")

    assert titles
    assert all(title.endswith(" UTC") for title in titles)


def test_a_report_is_read_without_a_network(browser: Any, demo: Demo, tmp_path: Path) -> None:
    page = catalogue.read(demo.database, "shipping-margin", clock.now())
    write(page, tmp_path / "margin.html")
    with tab(browser, PHONE, "dark", offline=True) as opened:
        opened.open((tmp_path / "margin.html").as_uri())

        assert opened.page.locator("h1").inner_text() == "Shipping margin"
        assert opened.page.locator(".picture:visible svg").count() == 3
        assert opened.complaints == []
        assert opened.findings() == []


@pytest.mark.slow
def test_a_pdf_is_printed(browser: Any, demo: Demo, tmp_path: Path) -> None:
    _ = browser
    write(catalogue.read(demo.database, "runs", clock.now()), tmp_path / "runs.pdf")

    assert (tmp_path / "runs.pdf").read_bytes().startswith(b"%PDF-")
