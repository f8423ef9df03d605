"""Bringing what is stored under the policy for personal data: at once, for old rows too.

::

    the policy is stricter than the one in force
        -> one transaction: every version, line, event, hint and write is rewritten, models that hold
           texts are emptied, the new policy is recorded
        -> the copy for readers is removed; the next run makes one
        -> the file is copied without what was removed, and takes the place of the old one
        -> that is recorded too; killed in between, the next run goes on from the last step that was done

What was removed does not come back by itself: to store it again, read the account again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import duckdb
import orjson
import pyarrow as pa
from sqlglot import exp

from shipsync import clock, owner_only
from shipsync.connection import PersonalData
from shipsync.sources.allow_list import has_buyers, kept_inside
from shipsync.sources.redaction import PersonalPolicy, Redaction, redaction_for
from shipsync.sources.schema import CONTENT_HASH, EXTRA, ColumnKind, Table
from shipsync.sources.streams import FULFILLMENTS, SHIPMENTS, STREAMS, Stream
from shipsync.statements import statement
from shipsync.warehouse import build_record, read_copy
from shipsync.warehouse.database import connect, explained, transaction
from shipsync.warehouse.ledger import migrate
from shipsync.warehouse.load import DATASET, forget_loaded

_STATEMENTS: Final = "shipsync.sync"
_EVENT_KEY: Final = "event_key"
_ROWS_AT_ONCE: Final = 50_000
_SAID: Final = (
    "forget_errors_of_runs",
    "forget_errors_of_streams",
    "forget_errors_of_parcels",
    "forget_reasons_of_writes",
    "forget_remarks_on_rates",
)
_NOT_KEPT: Final = "What was said of it is not kept since personal_data became stricter."
_EVENT_STREAMS: Final = {"shipment": SHIPMENTS, "fulfillment": FULFILLMENTS}


@dataclass(frozen=True)
class Enforced:
    """What bringing a database under another policy came to.

    ``policy`` is in force now, ``before`` was; ``rows`` of raw tables were rewritten. ``loosened``: nothing
    was, since what is missing can only be read again.
    """

    policy: PersonalData
    before: PersonalData
    rows: int

    @property
    def loosened(self) -> bool:
        """Whether more may be stored from now on than is stored."""
        return self.policy == "keep"

    def __str__(self) -> str:
        if self.loosened:
            return (
                f"personal_data is keep now and was {self.before}. What was stored before stays as it is; "
                "to have names and addresses again, read the account again: `shipsync run --full-refresh`."
            )
        return (
            f"personal_data is {self.policy} now and was {self.before}: {self.rows} stored rows were "
            "rewritten, and the database file was rewritten without what was removed. Files that were "
            "made from it before are not touched: exports, deliveries, plans, snapshots and backups."
        )


@dataclass(frozen=True)
class _InForce:
    policy: PersonalData
    key_name: str
    is_compacted: bool


def enforce(settings: PersonalPolicy) -> Enforced | None:
    """Bring the database under the policy of its settings; None if it was already, or is new.

    Call it while holding the run lock and before the database is open.
    """
    database = settings.database
    redaction = redaction_for(settings)
    rows = 0
    with explained(database), connect(database) as con:
        migrate(con)
        before = _in_force(con)
        if before is None:
            _record(con, redaction, is_compacted=True)
            return None
        if before.policy == redaction.policy and before.key_name == redaction.key_name:
            if before.is_compacted:
                return None
        elif redaction.policy == "keep":
            _record(con, redaction, is_compacted=True)
            return Enforced("keep", before.policy, 0)
        else:
            with transaction(con):
                rows = _Rewriting(con, redaction, before.policy).all()
                _record(con, redaction, is_compacted=False)
    with explained(database):
        forget_loaded(database)
        # What a reader has open stays as it was until he closes it; nobody opens it any more.
        read_copy.remove(database)
        _compact(database)
        with connect(database) as con:
            _record(con, redaction, is_compacted=True)
    return Enforced(redaction.policy, before.policy, rows)


def _in_force(con: duckdb.DuckDBPyConnection) -> _InForce | None:
    """The policy that what is stored is under; None where nothing is stored yet.

    A database that was written to before this was recorded is taken to keep everything.
    """
    row = con.execute(statement(_STATEMENTS, "privacy_in_force")).fetchone()
    if row:
        return _InForce(*row)
    if con.execute(statement(_STATEMENTS, "raw_tables")).fetchone():
        return _InForce("keep", Redaction().key_name, is_compacted=True)
    return None


def _record(con: duckdb.DuckDBPyConnection, redaction: Redaction, *, is_compacted: bool) -> None:
    con.execute(
        statement(_STATEMENTS, "record_privacy"),
        {
            "recorded_at": clock.now(),
            "policy": redaction.policy,
            "key_name": redaction.key_name,
            "is_compacted": is_compacted,
        },
    )


@dataclass(frozen=True)
class _Rewritten:
    """How a column gets its new value: of what is there, and of the columns ``beside`` it."""

    function: Callable[..., str | None]
    beside: tuple[str, ...] = ()

    def over(self, rows: Mapping[str, Sequence[str | None]], name: str) -> pa.Array:
        """The new values of column ``name``; null stays null."""
        given = zip(rows[name], *(rows[other] for other in self.beside), strict=True)
        return pa.array([r[0] and self.function(*r) for r in given], pa.string())


class _Rewriting:
    """The rewriting of one database, in the transaction of its caller."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, redaction: Redaction, before: PersonalData
    ) -> None:
        self._con = con
        self._redaction = redaction
        self._was_kept = before == "keep"

    def all(self) -> int:
        """Rewrite everything; returns the number of rows of raw tables."""
        present = {
            name for (name,) in self._con.execute(statement(_STATEMENTS, "raw_tables")).fetchall()
        }
        rows = 0
        for stream in STREAMS.values():
            for table, prefix in _tables(stream):
                if table.name in present:
                    target = exp.table_(table.name, DATASET, quoted=True)
                    rows += self._rewrite(target, dict(self._columns(stream, table, prefix)))
        tables = self._con.execute(statement(_STATEMENTS, "derived_tables")).fetchall()
        for schema, name in tables:
            self._con.execute(exp.delete(exp.table_(name, schema, quoted=True)).sql("duckdb"))
        if self._con.execute(statement(_STATEMENTS, "events_table")).fetchone():
            change = _Rewritten(self._change, ("trigger",))
            target = exp.table_("events", "changes", quoted=True)
            self._rewrite(target, {"before": change, "after": change})
        self._con.execute(statement(_STATEMENTS, "redact_hints"))
        self._con.execute(
            statement(_STATEMENTS, "redact_quarantine"),
            {"reason": f"Set aside before personal_data was {self._redaction.policy}."},
        )
        if self._was_kept:
            # The one change that is made to what was written down of a write: what names its buyer goes.
            target = exp.table_("outbox", "ledger", quoted=True)
            self._rewrite(target, {"request": _Rewritten(self._request)})
            for name in _SAID:
                # Sentences that may quote an answer of the account.
                query = statement(_STATEMENTS, name)
                self._con.execute(query, {"said": _NOT_KEPT} if "$said" in query else None)
        # The models are made again whole by the next build.
        build_record.forget(self._con)
        return rows

    def _rewrite(self, target: exp.Table, columns: Mapping[str, _Rewritten | None]) -> int:
        """Give columns of every row of a table their new value, null where there is none to make."""
        emptied: dict[str, object] = {
            name: exp.null() for name, made in columns.items() if made is None
        }
        if emptied:
            self._con.execute(exp.update(target, emptied).sql("duckdb"))
        made = {name: one for name, one in columns.items() if one is not None}
        needed = sorted({*made, *(name for one in made.values() for name in one.beside)})
        ids = exp.select("max(rowid)", "count(*)").from_(target).sql("duckdb")
        last, count = self._con.execute(ids).fetchone() or (None, 0)
        row_id = exp.column("rowid")
        texts = [
            exp.cast(exp.column(n, quoted=True), "varchar").as_(n, quoted=True) for n in needed
        ]
        for first in range(0, (last if last is not None else -1) + 1, _ROWS_AT_ONCE):
            found = self._con.execute(
                exp.select(row_id, *texts)
                .from_(target)
                .where(row_id >= first, row_id < first + _ROWS_AT_ONCE)
                .sql("duckdb")
            ).to_arrow_table()
            self._put(target, found, made)
        return int(count)

    def _put(self, target: exp.Table, found: pa.Table, made: Mapping[str, _Rewritten]) -> None:
        rows = found.to_pydict()
        new = {name: one.over(rows, name) for name, one in made.items()}
        rewritten = pa.table({"row_number": found["rowid"], **new})
        values = {name: exp.column(name, "rewritten", quoted=True) for name in made}
        update = exp.update(target, dict(values)).from_("rewritten")
        same = exp.column("rowid", target.name, quoted=True).eq(
            exp.column("row_number", "rewritten")
        )
        self._con.register("rewritten", rewritten)
        try:
            self._con.execute(update.where(same).sql("duckdb"))
        finally:
            self._con.unregister("rewritten")

    def _columns(
        self, stream: Stream, table: Table, prefix: tuple[str, ...]
    ) -> Iterator[tuple[str, _Rewritten | None]]:
        """The columns of a raw table that change, and how."""
        yield EXTRA, _Rewritten(lambda text: self._extra(text, stream, prefix))
        if self._was_kept and has_buyers(stream):
            yield CONTENT_HASH, _Rewritten(self._redaction.identity)
        for column in table.columns:
            path = (*prefix, *column.path)
            part = kept_inside(stream, path)
            if column.name == _EVENT_KEY:
                if self._was_kept:
                    yield column.name, _Rewritten(self._redaction.identity)
            elif column.kind is ColumnKind.DOCUMENT:
                if part != "all":
                    yield column.name, _Rewritten(partial(self._document, stream, path))
            elif part is None:
                is_text = column.kind is ColumnKind.TEXT
                yield column.name, _Rewritten(self._redaction.text) if is_text else None

    def _document(self, stream: Stream, path: tuple[str, ...], text: str) -> str | None:
        found = self._redacted_at(stream, path, orjson.loads(text))
        return None if found is None else orjson.dumps(found).decode()

    def _redacted_at(self, stream: Stream, path: tuple[str, ...], value: object) -> object:
        """A value as it would be stored if it stood at ``path`` of an object of ``stream``."""
        item: Any = value
        for key in reversed(path):
            item = {key: item}
        found: Any = self._redaction.apply(stream, item)
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def _extra(self, text: str, stream: Stream, prefix: tuple[str, ...]) -> str | None:
        kept = {
            path: value
            for path, value in orjson.loads(text).items()
            if kept_inside(stream, (*prefix, *path.split("."))) is not None
            and not isinstance(value, dict | list)
        }
        return orjson.dumps(kept).decode() if kept else None

    def _change(self, text: str, trigger: str) -> str:
        """Old or new values of an event, by the standard names of its columns."""
        stream = _EVENT_STREAMS[trigger.split("_")[0]]
        columns = {column.standard: column for column in stream.table.columns}
        stored: dict[str, object] = {}
        for field, value in orjson.loads(text).items():
            column = columns.get(field)
            path = column.path if column else (field,)
            part = kept_inside(stream, path)
            if part == "value" and not isinstance(value, dict | list):
                stored[field] = value
            else:
                stored[field] = self._redacted_at(stream, path, _parsed(value))
        return orjson.dumps(stored).decode()

    def _request(self, text: str) -> str:
        body = orjson.loads(text)
        if not isinstance(body, dict) or "ship_to" not in body:
            return text
        return orjson.dumps(self._redaction.recorded(SHIPMENTS, body)).decode()


def _parsed(value: object) -> object:
    """A document inside an event, which may stand there as text."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def _tables(stream: Stream) -> Sequence[tuple[Table, tuple[str, ...]]]:
    """The raw tables of a stream, and where in its objects their columns' paths begin."""
    return [(stream.table, ()), *((lines.table, (lines.list_key,)) for lines in stream.lines)]


def _compact(database: Path) -> None:
    """Rewrite the file: what is deleted in DuckDB stays in the file until its place is needed."""
    part = database.with_name(f"{database.name}.compact")
    part.unlink(missing_ok=True)
    with closing(duckdb.connect()) as con:
        con.execute("set memory_limit = '400MB'")
        con.execute(_attach(database, "old", read_only=True))
        con.execute(_attach(part, "new", read_only=False))
        con.execute(statement(_STATEMENTS, "copy_database"))
    part.chmod(owner_only.FILE)
    part.replace(database)
    folder = os.open(database.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _attach(path: Path, name: str, *, read_only: bool) -> str:
    options = " (read_only)" if read_only else ""
    return f"attach {exp.Literal.string(str(path)).sql('duckdb')} as {name}{options}"
