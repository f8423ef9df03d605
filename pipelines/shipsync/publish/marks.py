"""Whether a table changed, told by a few narrow columns of each row instead of all its values.

A row of ``core`` and ``raw`` follows from the load that brought it, the hash of its content and the end of
its validity; one of ``changes`` from its event and from what is joined to that. So a table whose marks are
those that the target recorded has the same rows, as long as nobody rewrites rows in place or makes them by
another SQL. Of these the **stamp** tells: the models' SQL and settings, the raw columns, DuckDB, the policy
for personal data, restores from a backup, and the day, so that everything is compared once a day. Tables
that follow from no load (marts, what depends on the clock, the ledger) have no marks; all rows are read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import duckdb

from shipsync.export.portable import column_named
from shipsync.export.relation import Relation
from shipsync.publish.division import Part
from shipsync.publish.source import HISTORY, STATEMENTS, Source
from shipsync.statements import statement

# Rows of another form of these marks are all compared.
_FORM: Final = 1
_ENDS: Final = ("valid_to", "_dlt_valid_to")
_LOADS: Final = ("load_id", "_dlt_load_id")
_CONTENT: Final = "content_hash"
_EVENT: Final = ("sequence", "event_id")
# Wide, and never another once the event is there.
_SAID_OF_EVENT: Final = frozenset({"before", "after", "changed_fields"})
_GROWING: Final = (*_LOADS, *_ENDS, "sequence")
_OF_LOADS: Final = ("core", "raw")
_ENTITY: Final = "entity_id"
_ENTITIES: Final = ("shipments", "fulfillments")


@dataclass(frozen=True)
class Seen:
    """What was seen of a table when it was published: the ``marks`` of all rows, and of each part, if asked.

    ``reached`` are the greatest values of columns that only grow, as texts, by table and column.
    """

    stamp: str
    marks: Part
    parts: Mapping[str, Part] = field(default_factory=dict)
    reached: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Itself as JSON has it."""
        return {
            "stamp": self.stamp,
            "marks": _written(self.marks),
            "parts": {label: _written(part) for label, part in self.parts.items()},
            "reached": {table: dict(columns) for table, columns in self.reached.items()},
        }

    @staticmethod
    def read(document: Mapping[str, Any] | None) -> Seen | None:
        """What ``document`` made; None of nothing."""
        if document is None:
            return None
        parts = {label: _read(part) for label, part in document["parts"].items()}
        return Seen(document["stamp"], _read(document["marks"]), parts, document["reached"])


@dataclass(frozen=True)
class Marks:
    """The marks of a table's rows: ``columns`` of ``rows``, the first of which is the ``key``."""

    relation: Relation
    key: str
    columns: tuple[str, ...]
    rows: duckdb.DuckDBPyRelation

    @property
    def is_numbered(self) -> bool:
        """Whether rows have numbers among those of their key, which change when one of these goes."""
        return self.relation.name.endswith(HISTORY)

    def hashed(self) -> duckdb.Expression:
        """The sum of the hashes of marks, over rows (``source``) that have these columns."""
        marks = (duckdb.ColumnExpression("source", name) for name in self.columns)
        return duckdb.FunctionExpression("sum", duckdb.FunctionExpression("hash", *marks))

    def part_of(self, rows: duckdb.DuckDBPyRelation) -> Part:
        """The marks of ``rows`` together."""
        count = duckdb.SQLExpression("count(*)")
        rows = rows.set_alias("source")
        found, checksum = rows.aggregate([count, self.hashed()]).fetchone() or (0, None)
        return Part(int(found), int(checksum or 0))

    def reached(self) -> Mapping[str, str]:
        """The greatest value of each column that only grows; none of a table without rows."""
        names = self.growing()
        last = [
            duckdb.FunctionExpression("max", column_named(name)).cast(duckdb.type("VARCHAR"))
            for name in names
        ]
        found = (self.rows.aggregate(last).fetchone() if names else None) or ()
        return {name: value for name, value in zip(names, found, strict=False) if value is not None}

    def growing(self) -> list[str]:
        """The columns whose greatest value tells a row that came or was closed later."""
        return [name for name in _GROWING if name in self.columns]


def stamp_of(con: duckdb.DuckDBPyConnection) -> str | None:
    """A digest of what all rows follow from beside loads; None where the last build did not end well."""
    tables = con.execute(statement(STATEMENTS, "ledger_tables_of_stamp")).fetchone()
    if tables is None or not tables[0]:
        return None
    found = con.execute(statement(STATEMENTS, "stamp")).fetchone()
    if found is None or not found[0]:
        return None
    _, taken_in, *ledger = found
    inputs = json.loads(taken_in)
    inputs.pop("rows", None)
    text = json.dumps([_FORM, inputs, *ledger], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def marks_of(source: Source, relation: Relation) -> Marks | None:
    """The marks of a table; None where nothing but all its values tells that it changed."""
    names = source.columns.get(relation.full_name, ())
    if relation.schema == "changes":
        if not set(_EVENT) <= set(names):
            return None
        columns = tuple(name for name in names if name not in _SAID_OF_EVENT)
        # What a view joins to an event changes with the entity, and then all events of that.
        key = names[0] if relation.name == "events" else _ENTITY
        return Marks(relation, key, columns, source.rows(relation))
    loads = [name for name in _LOADS if name in names]
    if relation.schema not in _OF_LOADS or not loads or _CONTENT not in names:
        return None
    columns = (names[0], *loads, _CONTENT, *(name for name in _ENDS if name in names))
    below = source.unnumbered(relation)
    return Marks(relation, names[0], columns, source.rows(below or relation))


def histories(source: Source, marks: Marks) -> list[Marks]:
    """The versions behind the rows of a table, whose ends tell of rows that are gone or were replaced."""
    relation = marks.relation
    if relation.schema == "changes":
        of_entities = () if relation.name == "events" else _ENTITIES
        names = [Relation("core", f"{entity}{HISTORY}") for entity in of_entities]
    else:
        names = source.tables_by(relation.schema, marks.key)
    found = (marks_of(source, one) for one in names if one != relation)
    return [one for one in found if one is not None and not set(_ENDS).isdisjoint(one.columns)]


def _written(part: Part) -> list[Any]:
    return [part.rows, str(part.checksum)]


def _read(written: list[Any]) -> Part:
    rows, checksum = written
    return Part(rows, int(checksum))
