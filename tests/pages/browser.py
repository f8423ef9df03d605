"""Debian's Chromium, driven by Playwright, and what of a page it finds fault with."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest

PHONE, DESK = 390, 1280
SERIOUS = ("serious", "critical")
Scheme = Literal["light", "dark"]


def program() -> str:
    """Where Chromium is; the test is skipped, and says so, where it is not."""
    for name in ("chromium", "chromium-browser"):
        if found := shutil.which(name):
            return found
    pytest.skip(
        "NOT RUN: no Chromium here, so no page was shown to a browser. Install it (Debian, Ubuntu: "
        "apt install chromium)."
    )


@dataclass
class Tab:
    """A page in the browser; ``complaints`` are console errors and requests to other hosts."""

    page: Any
    complaints: list[str] = field(default_factory=list)

    def open(self, address: str) -> None:
        """Go there, and wait until everything is loaded."""
        answer = self.page.goto(address, wait_until="load")
        assert answer is None or answer.status in (200, 503)

    def findings(self) -> list[str]:
        """What axe-core finds of serious or critical faults: rule and element."""
        script = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text()
        # Not as a script of the page, which its policy would refuse.
        self.page.evaluate(script)
        found = self.page.evaluate("axe.run().then(found => found.violations)")
        return [
            f"{rule['id']}: {node['html'][:160]}"
            for rule in found
            if rule["impact"] in SERIOUS
            for node in rule["nodes"]
        ]

    def width(self) -> int:
        """How wide the document is; wider than the window, it must be scrolled sideways."""
        return int(self.page.evaluate("document.documentElement.scrollWidth"))


@contextmanager
def tab(browser: Any, width: int, scheme: Scheme, *, offline: bool = False) -> Iterator[Tab]:
    """A tab of its own, of that width and in that scheme."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=offline
    )
    try:
        opened = Tab(context.new_page())
        opened.page.on("console", lambda said: _note(opened, said))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.on("request", lambda request: _host(opened, request.url))
        yield opened
    finally:
        context.close()


def _note(opened: Tab, said: Any) -> None:
    if said.type in ("error", "warning"):
        opened.complaints.append(said.text)


def _host(opened: Tab, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
        opened.complaints.append(f"a request to {parts.hostname}")


@contextmanager
def chromium() -> Iterator[Any]:
    """The browser, headless."""
    api = pytest.importorskip("playwright.sync_api", reason="NOT RUN: no playwright here")
    path = program()
    with api.sync_playwright() as driver:
        # A container gives root no sandbox of its own.
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
