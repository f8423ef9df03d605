"""Which rows of a table differ from those at a target, known by a hash of all their values.

A row has no key here: it is all its values. So a line that went away, a version that was closed without a
successor, a row that was only touched and a table that was built again are one case: hashes that one
side has more often than the other. All rows of such a hash are deleted at the target,
and the source's inserted.

The rows to compare are all there are, or those of the keys that loads changed. That these are all which
differ is not believed but reckoned: the marks recorded of the table, without those of these keys at the
target and with those here, have to be the marks that the table has now.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

from shipsync.export.portable import column_named
from shipsync.export.relation import Relation
from shipsync.publish.division import Part
from shipsync.publish.marks import Marks, Seen, histories
from shipsync.publish.source import STATEMENTS, Source, among
from shipsync.statements import statement

ROW_HASH: Final = "_row_hash"
_HASHED: Final = "(hash(source)::hugeint - 9223372036854775808)::bigint"
# Of more keys than these the rows are found as fast by reading all.
_MOST_KEYS: Final = 50_000


class RowChanges:
    """The comparison of one table after the other, for a target that keeps the hash of each row."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._con = source.con

    def compare(self, relation: Relation, target_rows: Path) -> tuple[int, int]:
        """Compare ``relation`` with ``target_rows``, a file of hashes and how often each is at the target.

        Returns how many rows the source has, and how many hashes differ.
        """
        run = self._con.execute
        run(statement(STATEMENTS, "source_rows"), {"table": relation.quoted})
        run(statement(STATEMENTS, "target_rows"), {"file": str(target_rows)})
        run(statement(STATEMENTS, "changed_rows"))
        counted = run(statement(STATEMENTS, "count_source_rows")).fetchone()
        assert counted is not None  # a sum always answers with one row
        return int(counted[0]), len(self._con.table("changed_rows"))

    def changed_keys(self, marks: Marks, known: Seen) -> list[str] | None:
        """The keys of which ``marks`` tell rows that came or ended since they were ``known``.

        None where they cannot be told, where they are many, and where there are none: it is only asked of
        tables that did change.
        """
        found: set[str | None] = set()
        for one in (marks, *histories(self._source, marks)):
            reached = known.reached.get(one.relation.full_name)
            if reached is None:
                return None
            for name in one.growing():
                column = column_named(name)
                kind = one.rows.types[one.rows.columns.index(name)]
                last = duckdb.ConstantExpression(reached.get(name)).cast(kind)
                is_later = column > last if name in reached else column.isnotnull()
                key = column_named(one.key).cast(duckdb.type("VARCHAR"))
                keys = one.rows.filter(is_later).select(key).distinct().limit(_MOST_KEYS)
                found.update(key for (key,) in keys.fetchall())
        texts = [key for key in found if key is not None and "\0" not in key]
        return texts if 0 < len(texts) == len(found) < _MOST_KEYS else None

    def compare_keys(
        self,
        marks: Marks,
        keys: Sequence[str],
        target_rows: duckdb.DuckDBPyRelation,
        known: Seen,
        now: Part,
    ) -> int | None:
        """Compare the rows of ``keys`` with ``target_rows``, their hashes and marks at the target.

        Returns how many hashes differ; None where the rows of these keys are not all that can differ.
        """
        rows = self._source.rows(marks.relation).filter(among(marks.key, keys))
        rows = rows.select(duckdb.SQLExpression(_HASHED).alias(ROW_HASH), duckdb.StarExpression())
        rows.query("rows_of_keys", statement(STATEMENTS, "keep_rows_of_keys"))
        target_rows.query("rows_of_keys", statement(STATEMENTS, "keep_target_rows_of_keys"))
        here, gone = self._con.table("source_rows_of_keys"), self._con.table("target_rows_of_keys")
        if known.marks - marks.part_of(gone) + marks.part_of(here) != now:
            return None
        for name in ("source_rows", "target_rows"):
            self._con.execute(statement(STATEMENTS, f"{name}_of_keys"))
        self._con.execute(statement(STATEMENTS, "changed_rows"))
        return len(self._con.table("changed_rows"))

    def keys_file(self, keys: Sequence[str]) -> Path:
        """A file of ``keys``."""
        file = self._source.folder / "keys.csv"
        quoted = ('"' + key.replace('"', '""') + '"' for key in keys)
        file.write_text("".join(f"{key}\n" for key in quoted), encoding="utf-8", newline="")
        return file

    def changed_hashes(self) -> Path:
        """A file of the hashes that differ."""
        file = self._source.folder / "changed_rows.csv"
        self._con.execute(statement(STATEMENTS, "write_changed_rows"), {"file": str(file)})
        return file

    def changed_rows(
        self, relation: Relation, columns: Sequence[duckdb.Expression], *, is_of_keys: bool = False
    ) -> duckdb.DuckDBPyRelation:
        """The source's rows whose hashes differ: their hash, then ``columns``.

        ``is_of_keys``: keys were compared last.
        """
        if is_of_keys:
            selected = self._con.table("source_rows_of_keys").select(
                column_named(ROW_HASH), *columns
            )
        else:
            row_hash = duckdb.SQLExpression(_HASHED).alias(ROW_HASH)
            selected = self._source.rows(relation).select(row_hash, *columns)
        return selected.filter(
            duckdb.SQLExpression("_row_hash in (select row_hash from changed_rows)")
        )
