"""Nodes of sqlglot's trees: telling what one says, and making those of an engine's own SQL."""

from __future__ import annotations

from typing import Final

import sqlglot
from sqlglot import exp

from shipsync.errors import ModelError

MICROSECONDS: Final = {
    "SECOND": 1_000_000,
    "MINUTE": 60_000_000,
    "HOUR": 3_600_000_000,
    "DAY": 86_400_000_000,
}
# What DuckDB takes for a day, and for a day with a time; other engines take "2026" and "2026-11" too.
DAY: Final = r"[0-9]{1,6}[-/ ][0-9]{1,2}[-/ ][0-9]{1,2}"
TIME: Final = (
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([T ][0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}([.][0-9]*)?)?)?"
)


def untranslated(node: exp.Expr, what: str = "") -> ModelError:
    """The error for what has no translation."""
    text = node.sql("duckdb")[:80]
    return ModelError(
        f"No translation for {what}: {text}." if what else f"No translation for {text}."
    )


def fragment(writer: str, text: str, **parts: exp.Expr) -> exp.Expr:
    """An expression of the dialect that sqlglot calls ``writer``, with ``:name`` for each of ``parts``."""
    found: exp.Expr = sqlglot.parse_one(text, dialect=writer)
    for place in list(found.find_all(exp.Placeholder)):
        place.replace(parts[place.name].copy())
    return found


def call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """A function of the dialect by its own name."""
    return exp.Anonymous(this=name, expressions=[one.copy() for one in arguments])


def bare(node: exp.Expr | None) -> exp.Expr:
    """``node`` without parentheses around it."""
    while isinstance(node, exp.Paren):
        node = node.this
    assert node is not None
    return node


def is_cast_to(node: exp.Expr, *kinds: object) -> bool:
    """Whether the cast ``node`` is one to any of ``kinds``."""
    return node.args["to"].this in kinds


def micros_of(interval: exp.Expr) -> exp.Expr | None:
    """An interval, or one times a number, in microseconds; None for anything else."""
    inner = bare(interval)
    if isinstance(inner, exp.Interval):
        unit = inner.args["unit"].name.upper().rstrip("S")
        return exp.Literal.number(int(inner.this.name) * MICROSECONDS[unit])
    if isinstance(inner, exp.Mul):
        length = micros_of(inner.this)
        if length is not None:
            return exp.Mul(this=length, expression=inner.expression.copy())
    return None


def unix_micros(instant: exp.Expr) -> exp.Expr:
    """An instant in microseconds since 1970, where the engine has a function for it by that name."""
    return call("UNIX_MICROS", instant)


def text_of(pattern: exp.Expr) -> str:
    """A pattern that is written out. Raises ``ModelError`` for any other."""
    if not isinstance(pattern, exp.Literal):
        raise ModelError(f"No translation for the pattern {pattern.sql('duckdb')}.")
    return pattern.name


def replacement_of(node: exp.Expr) -> str:
    """What ``regexp_replace`` puts everywhere; raises ``ModelError`` where it puts it once."""
    if node.args.get("modifiers") is None and not text_of(node.expression).startswith("^"):
        raise ModelError(f"No translation for {node.sql('duckdb')}: only the first is replaced.")
    return str(node.args["replacement"].name)


def groups_of(node: exp.Expr) -> list[exp.Expr]:
    """The names that ``regexp_extract`` gives to its groups. Raises ``ModelError`` where it gives none."""
    names = node.args.get("group")
    if not isinstance(names, exp.Array):
        raise untranslated(node)
    return list(names.expressions)


def day_unit(node: exp.Expr) -> exp.Expr:
    """A ``date_diff`` that counts days. Raises ``ModelError`` for any other."""
    if node.args["unit"].name.upper() != "DAY":
        raise untranslated(node)
    return node


def utc_day_of(node: exp.Expr) -> exp.Expr | None:
    """The instant whose day in UTC the cast ``node`` takes, or None for any other cast."""
    inner = bare(node.this)
    if not is_cast_to(node, exp.DataType.Type.DATE) or not isinstance(inner, exp.UnixToTime):
        return None
    instant: exp.Expr = inner.this.expressions[0]
    return instant


def zoned_day_of(node: exp.Expr) -> exp.AtTimeZone | None:
    """The instant in a zone whose day the cast ``node`` takes, or None for any other cast."""
    inner = bare(node.this)
    is_day = is_cast_to(node, exp.DataType.Type.DATE) and isinstance(inner, exp.AtTimeZone)
    return inner if is_day and isinstance(inner, exp.AtTimeZone) else None
