"""docs/api-facts.md: whatever is said to hold a fact exists, and every option holds one."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from emulator.documented import SHARED
from shipsync.emulator import Options

ROOT = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "api-facts.md").read_text().splitlines()
    if line.startswith("|") and not line.startswith(("|---", "| fact "))
]
OPTIONS = {field.name for field in fields(Options)}
TESTS = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:50])
def test_what_holds_a_fact_exists(row: list[str]) -> None:
    _, mark, held_by, _ = row
    assert re.fullmatch(r"[OCTI?](, (against )?[OCTI?])*", mark)
    names = set(re.findall(r"`(\w+)`", held_by))
    assert names <= OPTIONS | TESTS, names - OPTIONS - TESTS
    assert names or held_by == "open"


def test_every_option_holds_a_fact() -> None:
    assert {name for row in ROWS for name in re.findall(r"`(\w+)`", row[2])} >= OPTIONS


SECTIONS = {
    "Auth and errors": "auth",
    "Rate limit": "rate",
    "Pagination": "pages",
    "Date filters and sorting": "sorting",
    "Fulfillments (since Aug 2025)": "fulfillments",
    "Known troubles": "troubles",
    "Corrects FACTS.md": "corrects",
    "Lists": "lists",
    "Tracking and webhooks": "n-tracking",
    "News since July 2025": "since",
}
"""How the last column calls the sections of the collection, where it is not by their one word."""


def lines_of_the_collection(text: str) -> list[str]:
    """Every line that states a fact, as the last column names it: its section and its number there."""
    found: list[str] = []
    section, number, is_news = "", 0, False
    for line in text.splitlines():
        is_news = is_news or line.startswith("# News")
        if line.startswith("## "):
            title = line.removeprefix("## ")
            word = "open" if title.startswith("The ") else title.lower()
            section = SECTIONS.get(title, f"n-{word}" if is_news and word != "open" else word)
            number = 0
        elif line.startswith(("- ", "| ")) and not line.startswith(("| list |", "| fact |")):
            number += 1
            found.append(f"{section} {number}")
        elif line == "New sources":
            section = ""
    return [line for line in found if not line.startswith(" ")]


def test_every_line_of_the_collection_is_held_or_said_to_be_open() -> None:
    collection = SHARED / "api" / "FACTS.md"
    if not collection.is_file():
        pytest.skip(f"no collection of facts at {collection}: this test proves nothing here")
    named = {line for row in ROWS for line in row[3].split(", ")} - {"none"}
    lines = set(lines_of_the_collection(collection.read_text(encoding="utf-8")))
    assert len(lines) > 100
    assert named - lines == set()
    assert lines - named == set()
