"""The page of all metrics follows their definitions, and leads from every page to each of its numbers."""

from __future__ import annotations

import re
from pathlib import Path

from shipsync.metrics.definitions import MetricDefinition, metrics
from shipsync.pages.catalogue import PAGES
from shipsync.pages.metrics_page import page

WRITTEN = Path(__file__).parents[2] / "docs" / "metrics.md"


def test_the_page_is_up_to_date() -> None:
    assert WRITTEN.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_every_metric_has_its_heading_once_and_says_all() -> None:
    sections = re.split(r"^### ", page(), flags=re.MULTILINE)[1:]

    assert len(sections) == len(metrics())
    for section, metric in zip(
        sorted(sections), sorted(metrics().values(), key=_heading), strict=True
    ):
        assert section.startswith(_heading(metric))
        for fact in (metric.formula, metric.unit, metric.caveat, metric.coverage):
            assert fact in section
        assert metric.grain[1:] in section


def _heading(metric: MetricDefinition) -> str:
    return f"{metric.label} {{ #{metric.name} }}"


def test_every_page_has_its_numbers() -> None:
    assert all(f"\n## {kind.title}\n\n### " in page() for kind in PAGES)
