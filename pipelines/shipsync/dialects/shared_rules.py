"""The rules that several engines have: a node of DuckDB's SQL to the one for its place, or the same."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from sqlglot import exp

from shipsync.dialects.nodes import bare, call, groups_of, micros_of, untranslated

_KEPT: Final = "is_kept_by_qualify"


def without_capitals(node: exp.Expr) -> exp.Expr:
    """The text of a ``lower``, without capitals of which others make two letters, or that of a word's end."""
    capitals, small = exp.Literal.string("\u0130\u03a3"), exp.Literal.string("i\u03c3")
    return call("TRANSLATE", node.this, capitals, small)


def lowered(node: exp.Expr) -> exp.Expr:
    """A ``lower`` of a text without those capitals."""
    return call("LOWER", without_capitals(node))


def epoch_in_micros(node: exp.Expr, micros: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """DuckDB's ``epoch_us``, counted by ``micros``."""
    return micros(node.expressions[0]) if node.name.lower() == "epoch_us" else node


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


def without_objects(node: exp.Expr) -> exp.Expr:
    """Raises ``ModelError`` for an object whose names are in a column."""
    if node.name.lower() == "to_json":
        raise untranslated(node, "an object of names that are in a column")
    return node
