"""What every dialect shares: how its rules are applied, and the rules that several have.

A rule takes a node of DuckDB's SQL and gives the one for its place, or the same. sqlglot writes what no rule
touches.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, UnsupportedError

from shipsync.errors import ModelError

Rule = Callable[[exp.Expr], exp.Expr]
Rules = tuple[tuple[tuple[type[exp.Expr], ...], Rule], ...]

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
# The functions that were looked at, as sqlglot calls them. array_agg, arg_max, hash and strftime are none:
# those of other engines skip nulls or take them, in an order of their own, and have other patterns.
KNOWN: Final = frozenset(
    {
        *("and", "or", "case", "if", "cast", "trycast", "coalesce", "nullif", "greatest", "least"),
        *("count", "sum", "min", "max", "logicaland", "logicalor"),
        *("percentilecont", "rownumber", "lag"),
        *("ceil", "floor", "pow", "sqrt", "epoch_us", "datediff", "unixtotime"),
        *("array", "arrayfilter", "explode", "generateseries", "map", "transform"),
        *("jsonextractscalar", "json_array_length", "to_json"),
        *("left", "length", "lower", "splitpart", "startswith", "translate", "trim"),
        *("regexpextract", "regexpfullmatch", "regexpreplace"),
    }
)
_KEPT: Final = "is_kept_by_qualify"


@dataclass(frozen=True)
class Dialect:
    """An engine's SQL: sqlglot's name for it, the ``rules`` of ours, and what of DuckDB's is written out.

    ``adapters`` are those of dbt, as they are told to people. ``left_out`` says why a model, by
    ``schema.name``, has no translation. What it lacks of ``has_star_except``, ``has_group_by_all`` and
    ``has_lateral_aliases`` is written out before any rule, by ``columns.write_out``.
    """

    name: str
    writer: str
    adapters: str
    rules: Rules
    has_star_except: bool = True
    has_group_by_all: bool = True
    has_lateral_aliases: bool = True
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def project(self) -> str:
        """The name of the dbt package."""
        return f"shipsync_{self.name}"

    def sql(self, tree: exp.Expr) -> str:
        """``tree``, in which everything is written out that has to be, in this dialect.

        Raises ``ModelError`` for what has no translation.
        """
        tree = tree.copy()
        _refuse_unknown(tree)
        for kinds, rule in self.rules:
            for node in reversed(list(tree.find_all(*kinds))):
                new = rule(node)
                if new is node:
                    continue
                if node is tree:
                    tree = new
                else:
                    node.replace(new)
        try:
            return tree.sql(
                self.writer, pretty=True, comments=False, unsupported_level=ErrorLevel.RAISE
            )
        except UnsupportedError as error:
            raise ModelError(f"No translation: {error}.") from error

    def fragment(self, text: str, **parts: exp.Expr) -> exp.Expr:
        """An expression of this dialect with ``:name`` for each of ``parts``."""
        return fragment(self.writer, text, **parts)


def _refuse_unknown(tree: exp.Expr) -> None:
    """Many a function has a namesake that means something else: what no row has shown equal is refused."""
    for function in tree.find_all(exp.Func):
        named = function.name.lower() if isinstance(function, exp.Anonymous) else function.key
        # A row's null fields would be dropped, and its JSON quoted; a map's are not.
        is_row = named == "to_json" and not isinstance(function.expressions[0], exp.Map)
        if named not in KNOWN or is_row:
            raise untranslated(function, named)


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


def without_capitals(node: exp.Expr) -> exp.Expr:
    """The text of a ``lower``, without capitals of which others make two letters, or that of a word's end."""
    capitals, small = exp.Literal.string("\u0130\u03a3"), exp.Literal.string("i\u03c3")
    return call("TRANSLATE", node.this, capitals, small)


def apart_in_micros(node: exp.Expr, micros: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """A comparison of a difference of instants with an interval, both counted by ``micros``."""
    length, difference = micros_of(node.expression), bare(node.this)
    if length is None or not isinstance(difference, exp.Sub):
        return node
    counted = exp.Sub(this=micros(difference.this), expression=micros(difference.expression))
    return type(node)(this=counted, expression=length)


def members_by_number(node: exp.Expr) -> exp.Expr:
    """Lists that ``unnest`` lays side by side, as a join with numbers: a CASE chooses the member.

    Raises ``ModelError`` for lists that are not written out.
    """
    if not isinstance(node, exp.Select):
        return node
    found = [one for one in node.find_all(exp.Explode) if one.parent_select is node]
    if not found:
        return node
    numbers: list[int] = []
    for explode in found:
        series = explode.this
        if isinstance(series, exp.GenerateSeries):
            first, end = (int(series.args[one].name) for one in ("start", "end"))
            held = list(range(first, end))
            member: exp.Expr = exp.column("n", "items")
        elif isinstance(series, exp.Array):
            held = list(range(len(series.expressions)))
            chosen = exp.Case(this=exp.column("n", "items"))
            for n, one in enumerate(series.expressions):
                chosen = chosen.when(exp.Literal.number(n), one.copy())
            member = chosen
        else:
            raise untranslated(explode)
        if numbers not in ([], held):
            raise untranslated(node)
        numbers = held
        explode.replace(member)
    rows = exp.values([(n,) for n in numbers], alias="items", columns=["n"])
    return node.join(rows, join_type="cross") if node.args.get("from_") else node.from_(rows)


def with_parts(node: exp.Expr, member: Callable[[str, int, str], exp.Expr]) -> exp.Expr:
    """A group of ``regexp_extract`` by its name, wherever it is asked for, as ``member`` writes it.

    ``member`` is told the column of all groups, the group's place from 1 on, and its name.
    """
    for alias in node.find_all(exp.Alias):
        if not isinstance(alias.this, exp.RegexpExtract):
            continue
        names = [name.name for name in groups_of(alias.this)]
        for column in list(node.find_all(exp.Column)):
            if column.table == alias.alias and column.name in names:
                column.replace(member(alias.alias, names.index(column.name) + 1, column.name))
    return node


def quoted(node: exp.Expr, reserved: Collection[str], *, upper: bool = False) -> exp.Expr:
    """A name in quotes where it is a word of the engine's own; ``upper`` where it keeps names in capitals."""
    if node.name.lower() in reserved:
        node.set("quoted", True)
        node.set("this", node.name.upper() if upper else node.name)
    return node


def without_hint(node: exp.Expr) -> exp.Expr:
    """A CTE without a word on whether it is materialized."""
    node.set("materialized", None)
    return node


def as_doubles(node: exp.Expr) -> exp.Expr:
    """DuckDB divides to a double, whatever the types are, and others to a decimal or a whole number."""
    return exp.Div(
        this=exp.cast(node.this.copy(), "double"),
        expression=exp.cast(node.expression.copy(), "double"),
        typed=True,
        safe=True,
    )


def filtered_by_case(node: exp.Expr) -> exp.Expr:
    """An aggregate of a CASE in the place of one with a FILTER."""
    aggregate: exp.Expr = node.this.copy()
    condition: exp.Expr = node.expression.this.copy()
    place = aggregate.this
    if isinstance(place, exp.Distinct):
        if len(place.expressions) != 1 or condition.find(exp.Select):
            raise untranslated(node)
        (value,) = place.expressions
        place.set("expressions", [exp.Case().when(condition, value.copy())])
        return aggregate
    value = exp.Literal.number(1) if isinstance(place, exp.Star) else place
    aggregate.set("this", exp.Case().when(condition, value.copy()))
    return aggregate


def joined_by_condition(node: exp.Expr) -> exp.Expr:
    """A semi or anti join by USING as one by ON: sqlglot makes EXISTS of the condition alone."""
    using = node.args.get("using")
    if node.args.get("kind") not in ("SEMI", "ANTI") or not using:
        return node
    select = node.parent
    assert isinstance(select, exp.Select)
    left, right = select.args["from_"].this.alias_or_name, node.this.alias_or_name
    pairs = [
        exp.EQ(this=exp.column(c.name, left), expression=exp.column(c.name, right)) for c in using
    ]
    node.set("using", None)
    node.set("on", exp.and_(*pairs))
    return node


def qualified_outside(node: exp.Expr, *, has_star_except: bool) -> exp.Expr:
    """QUALIFY as a condition on a column of its own, which is left out outside."""
    clause = node.args.get("qualify")
    if clause is None or not isinstance(node, exp.Select):
        return node
    kept: list[exp.Expr] = [exp.Star(except_=[exp.column(_KEPT)])]
    if not has_star_except:
        kept = [exp.column(one.alias_or_name) for one in node.expressions]
    inner = node.copy()
    inner.set("qualify", None)
    inner = inner.select(exp.alias_(clause.this.copy(), _KEPT))
    return exp.select(*kept).from_(inner.subquery("qualified")).where(exp.column(_KEPT))
