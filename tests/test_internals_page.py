"""Every file and every function that docs/internals.md names is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

import shipsync

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pipelines" / "shipsync"
PAGE = (ROOT / "docs" / "internals.md").read_text(encoding="utf-8")
STATIONS = sorted(set(re.findall(r"`([\w/]+\.(?:py|sql|toml)(?::[\w.]+)?)`", PAGE)))


@cache
def names(file: Path) -> frozenset[str]:
    """What a module defines: its names, and those of its classes as ``Class.name``."""
    found: set[str] = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
        if isinstance(node, ast.ClassDef):
            inner = (part for part in node.body if isinstance(part, ast.FunctionDef))
            found |= {f"{node.name}.{part.name}" for part in inner}
    return frozenset(found)


def test_the_page_has_six_journeys_of_several_stations() -> None:
    journeys = PAGE.split("\n## ")[1:]

    assert len(journeys) == 6
    assert all(journey.count("\n| `") >= 5 for journey in journeys)


def test_the_package_says_what_each_part_of_it_is() -> None:
    parts = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    described = set(re.findall(r"\w+", str(shipsync.__doc__)))

    assert parts - {"__init__", "__pycache__"} <= described


@pytest.mark.parametrize("station", STATIONS)
def test_a_station_exists(station: str) -> None:
    path, _, name = station.partition(":")
    file = (ROOT / "sql" if path.endswith(".sql") else PACKAGE) / path

    assert file.is_file()
    assert not name or name in names(file)
