"""Which rows of a table differ from those at a target, known by a hash of all their values.

A row has no key here: it is all its values. So a line that went away, a version that was closed without a
successor, a row that was only touched and a table that was built again are one case: hashes that one
side has more often than the other. All rows of such a hash are deleted at the target,
and the source's inserted.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

from shipsync.export.relation import Relation
from shipsync.publish.postgres_columns import NULL
from shipsync.publish.source import STATEMENTS, Source
from shipsync.statements import statement

ROW_HASH: Final = "_row_hash"


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

    def changed_hashes(self) -> Path:
        """A file of the hashes that differ."""
        file = self._source.folder / "changed_rows.csv"
        self._con.execute(statement(STATEMENTS, "write_changed_rows"), {"file": str(file)})
        return file

    def changed_rows(self, relation: Relation, columns: Sequence[duckdb.Expression]) -> Path:
        """A file of the source's rows whose hashes differ: their hash, then ``columns``."""
        file = self._source.folder / "rows.csv"
        row_hash = duckdb.SQLExpression("(hash(source)::hugeint - 9223372036854775808)::bigint")
        selected = (
            self._source.rows(relation)
            .select(row_hash.alias(ROW_HASH), *columns)
            .filter(duckdb.SQLExpression("_row_hash in (select row_hash from changed_rows)"))
        )
        selected.write_csv(str(file), header=False, na_rep=NULL)
        return file
