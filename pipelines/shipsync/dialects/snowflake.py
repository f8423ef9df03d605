"""DuckDB's SQL as Snowflake's: what sqlglot writes otherwise than DuckDB means it, one rule each.

No Snowflake was asked: the rules follow what is known of its SQL. Instants may be kept with a zone or not
(``TIMESTAMP_TZ``, ``TIMESTAMP_LTZ``); patterns have no groups that are not captured, and no categories of
Unicode.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from sqlglot import exp

from shipsync.dialects.characters import ranges, spelled_out
from shipsync.dialects.dialect import Dialect
from shipsync.dialects.nodes import (
    DAY,
    TIME,
    call,
    fragment,
    groups_of,
    is_cast_to,
    micros_of,
    replacement_of,
    text_of,
    untranslated,
    utc_day_of,
    zoned_day_of,
)
from shipsync.dialects.shared_rules import (
    apart_in_micros,
    as_doubles,
    epoch_in_micros,
    filtered_by_case,
    joined_by_condition,
    lowered,
    members_by_number,
    quoted,
    with_parts,
    without_hint,
    without_objects,
)

_snowflake = partial(fragment, "snowflake")
# Words that are no name of a column unless they are quoted (Snowflake, "Reserved & limited keywords").
_RESERVED: Final = frozenset(
    {
        *("account", "all", "alter", "and", "any", "as", "between", "by", "case", "cast"),
        *("check", "column", "connect", "connection", "constraint", "create", "cross"),
        *("current", "current_date", "current_time", "current_timestamp", "current_user"),
        *("database", "delete", "distinct", "drop", "else", "exists", "false", "following"),
        *("for", "from", "full", "grant", "group", "gscluster", "having", "ilike", "in"),
        *("increment", "inner", "insert", "intersect", "into", "is", "issue", "join"),
        *("lateral", "left", "like", "localtime", "localtimestamp", "minus", "natural"),
        *("not", "null", "of", "on", "or", "order", "organization", "primary", "qualify"),
        *("regexp", "revoke", "right", "rlike", "row", "rows", "sample", "schema", "select"),
        *("set", "some", "start", "table", "tablesample", "then", "to", "trigger", "true"),
        *("try_cast", "union", "unique", "update", "using", "values", "view", "when"),
        *("whenever", "where", "with"),
    }
)
_NO_CAPTURE: Final = "(?:"


def _micros(instant: exp.Expr) -> exp.Expr:
    return _snowflake("DATE_PART(EPOCH_MICROSECOND, :x)", x=instant)


def _clock(instant: exp.Expr, zone: exp.Expr) -> exp.Expr:
    """The local time of an instant, whatever zone it is kept in."""
    utc = _snowflake("CAST(CONVERT_TIMEZONE('UTC', :x) AS TIMESTAMP_NTZ)", x=instant)
    return call("CONVERT_TIMEZONE", exp.Literal.string("UTC"), zone, utc)


def _date(node: exp.Expr) -> exp.Expr:
    """The day of an instant, in UTC or in a zone; a time is cast as it is."""
    if instant := utc_day_of(node):
        return exp.cast(_clock(instant, exp.Literal.string("UTC")), "date")
    if zoned := zoned_day_of(node):
        return exp.cast(_clock(zoned.this, zoned.args["zone"]), "date")
    return node


def _instant(node: exp.Expr) -> exp.Expr:
    """A local time of a zone as an instant: what is cast to a date was an instant, and is done already."""
    utc = call("CONVERT_TIMEZONE", node.args["zone"], exp.Literal.string("UTC"), node.this)
    return call("TIMESTAMP_TZ_FROM_PARTS", *_parts_of(utc), exp.Literal.string("UTC"))


def _parts_of(time: exp.Expr) -> list[exp.Expr]:
    names = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "NANOSECOND")
    return [_snowflake(f"DATE_PART({name}, :x)", x=time) for name in names]


def _tried(node: exp.Expr) -> exp.Expr:
    """Only what DuckDB takes for a day, or for a day with a time, is tried."""
    if is_cast_to(node, exp.DataType.Type.DATE):
        days = "TRANSLATE(:x, '/ ', '--')"
        padded = " || '-' || ".join(
            f"LPAD(SPLIT_PART({days}, '-', {n}), {width}, '0')"
            for n, width in ((1, 4), (2, 2), (3, 2))
        )
        text, pattern = f"TRY_TO_DATE({padded}, 'YYYY-MM-DD')", DAY
    elif is_cast_to(node, exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPNTZ):
        text, pattern = "TRY_TO_TIMESTAMP_NTZ(:x)", TIME
    else:
        raise untranslated(node)
    return _snowflake(
        f"CASE WHEN REGEXP_LIKE(:x, :p) THEN {text} END", x=node.this, p=exp.Literal.string(pattern)
    )


def _moved(node: exp.Expr) -> exp.Expr:
    """An interval is not multiplied, and whole days are added by the calendar."""
    length = micros_of(node.expression)
    if length is None:
        return node
    signed = exp.Neg(this=exp.paren(length)) if isinstance(node, exp.Sub) else length
    return _snowflake("DATEADD(MICROSECOND, :n, :x)", n=signed, x=node.this)


def _whole(node: exp.Expr) -> exp.Expr:
    """A cast would round."""
    return _snowflake("CAST(TRUNC((:a) / :b) AS BIGINT)", a=node.this, b=node.expression)


def _class(category: str) -> str:
    return "".join(
        rf"\x{{{first:X}}}" + (rf"-\x{{{last:X}}}" if last > first else "")
        for first, last in ranges(category)
    )


def _pattern(text: exp.Expr) -> str:
    return spelled_out(text_of(text), _class).replace(_NO_CAPTURE, "(")


def _matched(node: exp.Expr) -> exp.Expr:
    """Snowflake's REGEXP_LIKE takes the whole text."""
    return call("REGEXP_LIKE", node.this, exp.Literal.string(_pattern(node.expression)))


def _replaced(node: exp.Expr) -> exp.Expr:
    by = exp.Literal.string(replacement_of(node))
    return call("REGEXP_REPLACE", node.this, exp.Literal.string(_pattern(node.expression)), by)


def _extracted(node: exp.Expr) -> exp.Expr:
    """Named groups as an object of texts, which are empty where nothing is found."""
    text = text_of(node.expression)
    pattern = exp.Literal.string(_pattern(node.expression))
    opened = [n for n, letter in enumerate(text) if letter == "("]
    captured = [n for n, at in enumerate(opened, 1) if not text.startswith(_NO_CAPTURE, at)]
    parts: list[exp.Expr] = []
    for name, number in zip(groups_of(node), captured, strict=True):
        group = exp.Literal.number(number)
        found = _snowflake(
            "COALESCE(REGEXP_SUBSTR(:x, :p, 1, 1, 'e', :n), '')", x=node.this, p=pattern, n=group
        )
        parts += [name, found]
    return _snowflake(
        "CASE WHEN NOT :x IS NULL THEN :o END", x=node.this, o=call("OBJECT_CONSTRUCT", *parts)
    )


def _member(groups: str, _place: int, name: str) -> exp.Expr:
    return exp.cast(call("GET", exp.column(groups), exp.Literal.string(name)), "text")


def _json_value(node: exp.Expr) -> exp.Expr:
    """A path has no sign for the root."""
    path = node.expression
    if isinstance(path, exp.JSONPath):
        found: exp.Expr = exp.Literal.string(path.sql("duckdb").strip("'").lstrip("$."))
    else:
        found = path.copy()
        root = next(found.find_all(exp.Literal))
        for one in found.find_all(exp.Literal):
            root = one if one.name.startswith("$") else root
        root.replace(exp.Literal.string(root.name.lstrip("$.")))
    return call("JSON_EXTRACT_PATH_TEXT", call("TO_JSON", node.this), found)


def _json_length(node: exp.Expr) -> exp.Expr:
    if node.name.lower() != "json_array_length":
        return node
    return _snowflake(
        "CASE WHEN NOT :x IS NULL THEN COALESCE(ARRAY_SIZE(:x), 0) END", x=node.expressions[0]
    )


SNOWFLAKE: Final = Dialect(
    name="snowflake",
    writer="snowflake",
    adapters="dbt-snowflake",
    rules=(
        ((exp.Identifier,), partial(quoted, reserved=_RESERVED, upper=True)),
        ((exp.CTE,), without_hint),
        ((exp.Select,), partial(with_parts, member=_member)),
        ((exp.Select,), members_by_number),
        ((exp.Join,), joined_by_condition),
        ((exp.TryCast,), _tried),
        # Instants are not taken from one another.
        ((exp.GT, exp.GTE, exp.LT, exp.LTE), partial(apart_in_micros, micros=_micros)),
        ((exp.Add, exp.Sub), _moved),
        ((exp.Cast,), _date),
        ((exp.Anonymous,), partial(epoch_in_micros, micros=_micros)),
        ((exp.Anonymous,), without_objects),
        ((exp.Anonymous,), _json_length),
        ((exp.AtTimeZone,), _instant),
        ((exp.JSONExtractScalar,), _json_value),
        ((exp.Div,), as_doubles),
        ((exp.IntDiv,), _whole),
        ((exp.Lower,), lowered),
        ((exp.RegexpFullMatch,), _matched),
        ((exp.RegexpReplace,), _replaced),
        ((exp.RegexpExtract,), _extracted),
        ((exp.Filter,), filtered_by_case),
    ),
    left_out={"changes.departures": "makes an object of names that are in a column"},
)
