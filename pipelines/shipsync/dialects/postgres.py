"""DuckDB's SQL as Postgres's: what sqlglot writes otherwise than DuckDB means it, one rule each.

Letters are told from signs, and made small, by ICU's root collation: what the database's own does with
letters outside ASCII depends on where it was made.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from sqlglot import exp

from shipsync.dialects.characters import ranges, spelled_out
from shipsync.dialects.dialect import Dialect
from shipsync.dialects.nodes import (
    DAY,
    bare,
    call,
    day_unit,
    fragment,
    groups_of,
    is_cast_to,
    replacement_of,
    text_of,
    untranslated,
    utc_day_of,
)
from shipsync.dialects.shared_rules import (
    as_doubles,
    joined_by_condition,
    qualified_outside,
    quoted,
    with_parts,
    without_capitals,
)

_postgres = partial(fragment, "postgres")
_TIME: Final = (
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
    r"([T ]([01]?[0-9]|2[0-3]):[0-5]?[0-9](:[0-5]?[0-9]([.][0-9]*)?)?)?"
)
_YEAR, _MONTH, _DAY = (f"CAST(SPLIT_PART(:d, '-', {n}) AS INT)" for n in (1, 2, 3))
# A condition is judged before what stands behind its THEN: a day that is none would be an error.
_CHECKED: Final = f"""
CASE WHEN :x ~ :p THEN
    CASE WHEN {_YEAR} > 0 AND {_MONTH} BETWEEN 1 AND 12 THEN
        CASE WHEN {_DAY} BETWEEN 1 AND EXTRACT(
            DAY FROM MAKE_DATE({_YEAR}, {_MONTH}, 1) + INTERVAL '1 MONTH' - INTERVAL '1 DAY'
        ) THEN :value END
    END
END
"""
_CLASSES: Final = {"L": "[:alpha:]", "Nd": "[:digit:]"}


# Words that are no name of a column unless they are quoted (Postgres, appendix C).
_RESERVED: Final = frozenset(
    {
        *("all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric"),
        *("both", "case", "cast", "check", "collate", "column", "constraint", "create"),
        *("current_catalog", "current_date", "current_role", "current_time"),
        *("current_timestamp", "current_user", "default", "deferrable", "desc", "distinct"),
        *("do", "else", "end", "except", "false", "fetch", "for", "foreign", "from", "grant"),
        *("group", "having", "in", "initially", "intersect", "into", "lateral", "leading"),
        *("limit", "localtime", "localtimestamp", "not", "null", "offset", "on", "only"),
        *("or", "order", "placing", "primary", "references", "returning", "select"),
        *("session_user", "some", "symmetric", "table", "then", "to", "trailing", "true"),
        *("union", "unique", "user", "using", "variadic", "when", "where", "window", "with"),
    }
)


def _named(node: exp.Expr) -> exp.Expr:
    """Before Postgres 16 a query in a FROM needs a name."""
    if isinstance(node.parent, (exp.From, exp.Join)) and not node.alias:
        node.set("alias", exp.TableAlias(this=exp.to_identifier("rows_of")))
    return node


def _date(node: exp.Expr) -> exp.Expr:
    """The day of an instant in UTC; one in a zone, and a time, are cast as they are."""
    instant = utc_day_of(node)
    return _postgres("CAST(:x AT TIME ZONE 'UTC' AS DATE)", x=instant) if instant else node


def _tried(node: exp.Expr) -> exp.Expr:
    """A text that is no day is no error."""
    text = node.this
    if is_cast_to(node, exp.DataType.Type.DATE):
        pattern = DAY
        days = call("TRANSLATE", text, exp.Literal.string("/ "), exp.Literal.string("--"))
        value = _postgres(f"MAKE_DATE({_YEAR}, {_MONTH}, {_DAY})", d=days)
    elif is_cast_to(node, exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPNTZ):
        pattern = _TIME
        days = _postgres("SPLIT_PART(TRANSLATE(:x, 'T', ' '), ' ', 1)", x=text)
        value = _postgres("CAST(RTRIM(:x, '.') AS TIMESTAMP)", x=text)
    else:
        raise untranslated(node)
    return _postgres(_CHECKED, x=text, p=exp.Literal.string(f"^{pattern}$"), d=days, value=value)


def _epoch(node: exp.Expr) -> exp.Expr:
    if node.name.lower() != "epoch_us":
        return node
    return _postgres("CAST(EXTRACT(EPOCH FROM :x) * 1000000 AS BIGINT)", x=node.expressions[0])


def _length(node: exp.Expr) -> exp.Expr:
    """Whole days would be added by the calendar of the session's zone."""
    if node.args["unit"].name.upper().rstrip("S") not in ("SECOND", "MINUTE", "HOUR"):
        raise untranslated(node)
    return node


def _days(node: exp.Expr) -> exp.Expr:
    """DuckDB counts midnights."""
    day_unit(node)
    return _postgres("(CAST(:a AS DATE) - CAST(:b AS DATE))", a=node.this, b=node.expression)


def _by_letters(text: str, **parts: exp.Expr) -> exp.Expr:
    """What is done with letters by ICU, in a text of the database's own collation again."""
    return _postgres(f'{text} COLLATE "default"', **parts)


def _lower(node: exp.Expr) -> exp.Expr:
    """ICU makes two characters of a capital i with a dot, and of a capital sigma that of a word's end."""
    return _by_letters('LOWER(:x COLLATE "und-x-icu")', x=without_capitals(node))


def _class(category: str) -> str:
    """The characters of a category of Unicode, for a bracket of a pattern."""
    if category in _CLASSES:
        return _CLASSES[category]
    if category == "N":
        return "".join(_class(one) for one in ("Nd", "Nl", "No"))
    return "".join(
        rf"\U{first:08X}" + (rf"-\U{last:08X}" if last > first else "")
        for first, last in ranges(category)
    )


def _pattern(text: exp.Expr) -> str:
    return spelled_out(text_of(text), _class)


def _matched(node: exp.Expr) -> exp.Expr:
    whole = exp.Literal.string(f"^(?:{_pattern(node.expression)})$")
    return _postgres("(:x ~ :p)", x=node.this, p=whole)


def _replaced(node: exp.Expr) -> exp.Expr:
    by = exp.Literal.string(replacement_of(node))
    return _by_letters(
        "REGEXP_REPLACE(:x COLLATE \"und-x-icu\", :p, :by, 'g')",
        x=node.this,
        p=exp.Literal.string(_pattern(node.expression)),
        by=by,
    )


def _extracted(node: exp.Expr) -> exp.Expr:
    """Named groups as an array in their order; where nothing is found they are empty."""
    names = groups_of(node)
    found = call("REGEXP_MATCH", node.this, exp.Literal.string(_pattern(node.expression)))
    empty = exp.Array(expressions=[exp.Literal.string("") for _ in names])
    return _postgres(
        "CASE WHEN :x IS NOT NULL THEN COALESCE(:f, :e) END", x=node.this, f=found, e=empty
    )


def _member(groups: str, place: int, name: str) -> exp.Expr:
    return exp.Bracket(this=exp.column(groups), expressions=[exp.Literal.number(place)], offset=1)


def _unnested(node: exp.Expr) -> exp.Expr:
    """A row for each whole number of a range; lists side by side are one table, as in DuckDB."""
    series = node.this
    if not isinstance(series, exp.GenerateSeries):
        return node
    last = exp.Sub(this=series.args["end"].copy(), expression=exp.Literal.number(1))
    return call("GENERATE_SERIES", series.args["start"], last)


def _json_value(node: exp.Expr) -> exp.Expr:
    """By a path of SQL's own: sqlglot's has none that is put together."""
    path = node.expression
    text = (
        exp.Literal.string(path.sql("duckdb").strip("'"))
        if isinstance(path, exp.JSONPath)
        else path
    )
    found = "JSONB_PATH_QUERY_FIRST(CAST(:x AS JSONB), CAST(:p AS JSONPATH))"
    return _postgres(f"({found} #>> '{{}}')", x=node.this, p=text)


def _json_length(node: exp.Expr) -> exp.Expr:
    if node.name.lower() != "json_array_length":
        return node
    length = "CASE JSON_TYPEOF(:j) WHEN 'array' THEN JSON_ARRAY_LENGTH(:j) ELSE 0 END"
    value = node.expressions[0]
    return _postgres(
        f"CASE WHEN :x IS NOT NULL THEN {length} END", x=value, j=exp.cast(value.copy(), "json")
    )


def _json_object(node: exp.Expr) -> exp.Expr:
    """Names and texts, or names and nulls, as an object."""
    if node.name.lower() != "to_json":
        return node
    keys, values = (bare(node.expressions[0].args[one]) for one in ("keys", "values"))
    if isinstance(values, exp.Transform) and bare(values.expression.this).find(exp.Null):
        nulls = _postgres("ARRAY_FILL(CAST(NULL AS TEXT), ARRAY[CARDINALITY(:k)])", k=keys)
        return call("JSON_OBJECT", keys, nulls)
    if isinstance(values, exp.ArrayFilter) and isinstance(values.expression.this, exp.Not):
        return call("JSON_OBJECT", keys, call("ARRAY_REMOVE", values.this, exp.Null()))
    raise untranslated(node)


def _qualified(node: exp.Expr) -> exp.Expr:
    return qualified_outside(node, has_star_except=False)


POSTGRES: Final = Dialect(
    name="postgres",
    writer="postgres",
    adapters="dbt-postgres",
    has_star_except=False,
    has_group_by_all=False,
    has_lateral_aliases=False,
    rules=(
        ((exp.Identifier,), partial(quoted, reserved=_RESERVED)),
        ((exp.Subquery,), _named),
        ((exp.Interval,), _length),
        ((exp.Select,), partial(with_parts, member=_member)),
        ((exp.Join,), joined_by_condition),
        ((exp.Explode,), _unnested),
        ((exp.TryCast,), _tried),
        ((exp.Cast,), _date),
        ((exp.Anonymous,), _epoch),
        ((exp.Anonymous,), _json_length),
        ((exp.Anonymous,), _json_object),
        ((exp.JSONExtractScalar,), _json_value),
        ((exp.DateDiff,), _days),
        ((exp.Div,), as_doubles),
        ((exp.Lower,), _lower),
        ((exp.RegexpFullMatch,), _matched),
        ((exp.RegexpReplace,), _replaced),
        ((exp.RegexpExtract,), _extracted),
        ((exp.Select,), _qualified),
    ),
)
