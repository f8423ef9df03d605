"""The site of docs/ builds without a complaint, every link resolves, and nothing is loaded from elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
MENU = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]
# What a page loads by itself, as opposed to what a reader may follow.
LOADING = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "src"}
LOADING_LINKS = {"stylesheet", "icon", "preload", "modulepreload"}


class Page(HTMLParser):
    """The anchors of a page, where its links lead, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if "id" in values:
            self.anchors.add(values["id"])
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        source = values.get(LOADING.get(tag, ""))
        if source and (tag != "link" or LOADING_LINKS & set(values.get("rel", "").split())):
            self.loaded.append(source)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Page]:
    """Every page of the site, built from a copy, so that none writes into the checkout."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(DOCS, folder / "docs")
    for name in ("zensical.toml", "DECISIONS.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, folder / name)
    built = subprocess.run(
        [str(Path(sys.executable).with_name("zensical")), "build", "--strict", "--clean"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "NO_COLOR": "1"},
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    pages = {
        path: Page(path.read_text(encoding="utf-8"))
        for path in sorted((folder / "site").rglob("*.html"))
        if path.name != "404.html"
    }
    assert len(pages) == len(list(DOCS.rglob("*.md")))
    return pages


def files(menu: list[dict[str, object]]) -> list[str]:
    found: list[str] = []
    for entry in menu:
        for value in entry.values():
            found += files(value) if isinstance(value, list) else [str(value)]
    return found


def test_the_menu_leads_to_every_page() -> None:
    written = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}

    assert sorted(files(MENU)) == sorted(written)


def test_every_link_inside_leads_to_a_page_and_a_heading_of_it(site: dict[Path, Page]) -> None:
    broken = []
    for path, page in site.items():
        for link in page.links:
            if re.match(r"\w+:", link):
                continue
            name, _, anchor = link.partition("#")
            target = (path.parent / name).resolve() if name else path
            if target.is_dir():
                target /= "index.html"
            known = {p.resolve(): found for p, found in site.items()}.get(target)
            if not target.is_file() or (anchor and known and anchor not in known.anchors):
                broken.append(f"{path.name}: {link}")

    assert not broken


def test_no_page_loads_anything_from_elsewhere(site: dict[Path, Page]) -> None:
    loaded = [source for page in site.values() for source in page.loaded]

    assert loaded
    assert not [source for source in loaded if re.match(r"(\w+:)?//", source)]
