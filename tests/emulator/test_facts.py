"""docs/api-facts.md: whatever is said to hold a fact exists, and every option holds one."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

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
    _, mark, held_by = row
    assert re.fullmatch(r"[OCTI?](, (against )?[OCTI?])*", mark)
    names = set(re.findall(r"`(\w+)`", held_by))
    assert names <= OPTIONS | TESTS, names - OPTIONS - TESTS
    assert names or held_by == "open"


def test_every_option_holds_a_fact() -> None:
    assert {name for row in ROWS for name in re.findall(r"`(\w+)`", row[2])} >= OPTIONS
