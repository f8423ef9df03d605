"""DuckDB's SQL as Spark's: what sqlglot writes otherwise than DuckDB means it, one rule each.

No rule may depend on the zone of the session: instants are counted in microseconds since 1970, and what is
local goes through ``convert_timezone`` of times without a zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import sqlglot
from sqlglot import exp

from shipsync.errors import ModelError

_MICROSECONDS: Final = {
    "SECOND": 1_000_000,
    "MINUTE": 60_000_000,
    "HOUR": 3_600_000_000,
    "DAY": 86_400_000_000,
}
_MICROS_PER_DAY: Final = "86400000000"
# What DuckDB takes for a day, and for a day with a time; Spark would take "2026" and "2026-11" too.
_DAY: Final = r"\A[0-9]{1,6}[-/ ][0-9]{1,2}[-/ ][0-9]{1,2}\z"
_TIME: Final = (
    r"\A[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([T ][0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}([.][0-9]*)?)?)?\z"
)
# Functions that were compared by value, as sqlglot calls them. array_agg, arg_max, hash and strftime are
# none: Spark's skip nulls or take them, in an order of their own, and have other patterns.
_PROVED: Final = frozenset(
    {
        *("and", "or", "case", "if", "cast", "trycast", "coalesce", "nullif", "greatest", "least"),
        *(
            "count",
            "sum",
            "min",
            "max",
            "logicaland",
            "logicalor",
            "percentilecont",
            "rownumber",
            "lag",
        ),
        *("ceil", "floor", "pow", "sqrt", "epoch_us", "datediff", "unixtotime"),
        *("array", "arrayfilter", "explode", "generateseries", "map", "transform"),
        *("jsonextractscalar", "json_array_length", "to_json"),
        *("left", "length", "lower", "splitpart", "startswith", "translate", "trim"),
        *("regexpextract", "regexpfullmatch", "regexpreplace"),
    }
)
_KEPT: Final = "is_kept_by_qualify"

Rule = Callable[[exp.Expr], exp.Expr]


def spark_sql(tree: exp.Expr) -> str:
    """``tree``, which holds no ``* replace`` and no union by name, in Spark's SQL.

    Raises ``ModelError`` for what has no translation.
    """
    tree = tree.copy()
    _refuse_unproved(tree)
    for kinds, rule in _RULES:
        for node in reversed(list(tree.find_all(*kinds))):
            new = rule(node)
            if new is node:
                continue
            if node is tree:
                tree = new
            else:
                node.replace(new)
    return tree.sql("databricks", pretty=True, comments=False)


def _refuse_unproved(tree: exp.Expr) -> None:
    """Many a function has a namesake that means something else: what no row has shown equal is refused."""
    for function in tree.find_all(exp.Func):
        named = function.name.lower() if isinstance(function, exp.Anonymous) else function.key
        # A row's null fields would be dropped, and its JSON quoted; a map's are not.
        is_row = named == "to_json" and not isinstance(function.expressions[0], exp.Map)
        if named not in _PROVED or is_row:
            raise ModelError(f"No translation for {named}: {function.sql('duckdb')[:80]}.")


def _spark(text: str, **parts: exp.Expr) -> exp.Expr:
    """An expression of Spark's with ``:name`` for each of ``parts``."""
    found: exp.Expr = sqlglot.parse_one(text, dialect="databricks")
    for place in list(found.find_all(exp.Placeholder)):
        place.replace(parts[place.name].copy())
    return found


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=[one.copy() for one in arguments])


def _micros(instant: exp.Expr) -> exp.Expr:
    return _call("UNIX_MICROS", instant)


def _bare(node: exp.Expr | None) -> exp.Expr:
    while isinstance(node, exp.Paren):
        node = node.this
    assert node is not None
    return node


def _is(node: exp.Expr, *kinds: object) -> bool:
    return node.args["to"].this in kinds


def _date(node: exp.Expr) -> exp.Expr:
    """The day of an instant, in UTC or in a zone; a time is cast as it is."""
    inner = _bare(node.this)
    if not _is(node, exp.DataType.Type.DATE):
        return node
    if isinstance(inner, exp.UnixToTime):
        micros = inner.this
        days = f"CAST((:m - PMOD(:m, {_MICROS_PER_DAY})) DIV {_MICROS_PER_DAY} AS INT)"
        return _call("DATE_FROM_UNIX_DATE", _spark(days, m=micros))
    if isinstance(inner, exp.AtTimeZone):
        utc = _spark(
            "CAST('1970-01-01 00:00:00' AS TIMESTAMP_NTZ) + INTERVAL '0.000001' SECOND * UNIX_MICROS(:x)",
            x=inner.this,
        )
        local = _call("CONVERT_TIMEZONE", exp.Literal.string("UTC"), inner.args["zone"], utc)
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
    if _is(node, exp.DataType.Type.DATE):
        guarded = _spark(
            "CASE WHEN :x RLIKE :p THEN TRANSLATE(:x, '/ ', '--') END",
            x=node.this,
            p=exp.Literal.string(_DAY),
        )
    elif _is(node, exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPNTZ):
        guarded = _spark(
            "CASE WHEN :x RLIKE :p THEN :x END", x=node.this, p=exp.Literal.string(_TIME)
        )
    else:
        return node
    return exp.TryCast(this=guarded, to=node.args["to"].copy(), safe=True)


def _epoch(node: exp.Expr) -> exp.Expr:
    return _micros(node.expressions[0]) if node.name.lower() == "epoch_us" else node


def _length(interval: exp.Expr) -> exp.Expr | None:
    """An interval, or one times a number, in microseconds; None for anything else."""
    bare = _bare(interval)
    if isinstance(bare, exp.Interval):
        unit = bare.args["unit"].name.upper().rstrip("S")
        return exp.Literal.number(int(bare.this.name) * _MICROSECONDS[unit])
    if isinstance(bare, exp.Mul):
        length = _length(bare.this)
        if length is not None:
            return exp.Mul(this=length, expression=bare.expression.copy())
    return None


def _moved(node: exp.Expr) -> exp.Expr:
    """Spark adds whole days of an interval by the calendar of the session's zone."""
    length = _length(node.expression)
    if length is None:
        return node
    moved = type(node)(this=_micros(node.this), expression=length)
    return _call("TIMESTAMP_MICROS", exp.cast(moved, "bigint"))


def _apart(node: exp.Expr) -> exp.Expr:
    """Spark takes instants from one another by the clock of the session's zone."""
    length, difference = _length(node.expression), _bare(node.this)
    if length is None or not isinstance(difference, exp.Sub):
        return node
    micros = exp.Sub(this=_micros(difference.this), expression=_micros(difference.expression))
    return type(node)(this=micros, expression=length)


def _days(node: exp.Expr) -> exp.Expr:
    """DuckDB counts midnights."""
    if node.args["unit"].name.upper() != "DAY":
        raise ModelError(f"No translation for {node.sql('duckdb')}.")
    return _call("DATEDIFF", node.this, node.expression)


def _quotient(node: exp.Expr) -> exp.Expr:
    """DuckDB divides to a double, whatever the types are."""
    return exp.Div(
        this=exp.cast(node.this.copy(), "double"),
        expression=exp.cast(node.expression.copy(), "double"),
        typed=True,
        safe=True,
    )


def _pattern(text: exp.Expr, *, whole: bool = False) -> exp.Expr:
    """A pattern for Java, whose ``$`` also stands before a last newline."""
    if not isinstance(text, exp.Literal):
        raise ModelError(f"No translation for the pattern {text.sql('duckdb')}.")
    pattern = re.sub(r"\$$", r"\\z", text.name)
    return exp.Literal.string(rf"\A(?:{pattern})\z" if whole else pattern)


def _lower(node: exp.Expr) -> exp.Expr:
    """Java makes two characters of a capital i with a dot, and of a capital sigma that of a word's end."""
    capitals, small = exp.Literal.string("\u0130\u03a3"), exp.Literal.string("i\u03c3")
    return _call("LOWER", _call("TRANSLATE", node.this, capitals, small))


def _matched(node: exp.Expr) -> exp.Expr:
    return _spark(":x RLIKE :p", x=node.this, p=_pattern(node.expression, whole=True))


def _replaced(node: exp.Expr) -> exp.Expr:
    """Spark replaces every place; DuckDB the first one, unless "g" says otherwise."""
    modifiers = node.args.get("modifiers")
    text = node.expression
    if modifiers is None and not text.name.startswith("^"):
        raise ModelError(f"No translation for {node.sql('duckdb')}: only the first is replaced.")
    by = re.sub(r"\\(\d)", r"$\1", node.args["replacement"].name.replace("$", r"\$"))
    return _call("REGEXP_REPLACE", node.this, _pattern(text), exp.Literal.string(by))


def _extracted(node: exp.Expr) -> exp.Expr:
    """Named groups as a struct."""
    names = node.args.get("group")
    if not isinstance(names, exp.Array):
        raise ModelError(f"No translation for {node.sql('duckdb')}.")
    parts: list[exp.Expr] = []
    for number, name in enumerate(names.expressions, 1):
        group = exp.Literal.number(number)
        parts += [name, _call("REGEXP_EXTRACT", node.this, _pattern(node.expression), group)]
    return _call("NAMED_STRUCT", *parts)


def _filtered(node: exp.Expr) -> exp.Expr:
    """Spark has no filter of a window's aggregate, nor a subquery in one."""
    condition: exp.Expr = node.expression.this
    is_asking = any(one.args.get("query") for one in condition.find_all(exp.In))
    if not isinstance(node.parent, exp.Window) and not is_asking and not condition.find(exp.Select):
        return node
    aggregate: exp.Expr = node.this.copy()
    if isinstance(aggregate.this, exp.Distinct):
        raise ModelError(f"No translation for {node.sql('duckdb')}.")
    value = exp.Literal.number(1) if isinstance(aggregate.this, exp.Star) else aggregate.this
    aggregate.set("this", exp.Case().when(condition.copy(), value.copy()))
    return aggregate


def _qualified(node: exp.Expr) -> exp.Expr:
    """QUALIFY is new in Spark, and refused beside GROUP BY; a condition in a column of its own is not."""
    clause = node.args.get("qualify")
    if clause is None or not isinstance(node, exp.Select):
        return node
    inner = node.copy()
    inner.set("qualify", None)
    inner = inner.select(exp.alias_(clause.this.copy(), _KEPT))
    star = exp.Star(except_=[exp.column(_KEPT)])
    return exp.select(star).from_(inner.subquery("qualified")).where(exp.column(_KEPT))


def _quantile(node: exp.Expr) -> exp.Expr:
    return _call("PERCENTILE", node.this, node.expression)


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
        raise ModelError(f"No translation for {node.sql('duckdb')}.")
    inline = _call("INLINE", _call("ARRAYS_ZIP", *(inner.this for inner in lists.values())))
    names = [exp.to_identifier(one.alias) for one in lists]
    kept = [one for one in node.expressions if one not in lists]
    node.set("expressions", [*kept, exp.Aliases(this=inline, expressions=names)])
    return node


def _explode(one: exp.Expr, select: exp.Expr) -> exp.Explode | None:
    found = one.find_all(exp.Explode)
    return next((explode for explode in found if explode.parent_select is select), None)


def _json(node: exp.Expr) -> exp.Expr:
    """JSON is text."""
    return exp.cast(node.this.copy(), "string") if _is(node, exp.DataType.Type.JSON) else node


def _materialized(node: exp.Expr) -> exp.Expr:
    node.set("materialized", None)
    return node


_RULES: Final[tuple[tuple[tuple[type[exp.Expr], ...], Rule], ...]] = (
    ((exp.CTE,), _materialized),
    ((exp.Select,), _unnested),
    ((exp.TryCast,), _tried),
    ((exp.GT, exp.GTE, exp.LT, exp.LTE), _apart),
    ((exp.Add, exp.Sub), _moved),
    ((exp.Anonymous,), _epoch),
    ((exp.Cast,), _date),
    ((exp.AtTimeZone,), _instant),
    ((exp.Cast,), _json),
    ((exp.DateDiff,), _days),
    ((exp.Div,), _quotient),
    ((exp.Lower,), _lower),
    ((exp.RegexpFullMatch,), _matched),
    ((exp.RegexpReplace,), _replaced),
    ((exp.RegexpExtract,), _extracted),
    ((exp.Filter,), _filtered),
    ((exp.PercentileCont,), _quantile),
    ((exp.Select,), _qualified),
)
