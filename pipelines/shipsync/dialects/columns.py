"""Columns written out where DuckDB's SQL leaves them to be known.

These are ``* replace``, ``union all by name``, and stars of published tables, which have a column more there.
Where the dialect has none, so are ``* exclude``, ``group by all``, and names that a select gives and uses.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    import duckdb

    from shipsync.dialects.dialect import Dialect


def write_out(
    tree: exp.Expr,
    con: duckdb.DuckDBPyConnection,
    published: Collection[str] = (),
    dialect: Dialect | None = None,
) -> exp.Expr:
    """``tree`` without ``* replace``, ``union all by name``, stars of ``published``, what ``dialect`` lacks.

    ``con`` has the tables that it reads, which are named as ``schema.name``.
    """
    if dialect and not dialect.has_lateral_aliases:
        for select in tree.find_all(exp.Select):
            _write_out_aliases(select, con)
    for union in reversed(list(tree.find_all(exp.Union))):
        if union.args.get("by_name") and not _is_by_name(union.parent):
            _write_out_union(union, con)
    for select in reversed(list(tree.find_all(exp.Select))):
        every = bool(_read_by(select) & set(published))
        if dialect and not dialect.has_star_except:
            every = every or bool(select.args.get("qualify")) or _leaves_out(select)
        if any(_replaced(one) or (every and one.is_star) for one in select.expressions):
            _write_out_stars(select, con, every)
        group = select.args.get("group")
        if dialect and not dialect.has_group_by_all and group and group.args.get("all"):
            _write_out_group(select)
    return tree


def _write_out_group(select: exp.Select) -> None:
    places = [n for n, one in enumerate(select.expressions, 1) if not one.find(exp.AggFunc)]
    select.set("group", exp.Group(expressions=[exp.Literal.number(n) for n in places]))


def _write_out_aliases(select: exp.Select, con: duckdb.DuckDBPyConnection) -> None:
    """A name that is given in the select itself, for what it stands for, unless a column has it."""
    given: dict[str, exp.Expr] = {}
    held: set[str] | None = None
    for part in [*select.expressions, select.args.get("where"), select.args.get("qualify")]:
        for column in list(part.find_all(exp.Column)) if part else ():
            if column.table or column.name not in given or column.parent_select is not select:
                continue
            if held is None:
                held = set(_names(_stars(select), select, con))
            if column.name not in held:
                column.replace(exp.paren(given[column.name].copy()))
        if isinstance(part, exp.Alias):
            given[part.alias] = part.this


def _stars(select: exp.Select, star: exp.Expr | None = None) -> exp.Select:
    question = exp.Select(expressions=[star or exp.Star()])
    for part in ("from_", "joins"):
        question.set(part, _copied(select.args.get(part)))
    return question


def _leaves_out(select: exp.Select) -> bool:
    return any(_inner(one).args.get("except_") for one in select.expressions if one.is_star)


def _inner(star: exp.Expr) -> exp.Expr:
    return star.this if isinstance(star, exp.Column) else star


def _is_by_name(node: exp.Expr | None) -> bool:
    return isinstance(node, exp.Union) and bool(node.args.get("by_name"))


def _replaced(star: exp.Expr) -> Sequence[exp.Expr]:
    inner = _inner(star)
    return (inner.args.get("replace") or ()) if isinstance(inner, exp.Star) else ()


def _read_by(select: exp.Select) -> set[str]:
    """The tables that ``select`` reads itself."""
    parts = [select.args.get("from_"), *(select.args.get("joins") or ())]
    tables = [part.this for part in parts if part and isinstance(part.this, exp.Table)]
    return {f"{table.db}.{table.name}" for table in tables}


def _write_out_stars(select: exp.Select, con: duckdb.DuckDBPyConnection, every: bool) -> None:
    written: list[exp.Expr] = []
    for one in select.expressions:
        replaced = {alias.alias: alias for alias in _replaced(one)}
        if not replaced and not (every and one.is_star and not isinstance(one, exp.Count)):
            written.append(one)
            continue
        table = one.table if isinstance(one, exp.Column) else ""
        star = exp.Column(this=exp.Star(), table=exp.to_identifier(table)) if table else exp.Star()
        left_out = {name.name for name in _inner(one).args.get("except_") or ()}
        for name in _names(_stars(select, star), select, con):
            if name not in left_out:
                written.append(replaced.get(name) or exp.column(name, table=table or None))
    select.set("expressions", written)


def _write_out_union(union: exp.Union, con: duckdb.DuckDBPyConnection) -> None:
    leaves: list[exp.Expr] = []
    pending: list[exp.Expr] = [union]
    while pending:
        node = pending.pop()
        if _is_by_name(node):
            node.set("by_name", None)
            pending += [node.args["expression"], node.this]
        else:
            leaves.append(node)
    found = [_names(leaf, union, con) for leaf in leaves]
    every = list(dict.fromkeys(name for names in found for name in names))
    for leaf, names in zip(leaves, found, strict=True):
        columns = [
            exp.column(name) if name in names else exp.alias_(exp.Null(), name) for name in every
        ]
        rows = exp.Subquery(
            this=leaf.copy(), alias=exp.TableAlias(this=exp.to_identifier("rows_of"))
        )
        leaf.replace(exp.select(*columns).from_(rows))


def _names(question: exp.Expr, place: exp.Expr, con: duckdb.DuckDBPyConnection) -> list[str]:
    """The columns of a query that could stand at ``place``, which sees the CTEs before it."""
    visible: list[exp.Expr] = []
    inside: exp.Expr = place
    node: exp.Expr | None = place
    while node is not None:
        clause = node.args.get("with_")
        if isinstance(clause, exp.With):
            before = [cte for cte in clause.expressions if cte is not inside]
            if inside in clause.expressions:
                before = clause.expressions[: clause.expressions.index(inside)]
            visible = [*(cte.copy() for cte in before), *visible]
        if isinstance(node, exp.CTE):
            inside = node
        node = node.parent
    asked = question.copy()
    asked.set("with_", exp.With(expressions=visible) if visible else None)
    return [row[0] for row in con.execute(f"describe {asked.sql('duckdb')}").fetchall()]


def _copied(part: object) -> object:
    if isinstance(part, list):
        return [one.copy() for one in part]
    return part.copy() if isinstance(part, exp.Expr) else part
