"""Making stored rows what the account says they are, row by row and line by line.

========  ==========================================  ==================================================
kind      what is found                               what is done
========  ==========================================  ==================================================
missing   the account shows a row that isn't stored   it is loaded
changed   a stored row differs in a column            its version ends, the account's is loaded
doubled   one key has several current rows            the one that agrees stays, or else the latest
lines     the lines of a row differ in any way        they are replaced by the account's
extra     a stored row that the account lacks         asked for by its id (``gone.py``)
========  ==========================================  ==================================================

A hash that agrees proves nothing here: columns are compared, so that a table that was changed by hand, or
was damaged, is found out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

import orjson
import pyarrow as pa

from shipsync.sources.canonical import content_hash
from shipsync.sources.keyset import Walked
from shipsync.sources.rows import StreamRows, to_rows
from shipsync.sources.schema import IS_REMOVED, OBSERVED_AT, Table
from shipsync.sources.sound import sound
from shipsync.sources.streams import Lines
from shipsync.sources.usable import UsableRow, usable_rows
from shipsync.statements import statement
from shipsync.sync.context import StreamRun

Row = dict[str, Any]
_STATEMENTS: Final = "shipsync.sync"
# Not content: when it was read, and what marks a parent without lines.
_NO_CONTENT: Final = frozenset({OBSERVED_AT, IS_REMOVED})


class StreamRepair:
    """Compares what was read of one stream with what is stored, and puts right what loading would not.

    ``found`` counts what was wrong, by kind; ``again`` holds the ids of rows that must be loaded
    although their hash says that they are stored; ``met`` the ids that the account has shown.
    """

    def __init__(self, run: StreamRun) -> None:
        self._run = run
        self._cursor = run.run.con.cursor()
        self.found: Counter[str] = Counter()
        self.again: set[str] = set()
        self.met: set[str] = set()

    def pages(self, walk: Iterator[Walked]) -> Iterator[Walked]:
        """The pages of ``walk``, each compared before it is handed on."""
        for page in walk:
            self.compare(usable_rows(self._run.stream, page.items, page.hashes, lambda thing: None))
            yield page

    def compare(self, usable: Sequence[UsableRow]) -> None:
        """Compare these rows of the account with the stored ones."""
        self.met.update(row.key[0] for row in usable)
        expected = self._expected(usable)
        for table in self._run.stream.tables:
            if table.loading in ("versions", "snapshot"):
                self._compare_versions(table, expected)
        for lines in self._run.stream.lines:
            if lines.table.loading == "children":
                self._compare_lines(lines, expected)

    def _expected(self, usable: Sequence[UsableRow]) -> StreamRows:
        run = self._run
        objects = [sound(row.item) for row in usable]
        hashes = [row.content_hash for row in usable]
        return to_rows(run.stream, objects, hashes, run.run.time.upper_bound, run.run.redaction)

    def _compare_versions(self, table: Table, expected: StreamRows) -> None:
        wanted = {_key(table, row): row for row in _rows(table, expected.tables[table.name])}
        stored: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
        for row in self._stored(table, [str(key[0]) for key in wanted]):
            if _key(table, row) in wanted:
                stored[_key(table, row)].append(row)
        wrong: list[int] = []
        surplus: list[int] = []
        for key, row in wanted.items():
            agreeing = [held for held in stored[key] if _agree(table, held, row)]
            if not stored[key]:
                self.found["missing"] += 1
            elif len(stored[key]) > 1:
                self.found["doubled"] += 1
                kept = (agreeing or sorted(stored[key], key=lambda held: held["_dlt_valid_from"]))[
                    -1
                ]
                surplus += [held["row_number"] for held in stored[key] if held is not kept]
                if not agreeing:
                    wrong.append(kept["row_number"])
            elif not agreeing:
                self.found["changed"] += 1
                wrong.append(stored[key][0]["row_number"])
            if not agreeing:
                self.again.add(str(key[0]))
        self._end_rows(table, wrong)
        if surplus:
            self._cursor.execute(_on(table, "delete_rows"), {"rows": surplus})

    def _compare_lines(self, lines: Lines, expected: StreamRows) -> None:
        table, parent = lines.table, lines.table.key[0]
        wanted: dict[str, list[Row]] = defaultdict(list)
        for row in _rows(table, expected.tables[table.name]):
            wanted[row[parent]] += [] if row[IS_REMOVED] else [row]
        stored: dict[str, list[Row]] = defaultdict(list)
        for row in self._stored(table, list(wanted)):
            stored[row[parent]].append(row)
        for key, rows in wanted.items():
            held = stored[key]
            if lines.index is not None:
                held = sorted(held, key=partial(_place, lines.index))
            agree = len(held) == len(rows) and all(map(partial(_agree, table), held, rows))
            if not agree and key not in self.again:
                self.found["lines"] += 1
                self.again.add(key)

    def _stored(self, table: Table, ids: Sequence[str]) -> list[Row]:
        """The current rows of a table for these first parts of its key, each with its row number."""
        name = "current_lines" if table.loading == "children" else "current_rows"
        query = _on(table, name, table.key[0])
        found = self._cursor.execute(query, {"ids": list(ids)}).to_arrow_table()
        own = [name for name in ("row_number", "_dlt_valid_from") if name in found.column_names]
        names = [name for name in table.arrow_schema.names if name in found.column_names]
        columns = {name: found[name] for name in own}
        columns |= {name: found[name].cast(table.arrow_schema.field(name).type) for name in names}
        rows: list[Row] = pa.table(columns).to_pylist()
        return rows

    def _end_rows(self, table: Table, rows: Sequence[int]) -> None:
        if rows:
            at: datetime = self._run.run.loader.boundary(
                self._run.stream, self._run.run.time.valid_from
            )
            self._cursor.execute(_on(table, "end_rows"), {"rows": list(rows), "at": at})


def _on(table: Table, name: str, key: str = "") -> str:
    """A statement about one raw table, whose name and key are ours and stand for the placeholders."""
    text = statement(_STATEMENTS, name).replace("raw.this_table", f"raw.{table.name}")
    return text.replace("this_key", key)


def _rows(table: Table, arrow: pa.Table) -> list[Row]:
    rows: list[Row] = arrow.select(table.arrow_schema.names).to_pylist()
    return rows


def _key(table: Table, row: Row) -> tuple[Any, ...]:
    return tuple(row[part] for part in table.key)


def _place(index: str, line: Row) -> tuple[bool, int]:
    return line[index] is None, line[index] or 0


def _agree(table: Table, stored: Row, wanted: Row) -> bool:
    return all(
        stored[name] == wanted[name]
        or (name in table.documents and _same_document(name, stored, wanted))
        for name in table.arrow_schema.names
        if name not in _NO_CONTENT
    )


def _same_document(name: str, stored: Row, wanted: Row) -> bool:
    """Whether two documents are the same but for what is no content: their order, signed addresses."""
    texts = stored[name], wanted[name]
    if None in texts:
        return False
    first, second = (content_hash({name: orjson.loads(text)}) for text in texts)
    return first == second
