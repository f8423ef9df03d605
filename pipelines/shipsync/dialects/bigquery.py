"""DuckDB's SQL as BigQuery's: what sqlglot writes otherwise than DuckDB means it, one rule each.

No BigQuery was asked: the rules follow what is known of its SQL.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from sqlglot import exp

from shipsync.dialects.dialect import Dialect
from shipsync.dialects.nodes import (
    DAY,
    TIME,
    bare,
    call,
    fragment,
    groups_of,
    is_cast_to,
    micros_of,
    replacement_of,
    text_of,
    unix_micros,
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
    without_hint,
    without_objects,
)

_bigquery = partial(fragment, "bigquery")
_NO_QUANTILE: Final = "has exact quantiles of groups, of which BigQuery has approximate ones only"
_WITHOUT_SECONDS: Final = r".*[T ][0-9]{1,2}:[0-9]{1,2}"


def _date(node: exp.Expr) -> exp.Expr:
    """The day of an instant, in UTC or in a zone; a time is cast as it is."""
    if instant := utc_day_of(node):
        return call("DATE", instant, exp.Literal.string("UTC"))
    if zoned := zoned_day_of(node):
        return call("DATE", zoned.this, zoned.args["zone"])
    return node


def _instant(node: exp.Expr) -> exp.Expr:
    """A local time of a zone as an instant: what is cast to a date was an instant, and is done already."""
    return call("TIMESTAMP", node.this, node.args["zone"])


def _whole_match(pattern: str) -> exp.Literal:
    return exp.Literal.string(rf"\A(?:{pattern})\z")


def _tried(node: exp.Expr) -> exp.Expr:
    """Only what DuckDB takes for a day, or for a day with a time, is tried; a time needs its seconds."""
    if is_cast_to(node, exp.DataType.Type.DATE):
        return _bigquery(
            "CASE WHEN REGEXP_CONTAINS(:x, :p) THEN SAFE_CAST(TRANSLATE(:x, '/ ', '--') AS DATE) END",
            x=node.this,
            p=_whole_match(DAY),
        )
    if not is_cast_to(node, exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPNTZ):
        raise untranslated(node)
    return _bigquery(
        "CASE WHEN NOT REGEXP_CONTAINS(:x, :p) THEN NULL WHEN REGEXP_CONTAINS(:x, :short) "
        "THEN SAFE_CAST(CONCAT(:x, ':00') AS DATETIME) ELSE SAFE_CAST(:x AS DATETIME) END",
        x=node.this,
        p=_whole_match(TIME),
        short=_whole_match(_WITHOUT_SECONDS),
    )


def _moved(node: exp.Expr) -> exp.Expr:
    """An interval is not multiplied."""
    length = micros_of(node.expression)
    if length is None:
        return node
    return call("TIMESTAMP_MICROS", type(node)(this=unix_micros(node.this), expression=length))


def _decimal(node: exp.Expr) -> exp.Expr:
    """BigQuery has no scale in a cast as sqlglot writes it, so it is rounded to."""
    if not is_cast_to(node, exp.DataType.Type.DECIMAL):
        return node
    scale = node.args["to"].expressions[1].this
    plain = exp.Cast(this=node.this.copy(), to=exp.DataType.build("numeric", dialect="bigquery"))
    return call("ROUND", plain, scale)


def _bound(node: exp.Expr) -> exp.Expr:
    """The greatest or least of what is not null: BigQuery's own give null where one is null."""
    values = [node.this, *node.expressions]
    number = next((one for one in values if isinstance(one, exp.Literal)), None)
    filled: list[exp.Expr] = []
    for value in values:
        others = [number] if number else [one for one in values if one is not value]
        is_held = value is number
        filled.append(value.copy() if is_held else call("COALESCE", value, *others))
    return call("GREATEST" if isinstance(node, exp.Greatest) else "LEAST", *filled)


def _quantile(node: exp.Expr) -> exp.Expr:
    raise untranslated(node, "an exact quantile beside GROUP BY")


def _in_order(node: exp.Expr) -> exp.Expr:
    """The order of an aggregate over a window has no NULLS LAST."""
    order = node.args.get("order")
    if order is None or not isinstance(node.this, exp.AggFunc):
        return node
    keys: list[exp.Expr] = []
    for key in order.expressions:
        is_null = exp.Is(this=key.this.copy(), expression=exp.Null())
        plain = exp.Ordered(
            this=key.this.copy(), desc=key.args.get("desc"), nulls_first=not key.args.get("desc")
        )
        keys += [exp.Ordered(this=is_null, nulls_first=True), plain]
    order.set("expressions", keys)
    return node


def _pattern(text: exp.Expr) -> exp.Literal:
    return exp.Literal.string(text_of(text))


def _matched(node: exp.Expr) -> exp.Expr:
    return call("REGEXP_CONTAINS", node.this, _whole_match(text_of(node.expression)))


def _replaced(node: exp.Expr) -> exp.Expr:
    by = exp.Literal.string(replacement_of(node))
    return call("REGEXP_REPLACE", node.this, _pattern(node.expression), by)


def _extracted(node: exp.Expr) -> exp.Expr:
    """Named groups as a struct: an extract takes one group, so each is what the whole text is replaced by."""
    pattern = _pattern(node.expression)
    groups = []
    for number, name in enumerate(groups_of(node), 1):
        by = exp.Literal.string(rf"\{number}")
        one = _bigquery(
            "IF(REGEXP_CONTAINS(:x, :p), REGEXP_REPLACE(:x, :p, :by), '')",
            x=node.this,
            p=pattern,
            by=by,
        )
        groups.append(exp.alias_(one, name.name))
    return exp.Struct(expressions=groups)


def _text_part(node: exp.Expr) -> exp.Expr:
    whole = call("SPLIT", node.this, node.args["delimiter"])
    place = exp.Literal.number(int(node.args["part_index"].name) - 1)
    return _bigquery("(:x)[SAFE_OFFSET(:n)]", x=whole, n=place)


def _json_value(node: exp.Expr) -> exp.Expr:
    """A path is written out, so a member of a list is taken before."""
    path = node.expression
    if isinstance(path, exp.JSONPath):
        return call("JSON_VALUE", node.this, exp.Literal.string(path.sql("duckdb").strip("'")))
    found = bare(path)
    if not isinstance(found, exp.DPipe) or not isinstance(found.this, exp.DPipe):
        raise untranslated(node)
    root, place, rest = found.this.this, found.this.expression, found.expression
    if root.name != "$[" or not rest.name.startswith("]"):
        raise untranslated(node)
    inner = exp.Literal.string("$" + rest.name.removeprefix("]"))
    return _bigquery(
        "JSON_VALUE(JSON_QUERY_ARRAY(:x)[SAFE_OFFSET(:n)], :p)", x=node.this, n=place, p=inner
    )


def _json_length(node: exp.Expr) -> exp.Expr:
    if node.name.lower() != "json_array_length":
        return node
    return _bigquery(
        "CASE WHEN NOT :x IS NULL THEN COALESCE(ARRAY_LENGTH(JSON_QUERY_ARRAY(:x)), 0) END",
        x=node.expressions[0],
    )


BIGQUERY: Final = Dialect(
    name="bigquery",
    writer="bigquery",
    adapters="dbt-bigquery",
    has_lateral_aliases=False,
    rules=(
        ((exp.CTE,), without_hint),
        ((exp.Select,), members_by_number),
        ((exp.Join,), joined_by_condition),
        ((exp.TryCast,), _tried),
        ((exp.GT, exp.GTE, exp.LT, exp.LTE), partial(apart_in_micros, micros=unix_micros)),
        ((exp.Add, exp.Sub), _moved),
        ((exp.Anonymous,), partial(epoch_in_micros, micros=unix_micros)),
        ((exp.Anonymous,), without_objects),
        ((exp.Anonymous,), _json_length),
        ((exp.Cast,), _date),
        ((exp.Cast,), _decimal),
        ((exp.AtTimeZone,), _instant),
        ((exp.JSONExtractScalar,), _json_value),
        ((exp.SplitPart,), _text_part),
        ((exp.PercentileCont,), _quantile),
        ((exp.Greatest, exp.Least), _bound),
        ((exp.Window,), _in_order),
        ((exp.Div,), as_doubles),
        ((exp.Lower,), lowered),
        ((exp.RegexpFullMatch,), _matched),
        ((exp.RegexpReplace,), _replaced),
        ((exp.RegexpExtract,), _extracted),
        ((exp.Filter,), filtered_by_case),
    ),
    left_out={
        "changes.departures": "makes an object of names that are in a column",
        "metrics.carrier_performance": _NO_QUANTILE,
        "metrics.delivery_promise": _NO_QUANTILE,
    },
)
