"""What each metric means, from ``definitions.toml``, which pages, documentation and tools read."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final, Literal

from shipsync.errors import UsageError

PERIODS: Final[Mapping[str, str]] = {
    "day": "metric_day",
    "week": "metric_week",
    "month": "metric_month",
}
"""By what a metric with a time can be told beside its dimensions, and the column of the statement."""
_COUNT: Final = "count(*)"


@dataclass(frozen=True)
class MetricMart:
    """The table that metrics are told of: its grain, the column of its time, what it can be told by."""

    name: str
    grain: str
    dimensions: tuple[str, ...]
    time: str | None = None
    clock: Literal["instant", "day"] | None = None


@dataclass(frozen=True)
class MetricDefinition:
    """One metric: ``formula``, ``n`` and ``total`` are SQL over the rows of ``mart`` that ``where`` keeps.

    ``coverage`` says in words what n / total means; ``page`` names the page that shows it, if one does.
    """

    name: str
    label: str
    mart: str
    grain: str
    formula: str
    n: str
    total: str
    where: str | None
    unit: str
    by_currency: bool
    dimensions: tuple[str, ...]
    time: str | None
    clock: Literal["instant", "day"] | None
    caveat: str
    coverage: str
    page: str | None

    @property
    def told_by(self) -> tuple[str, ...]:
        """Every dimension that may be asked for."""
        return (*self.dimensions, *(PERIODS if self.time else ()))


@cache
def metrics() -> Mapping[str, MetricDefinition]:
    """Every metric by its name, in the order of the file."""
    content = tomllib.loads(
        resources.files("shipsync.metrics").joinpath("definitions.toml").read_text(encoding="utf-8")
    )
    marts = {
        name: MetricMart(name, **{**given, "dimensions": tuple(given["dimensions"])})
        for name, given in content["marts"].items()
    }
    return {
        name: _defined(name, given, marts[given["mart"]])
        for name, given in content["metrics"].items()
    }


def _defined(name: str, given: Mapping[str, Any], mart: MetricMart) -> MetricDefinition:
    n = given.get("n", _COUNT)
    return MetricDefinition(
        name=name,
        label=given["label"],
        mart=mart.name,
        grain=mart.grain,
        formula=given["formula"],
        n=n,
        total=given.get("total", _COUNT),
        where=given.get("where"),
        unit=given["unit"],
        by_currency=given.get("by_currency", given["unit"].startswith("currency")),
        dimensions=mart.dimensions,
        time=mart.time,
        clock=mart.clock,
        caveat=given["caveat"],
        coverage=given["covers"],
        page=given.get("page"),
    )


def metric_definition(name: str) -> MetricDefinition:
    """The metric of that name; raises ``UsageError`` that lists all."""
    found = metrics().get(name)
    if found is None:
        raise UsageError(f"There is no metric {name!r}. The metrics are {listed(metrics())}.")
    return found


def listed(names: Iterable[str]) -> str:
    """Names for a sentence."""
    return ", ".join(names) or "none"
