"""The page of all metrics, ``docs/metrics.md``: ``make docs`` writes it from their definitions."""

from __future__ import annotations

import sys
from typing import Final

from shipsync.metrics.definitions import MetricDefinition, metrics
from shipsync.pages.catalogue import PAGES

_HEAD: Final = """\
# Metrics

Every number that the [pages](pages.md) show, under the page that shows it, and some that no page has room
for. In Python it is `account.metric(NAME)` ([Python](python.md#metrics)), for an assistant the tool
`metric`; charts and tables of the pages show columns of the marts, whose formulas are among the
[tables](tables/metrics.md).

A value comes with **n**, how many rows stand behind it, and **coverage**, the share of rows of which it can
be told. A formula is SQL over the rows of its mart: `build.as_of` is the instant that the marts stand for,
`build.today` its day in the account's zone, `build.cohort_age_days` the [setting](settings.md). With a unit
of currency it is told for each currency by itself. Below n = 10 a rate or percentile means little, and the
pages show it greyed.
"""
_OTHERS: Final = "On no page"
_FOOT: Final = """
This page is generated: `make docs` writes it from `shipsync/metrics/definitions.toml`.
"""


def page() -> str:
    """The page, in Markdown: the metrics of each page of the site, then those that none shows."""
    by_page = [
        (kind.title, [one for one in metrics().values() if one.page == kind.name]) for kind in PAGES
    ]
    others = [one for one in metrics().values() if one.page is None]
    sections = "".join(
        f"\n## {title}\n" + "".join(_metric(one) for one in found)
        for title, found in (*by_page, (_OTHERS, others))
    )
    return _HEAD + sections + _FOOT


def _metric(metric: MetricDefinition) -> str:
    schema, _, table = metric.mart.partition(".")
    rows = {
        "Name": f"`{metric.name}`",
        "Unit": metric.unit,
        "Formula": _code(metric.formula),
        "Rows": f"[`{metric.mart}`](tables/{schema}.md#{table}): {_lowered(metric.grain)}"
        + (f"; those for which {_code(metric.where)}" if metric.where else ""),
        "n": _code(metric.n),
        "Coverage": f"n / {_code(metric.total)}. {metric.coverage}",
        "Caveat": metric.caveat,
        "Told by": ", ".join(f"`{name}`" for name in metric.told_by),
        "Period": f"by `{metric.time}`" if metric.time else "none: it says how it is now",
    }
    lines = "".join(f"| {key} | {text} |\n" for key, text in rows.items())
    return f"\n### {metric.label} {{ #{metric.name} }}\n\n| | |\n|---|---|\n{lines}"


def _code(sql: str) -> str:
    return f"`{sql}`"


def _lowered(text: str) -> str:
    return text[0].lower() + text[1:]


if __name__ == "__main__":
    sys.stdout.write(page())
