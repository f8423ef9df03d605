"""An export that would leave a table with nothing in it is a mistake until somebody says otherwise."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

import duckdb

from shipsync import queries
from shipsync.errors import UsageError
from shipsync.export.relation import STATEMENTS, Relation
from shipsync.export.target import ExportTarget
from shipsync.sources.streams import STREAMS

_MOST_NAMED: Final = 5
_READ_BY: Final = {"changes": ("shipments", "fulfillments"), "tracking": ("shipments", "labels")}
_STREAM_OF: Final = {
    table.name: stream.name for stream in STREAMS.values() for table in stream.tables
}


def refuse_emptiness(
    con: duckdb.DuckDBPyConnection, relations: Sequence[Relation], target: ExportTarget
) -> None:
    """Raise ``UsageError`` when an export of ``relations`` would empty what the target holds.

    So it would where a table is empty here and not there, where all are empty here, and where the account's
    list behind one was never read to its end.
    """
    never_read = _never_read(con)
    unread = [r.full_name for r in relations if never_read.intersection(_streams_of(r))]
    if unread:
        raise UsageError(
            f"Nothing was exported: {_listed(unread)} stand for lists of the account that were never read to "
            "their end. Run `shipsync run` until they are, name other tables with --table, or give "
            "--allow-empty."
        )
    empty = [relation for relation in relations if _is_empty(con, relation)]
    if relations and len(empty) == len(relations):
        raise UsageError(
            "Nothing was exported: no table that was chosen has a row. Run `shipsync run` first, or give "
            "--allow-empty if they are to be empty at the target."
        )
    held = target.rows_held(con, empty)
    if held:
        raise UsageError(
            f"Nothing was exported: {_listed(held)} would be emptied: there are rows at the target and none "
            "here. Give --allow-empty if that is right."
        )


def _streams_of(relation: Relation) -> Iterator[str]:
    yield from _READ_BY.get(relation.schema, ())
    if relation.schema in ("core", "raw", "staging"):
        name = relation.name.removeprefix("stg_").removesuffix("_history")
        if name in _STREAM_OF:
            yield _STREAM_OF[name]


def _never_read(con: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The streams without a good run; none where the database has no ledger that would tell."""
    if not queries.fetch(con, "stream_runs_tables", package=STATEMENTS).rows[0][0]:
        return frozenset()
    values = {"stream_runs": "ledger.stream_runs"}
    read = queries.fetch(con, "streams_read", values, package=STATEMENTS).rows
    return frozenset(STREAMS) - {stream for (stream,) in read}


def _is_empty(con: duckdb.DuckDBPyConnection, relation: Relation) -> bool:
    return con.table_function("query_table", [relation.quoted]).limit(1).fetchone() is None


def _listed(names: Collection[str]) -> str:
    shown = ", ".join(sorted(names)[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown
