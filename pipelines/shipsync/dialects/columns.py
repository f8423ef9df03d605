"""Columns written out where DuckDB's SQL leaves them to be known.

These are ``* replace``, ``union all by name``, and stars of published tables, which have a column more there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    import duckdb


def write_out(
    tree: exp.Expr, con: duckdb.DuckDBPyConnection, published: Collection[str] = ()
) -> exp.Expr:
    """``tree`` without ``* replace``, ``union all by name``, and stars of ``published`` tables.

    ``con`` has the tables that it reads, which are named as ``schema.name``.
    """
    for union in reversed(list(tree.find_all(exp.Union))):
        if union.args.get("by_name") and not _is_by_name(union.parent):
            _write_out_union(union, con)
    for select in reversed(list(tree.find_all(exp.Select))):
        is_published = bool(_read_by(select) & set(published))
        if any(_replaced(one) or (is_published and one.is_star) for one in select.expressions):
            _write_out_stars(select, con, is_published)
    return tree


def _is_by_name(node: exp.Expr | None) -> bool:
    return isinstance(node, exp.Union) and bool(node.args.get("by_name"))


def _replaced(star: exp.Expr) -> Sequence[exp.Expr]:
    inner = star.this if isinstance(star, exp.Column) else star
    return (inner.args.get("replace") or ()) if isinstance(inner, exp.Star) else ()


def _read_by(select: exp.Select) -> set[str]:
    """The tables that ``select`` reads itself."""
    parts = [select.args.get("from_"), *(select.args.get("joins") or ())]
    tables = [part.this for part in parts if part and isinstance(part.this, exp.Table)]
    return {f"{table.db}.{table.name}" for table in tables}


def _write_out_stars(
    select: exp.Select, con: duckdb.DuckDBPyConnection, is_published: bool
) -> None:
    written: list[exp.Expr] = []
    for one in select.expressions:
        replaced = {alias.alias: alias for alias in _replaced(one)}
        if not replaced and not (is_published and one.is_star and not isinstance(one, exp.Count)):
            written.append(one)
            continue
        table = one.table if isinstance(one, exp.Column) else ""
        star = exp.Column(this=exp.Star(), table=exp.to_identifier(table)) if table else exp.Star()
        question = exp.Select(expressions=[star])
        for part in ("from_", "joins"):
            question.set(part, _copied(select.args.get(part)))
        inner = one.this if isinstance(one, exp.Column) else one
        left_out = {name.name for name in inner.args.get("except_") or ()}
        for name in _names(question, select, con):
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
