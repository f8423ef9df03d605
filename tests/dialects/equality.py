"""Compares models that another engine built with those of DuckDB: every column, by value."""

from __future__ import annotations

import duckdb


def as_text(name: str, kind: str, is_json: bool) -> str:
    """A column as text that is equal for equal values: the two engines have other types for some."""
    quoted = f'"{name}"'
    if is_json:
        return f"to_json({quoted})::varchar" if kind.endswith("[]") else f"json({quoted})::varchar"
    if kind in ("DOUBLE", "FLOAT"):
        # The last digits of a quantile and of a sum depend on the order of additions.
        return f"printf('%.12g', {quoted})"
    if kind.startswith("DECIMAL") or kind in ("BIGINT", "HUGEINT", "INTEGER"):
        return f"{quoted}::decimal(38, 6)::varchar"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"epoch_us({quoted})::varchar"
    return f"{quoted}::varchar"


def differences(con: duckdb.DuckDBPyConnection, name: str, relation: str) -> list[str]:
    """What of the model ``name`` differs from ``relation``: its columns, or those whose values do."""
    relations = (name, relation)
    here, there = (con.execute(f"describe from {one}").fetchall() for one in relations)
    columns = [row[0] for row in here]
    if columns != [row[0] for row in there]:
        return [f"{name}: columns {[row[0] for row in there]}"]
    json = [row[0] for row in here if row[1] == "JSON" or row[1].endswith("[]")]
    for view, of, rows in zip(("here", "there"), relations, (here, there), strict=True):
        texts = ", ".join(
            f'{as_text(row[0], row[1], row[0] in json)} as "{row[0]}"' for row in rows
        )
        query = f"select {texts} from {of}"  # noqa: S608
        con.execute(f"create or replace temporary table {view} as {query}")
    rows = con.execute(
        "select count(*) from ((from here except all from there) union all (from there except all from here))"
    ).fetchall()[0][0]
    if not rows:
        return []
    query = 'select count(*) from (select "{0}" from here except all select "{0}" from there)'
    wrong = [one for one in columns if con.execute(query.format(one)).fetchone() != (0,)]
    return [f"{name}: {rows} rows, in {wrong}"]
