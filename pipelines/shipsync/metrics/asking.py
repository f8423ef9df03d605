"""A metric asked for: one SELECT made of its definition, with what was asked for bound to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from shipsync.errors import DatabaseError, UsageError
from shipsync.metrics.definitions import PERIODS, MetricDefinition, listed, metric_definition
from shipsync.queries import is_missing_table
from shipsync.statements import statement

if TYPE_CHECKING:
    import duckdb

Value = str | int | float | bool | date | None
Filters = Mapping[str, Value | Sequence[Value]]
Day = date | str | None

PACKAGE: Final = "shipsync.metrics"
_MOMENTS: Final[Mapping[str | None, str]] = {
    "instant": "timezone(build.account_zone, mart.{time})",
    "day": "mart.{time}::timestamp",
    None: "null::timestamp",
}


@dataclass(frozen=True)
class MetricQuestion:
    """A metric as a SELECT: ``values`` are bound to its parameters, each as a text."""

    definition: MetricDefinition
    sql: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class MetricAnswer:
    """The rows of a metric, each with its dimensions, ``value``, ``n`` and ``coverage``.

    Coverage is None where there is nothing to cover. ``as_of`` is the instant that the marts stand for.
    """

    definition: MetricDefinition
    rows: tuple[dict[str, Any], ...]
    as_of: datetime | None


@dataclass
class _Conditions:
    """Conditions of a WHERE, with the values that are bound to them."""

    texts: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)

    def bound(self, value: str) -> str:
        name = f"value_{len(self.values)}"
        self.values[name] = value
        return f"${name}"


def question(
    name: str,
    dimensions: Sequence[str] = (),
    period: tuple[Day, Day] | None = None,
    filters: Filters | None = None,
) -> MetricQuestion:
    """The question for metric ``name`` by ``dimensions``, in the days from ``period[0]`` to ``period[1]``.

    ``filters`` keep to rows whose dimension has the value, or one of several; None is "not known". Money is
    told by currency whatever is asked. Raises ``UsageError`` that lists what there is for an unknown metric
    or dimension, and for a period of a metric without a time.
    """
    metric = metric_definition(name)
    columns = dict(_columns(metric, dimensions))
    conditions = _Conditions([f"({metric.where})"] if metric.where else [])
    _keep_to_period(conditions, metric, period or (None, None))
    for dimension, wanted in (filters or {}).items():
        _keep_to(conditions, metric, dimension, wanted)
    parts = {
        "moment": _MOMENTS[metric.clock].replace("{time}", metric.time or ""),
        "mart": metric.mart,
        "dimensions": " ".join(f"{column} as {named}," for named, column in columns.items()),
        "formula": metric.formula,
        "n": metric.n,
        "total": metric.total,
        "conditions": " and ".join(conditions.texts) or "true",
        "order": ", ".join(str(place + 1) for place in range(len(columns))) or "1",
    }
    sql = statement(PACKAGE, "metric")
    for part, text in parts.items():
        sql = sql.replace(f"{{{part}}}", text)
    return MetricQuestion(metric, sql, conditions.values)


def metric(con: duckdb.DuckDBPyConnection, asked: MetricQuestion) -> MetricAnswer:
    """The answer of an open database; raises ``DatabaseError`` before the marts are built."""
    import duckdb

    try:
        found = con.execute(asked.sql, dict(asked.values) or None)
        names = [column[0] for column in found.description or ()]
        rows = tuple(dict(zip(names, row, strict=True)) for row in found.fetchall())
        as_of = con.execute(statement(PACKAGE, "as_of")).fetchone()
    except duckdb.CatalogException as error:
        if not is_missing_table(error):
            raise
        raise not_built(asked.definition) from None
    return MetricAnswer(asked.definition, rows, as_of[0] if as_of else None)


def not_built(metric: MetricDefinition) -> DatabaseError:
    """The error where what a metric reads is not there."""
    return DatabaseError(
        f"{metric.mart}, of which {metric.name} is told, is not in this database yet; `shipsync run` makes "
        "it."
    )


def _columns(metric: MetricDefinition, asked: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What the rows are told by: the name and the column of each, the currency of money last."""
    for name in asked:
        if name in metric.dimensions:
            yield name, f"mart.{name}"
        elif metric.time and name in PERIODS:
            yield name, PERIODS[name]
        elif not (metric.by_currency and name == "currency"):
            raise UsageError(
                f"{metric.name} is not told by {name!r}. Its dimensions are {listed(metric.told_by)}."
            )
    if metric.by_currency:
        yield "currency", "mart.currency"


def _keep_to_period(
    conditions: _Conditions, metric: MetricDefinition, period: tuple[Day, Day]
) -> None:
    for bound, sign in zip(period, (">=", "<="), strict=True):
        if bound is None:
            continue
        if metric.time is None:
            raise UsageError(
                f"{metric.name} says how it is now and has no time, so it can't be asked for a period."
            )
        conditions.texts.append(f"metric_day {sign} {conditions.bound(_day(bound))}::date")


def _day(given: date | str) -> str:
    try:
        found = given if isinstance(given, date) else date.fromisoformat(given)
    except ValueError:
        raise UsageError(f"{given!r} is no day; write it as 2026-03-31.") from None
    return f"{found:%Y-%m-%d}"


def _keep_to(
    conditions: _Conditions,
    metric: MetricDefinition,
    dimension: str,
    wanted: Value | Sequence[Value],
) -> None:
    """Values are compared as texts, so that none has to be of the column's type."""
    may_be = (*metric.dimensions, *(["currency"] if metric.by_currency else []))
    if dimension not in may_be:
        raise UsageError(
            f"{metric.name} can't be filtered by {dimension!r}. It can be by {listed(may_be)}."
        )
    several = [wanted] if isinstance(wanted, str) or not isinstance(wanted, Sequence) else wanted
    column = f"mart.{dimension}"
    alternatives = [f"{column} is null"] if None in several else []
    texts = [conditions.bound(_text(value)) for value in several if value is not None]
    if texts:
        alternatives.append(f"{column}::varchar in ({', '.join(texts)})")
    conditions.texts.append(f"({' or '.join(alternatives) or 'false'})")


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
