"""DIFFERENCES.md names every switch, every switch names its mark, and every one has a test."""

from __future__ import annotations

import ast
import itertools
import re
from dataclasses import fields
from pathlib import Path

import pytest

from shipsync import emulator
from shipsync.emulator import FaultKind, Options, options

PACKAGE = Path(str(emulator.__file__)).parent
PAGE = (PACKAGE / "DIFFERENCES.md").read_text()
TESTS = "\n".join(
    path.read_text() for path in Path(__file__).parent.rglob("test_*.py") if path != Path(__file__)
)
SWITCHES = [field.name for field in fields(Options)]


def texts_of_switches() -> dict[str, str]:
    """The text below each field of Options."""
    tree = ast.parse(Path(str(options.__file__)).read_text())
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef)).body
    return {
        field.target.id: text.value.value
        for field, text in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
    }


@pytest.mark.parametrize("name", SWITCHES)
def test_switches_are_explained_and_tested(name: str) -> None:
    assert re.search(r"\[[OCTI?][^\]]*\]", texts_of_switches()[name])
    assert f"`{name}`" in PAGE
    assert f"{name}=" in TESTS


def test_the_page_names_no_switch_that_is_gone() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row.rsplit("|", 2)[1])}
    assert named == set(SWITCHES)


@pytest.mark.parametrize("kind", FaultKind)
def test_every_fault_has_a_test(kind: FaultKind) -> None:
    assert re.search(rf"(K|FaultKind)\.{kind.name}\b", TESTS)
