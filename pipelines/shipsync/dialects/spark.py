"""DuckDB's SQL as Spark's: what sqlglot writes otherwise than DuckDB means it, one rule each.

No rule may depend on the zone of the session: instants are counted in microseconds since 1970, and what is
local goes through ``convert_timezone`` of times without a zone.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from sqlglot import exp

from shipsync.dialects.dialect import Dialect
from shipsync.dialects.nodes import (
    DAY,
    TIME,
    bare,
    call,
    day_unit,
    fragment,
    groups_of,
    is_cast_to,
    micros_of,
    replacement_of,
    text_of,
    unix_micros,
    untranslated,
)
from shipsync.dialects.shared_rules import (
    apart_in_micros,
    as_doubles,
    epoch_in_micros,
    filtered_by_case,
    lowered,
    qualified_outside,
    without_hint,
)

_WRITER: Final = "databricks"
_MICROS_PER_DAY: Final = "86400000000"
_spark = partial(fragment, _WRITER)


def _date(node: exp.Expr) -> exp.Expr:
    """The day of an instant, in UTC or in a zone; a time is cast as it is."""
    inner = bare(node.this)
    if not is_cast_to(node, exp.DataType.Type.DATE):
        return node
    if isinstance(inner, exp.UnixToTime):
        micros = inner.this
        days = f"CAST((:m - PMOD(:m, {_MICROS_PER_DAY})) DIV {_MICROS_PER_DAY} AS INT)"
        return call("DATE_FROM_UNIX_DATE", _spark(days, m=micros))
    if isinstance(inner, exp.AtTimeZone):
        utc = _spark(
            "CAST('1970-01-01 00:00:00' AS TIMESTAMP_NTZ) + INTERVAL '0.000001' SECOND * UNIX_MICROS(:x)",
            x=inner.this,
        )
        local = call("CONVERT_TIMEZONE", exp.Literal.string("UTC"), inner.args["zone"], utc)
        return exp.cast(local, "date")
    return node


def _instant(node: exp.Expr) -> exp.Expr:
    """A local time of a zone as an instant: what is cast to a date was an instant, and is done already."""
    return _spark(
        "CAST(CONCAT(CAST(:x AS STRING), ' ', :zone) AS TIMESTAMP)",
        x=node.this,
        zone=node.args["zone"],
    )


def _tried(node: exp.Expr) -> exp.Expr:
    """Spark reads more texts as days than DuckDB does."""
    if is_cast_to(node, exp.DataType.Type.DATE):
        guarded = _spark(
            "CASE WHEN :x RLIKE :p THEN TRANSLATE(:x, '/ ', '--') END",
            x=node.this,
            p=exp.Literal.string(rf"\A{DAY}\z"),
        )
    elif is_cast_to(node, exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPNTZ):
        guarded = _spark(
            "CASE WHEN :x RLIKE :p THEN :x END", x=node.this, p=exp.Literal.string(rf"\A{TIME}\z")
        )
    else:
        return node
    return exp.TryCast(this=guarded, to=node.args["to"].copy(), safe=True)


def _moved(node: exp.Expr) -> exp.Expr:
    """Spark adds whole days of an interval by the calendar of the session's zone."""
    length = micros_of(node.expression)
    if length is None:
        return node
    moved = type(node)(this=unix_micros(node.this), expression=length)
    return call("TIMESTAMP_MICROS", exp.cast(moved, "bigint"))


def _days(node: exp.Expr) -> exp.Expr:
    """DuckDB counts midnights."""
    return call("DATEDIFF", day_unit(node).this, node.expression)


def _pattern(text: exp.Expr, *, whole: bool = False) -> exp.Expr:
    """A pattern for Java, whose ``$`` also stands before a last newline."""
    pattern = re.sub(r"\$$", r"\\z", text_of(text))
    return exp.Literal.string(rf"\A(?:{pattern})\z" if whole else pattern)


def _matched(node: exp.Expr) -> exp.Expr:
    return _spark(":x RLIKE :p", x=node.this, p=_pattern(node.expression, whole=True))


def _replaced(node: exp.Expr) -> exp.Expr:
    """Spark replaces every place; DuckDB the first one, unless "g" says otherwise."""
    by = re.sub(r"\\(\d)", r"$\1", replacement_of(node).replace("$", r"\$"))
    return call("REGEXP_REPLACE", node.this, _pattern(node.expression), exp.Literal.string(by))


def _extracted(node: exp.Expr) -> exp.Expr:
    """Named groups as a struct."""
    parts: list[exp.Expr] = []
    for number, name in enumerate(groups_of(node), 1):
        group = exp.Literal.number(number)
        parts += [name, call("REGEXP_EXTRACT", node.this, _pattern(node.expression), group)]
    return call("NAMED_STRUCT", *parts)


def _filtered(node: exp.Expr) -> exp.Expr:
    """Spark has no filter of a window's aggregate, nor a subquery in one."""
    condition: exp.Expr = node.expression.this
    is_asking = any(one.args.get("query") for one in condition.find_all(exp.In))
    if not isinstance(node.parent, exp.Window) and not is_asking and not condition.find(exp.Select):
        return node
    return filtered_by_case(node)


def _qualified(node: exp.Expr) -> exp.Expr:
    """QUALIFY is new in Spark, and refused beside GROUP BY; a condition in a column of its own is not."""
    return qualified_outside(node, has_star_except=True)


def _quantile(node: exp.Expr) -> exp.Expr:
    return call("PERCENTILE", node.this, node.expression)


def _unnested(node: exp.Expr) -> exp.Expr:
    """Lists side by side are one table, and one inside an expression stands in a FROM of its own."""
    lists = {one: found for one in node.expressions if (found := _explode(one, node))}
    if not lists or not isinstance(node, exp.Select):
        return node
    if len(lists) == 1 and not node.args.get("from_"):
        (inner,) = lists.values()
        rows = exp.select(exp.alias_(inner.copy(), "item")).subquery("items")
        inner.replace(exp.column("item", table="items"))
        return node.from_(rows)
    if not all(one.this is inner for one, inner in lists.items()):
        raise untranslated(node)
    inline = call("INLINE", call("ARRAYS_ZIP", *(inner.this for inner in lists.values())))
    names = [exp.to_identifier(one.alias) for one in lists]
    kept = [one for one in node.expressions if one not in lists]
    node.set("expressions", [*kept, exp.Aliases(this=inline, expressions=names)])
    return node


def _explode(one: exp.Expr, select: exp.Expr) -> exp.Explode | None:
    found = one.find_all(exp.Explode)
    return next((explode for explode in found if explode.parent_select is select), None)


def _json(node: exp.Expr) -> exp.Expr:
    """JSON is text."""
    return (
        exp.cast(node.this.copy(), "string") if is_cast_to(node, exp.DataType.Type.JSON) else node
    )


SPARK: Final = Dialect(
    name="spark",
    writer=_WRITER,
    adapters="dbt-spark or dbt-databricks",
    rules=(
        ((exp.CTE,), without_hint),
        ((exp.Select,), _unnested),
        ((exp.TryCast,), _tried),
        # Spark takes instants from one another by the clock of the session's zone.
        ((exp.GT, exp.GTE, exp.LT, exp.LTE), partial(apart_in_micros, micros=unix_micros)),
        ((exp.Add, exp.Sub), _moved),
        ((exp.Anonymous,), partial(epoch_in_micros, micros=unix_micros)),
        ((exp.Cast,), _date),
        ((exp.AtTimeZone,), _instant),
        ((exp.Cast,), _json),
        ((exp.DateDiff,), _days),
        ((exp.Div,), as_doubles),
        ((exp.Lower,), lowered),
        ((exp.RegexpFullMatch,), _matched),
        ((exp.RegexpReplace,), _replaced),
        ((exp.RegexpExtract,), _extracted),
        ((exp.Filter,), _filtered),
        ((exp.PercentileCont,), _quantile),
        ((exp.Select,), _qualified),
    ),
)
