"""Batches into any destination of dlt that has delete-insert merges, by its configuration alone.

A load of dlt replaces the parts of tables that differ. A line in ``_shipsync.published`` for each table of
a batch is written before, not whole yet, with the parts that are about to be replaced, and once more when
all are there. So after a batch that was cut off the next one knows which parts it cannot rely on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from shipsync.connection import Secret
from shipsync.errors import ConfigurationError, ExportFailed, UsageError
from shipsync.export.portable import column_named, portable
from shipsync.export.relation import Relation
from shipsync.publish import lake
from shipsync.publish.batches import KEPT, Batches, NamedTable
from shipsync.publish.division import Division, Part
from shipsync.publish.dlt_tables import PART, DestinationFailed, DltTables, Replacement, arrow_of
from shipsync.publish.lake import HeldTable, TableChange
from shipsync.publish.source import Source
from shipsync.publish.writer import Applied, Batch, Watermark
from shipsync.warehouse.scratch import scratch_folder

RECORD: Final = Relation("_shipsync", "published")
_WHOLE: Final = "is_whole"
_UNSURE: Final = Part(0, -1)
_NESTED: Final = ("STRUCT(", "MAP(")
_STRATEGY: Final = "delete-insert"
_NONE: Final = Batches(())


@dataclass(frozen=True)
class DltTarget:
    """The destination that dlt's configuration calls ``name``."""

    name: str
    destination: Any = field(repr=False)
    secrets: tuple[Secret, ...]

    @property
    def place(self) -> str:
        """Its name, with a colon before it as on the command line."""
        return f"destination:{self.name}"

    @contextmanager
    def writer(self) -> Iterator[DltWriter]:
        """The destination; what dlt complains of is told without secrets."""
        from dlt.common.exceptions import DltException

        with scratch_folder("publish") as folder:
            try:
                yield DltWriter(DltTables(self.destination, folder))
            except (DltException, DestinationFailed, OSError) as failure:
                reason = " ".join(str(failure).split())
                for secret in self.secrets:
                    reason = secret.scrub(reason)
                raise ExportFailed(
                    f"{self.place} can't be written: {reason[:400]}. See to the destination and publish "
                    "again: what was cut off is written anew."
                ) from None


def dlt_destination(name: str) -> DltTarget | None:
    """The destination of that name, None where dlt's configuration has a Postgres there or nothing.

    Raises ``ConfigurationError``, and ``UsageError`` for a destination without delete-insert merges.
    """
    import dlt
    from dlt.common.configuration.exceptions import ConfigurationException
    from dlt.common.destination import Destination
    from dlt.common.exceptions import DltException

    kind = dlt.config.get(f"destination.{name}.destination_type", str)
    if (kind or name).rpartition(".")[2] == "postgres" or not (
        kind or hasattr(dlt.destinations, name)
    ):
        return None
    try:
        destination: Any = Destination.from_reference(name)
        strategies = _strategies(destination)
        configured = destination.configuration(destination.spec(), accept_partial=True)
    except (DltException, ConfigurationException, ImportError) as failure:
        raise ConfigurationError(
            f"dlt makes no destination of what [destination.{name}] in its configuration has: "
            f"{str(failure).strip().splitlines()[0]} See to destination_type and credentials there, and "
            "install what dlt needs for it."
        ) from None
    if _STRATEGY not in strategies:
        offered = ", ".join(strategies) or "none"
        raise UsageError(
            f"destination:{name} ({(kind or name).rpartition('.')[2]}) can't be published into, for dlt "
            f"offers no {_STRATEGY} merge there (it offers: {offered}), and with any other lines that were "
            "removed would stay. Publish into a database, or into parquet:, delta: or iceberg:."
        )
    return DltTarget(name, destination, _secrets(configured))


def _strategies(destination: Any) -> Sequence[str]:
    """The merges that dlt offers at a destination for a plain table."""
    found = destination.capabilities()
    table = {"name": "any", "columns": {}, "write_disposition": "merge"}
    strategies = found.supported_merge_strategies or []
    if found.merge_strategies_selector is not None:
        strategies = found.merge_strategies_selector(strategies, table_schema=table)
    return list(strategies)


def _secrets(configured: Any) -> tuple[Secret, ...]:
    """Every value of a configuration that dlt calls secret, and addresses that hold one."""
    from dlt.common.configuration.specs.base_configuration import BaseConfiguration, is_secret_hint

    found: set[str] = set()
    for name, hint in configured.get_resolvable_fields().items():
        value = getattr(configured, name, None)
        if isinstance(value, BaseConfiguration):
            found |= {secret.reveal() for secret in _secrets(value)}
        elif value is not None and is_secret_hint(hint):
            found.add(str(value))
    return tuple(Secret(each) for each in sorted(found - {""}, key=len, reverse=True))


class DltWriter:
    """Names the parts that differ, replaces them, and names the batch."""

    def __init__(self, tables: DltTables) -> None:
        self._tables = tables

    def watermark(self) -> Watermark | None:
        """The last whole batch."""
        return self._read()[0].watermark

    def apply(self, batch: Batch) -> Applied:
        """Say what is about to be replaced, replace it table by table, then say that the batch is whole."""
        whole, begun = self._read()
        named = {**whole.last_named, **_unsure(whole, begun)}
        self._refuse_strangers(batch.relations, named)
        changes = lake.changes(batch, {name: table.held for name, table in named.items()})
        tables = tuple(change.outcome() for change in changes)
        differing = [change for change in changes if change.differs]
        if not differing:
            anew, reached = whole.seen_anew(changes), whole.watermark
            if anew and reached:
                tables_seen, events = list(anew.values()), reached.event_sequence
                self._record(reached.batch, events, tables_seen, is_whole=True, known=whole)
            return Applied(None, tables)
        number = max(whole.last, begun.last) + 1
        touched = [_named(change, number, _touched(change)) for change in differing]
        self._record(number, batch.event_sequence, touched, is_whole=False)
        for schema in dict.fromkeys(change.relation.schema for change in differing):
            self._tables.replace(
                schema,
                [_replacement(c) for c in differing if c.relation.schema == schema],
            )
        for change in changes:
            name = change.relation.full_name
            # Of a table that stays as it is, what was seen now is recorded too.
            version = number if change.differs else named[name].version
            named[name] = _named(change, version, change.becomes)
        self._record(number, batch.event_sequence, list(named.values()), is_whole=True)
        return Applied(number, tables)

    def compared(
        self, source: Source, relation: Relation
    ) -> tuple[Mapping[str, Part], Mapping[str, Part] | None]:
        """All rows of the table are read, and cast to the types that they have here."""
        division = Division(source, relation, _shaped(source.rows(relation)))
        here = division.parts()
        if relation.full_name not in self._read()[0].last_named:
            return here, None
        if self._tables.columns(relation.schema, relation.name) is None:
            return here, {}
        files = []
        wanted = {name: self._tables.name(name).lower() for name in division.columns}
        for number, rows in enumerate(self._tables.rows(relation.schema, relation.name)):
            file = source.folder / f"read_back_{number}.parquet"
            known = source.con.from_arrow(rows)
            known.select(
                *(
                    _read_back(known, wanted[name]).cast(duckdb.type(kind)).alias(name)
                    for name, kind in division.columns.items()
                )
            ).write_parquet(str(file))
            files.append(str(file))
        if not files:
            return here, {}
        there = division.parts_at(source.con.read_parquet(files))
        for each in files:
            Path(each).unlink()
        return here, there

    def reset(self) -> tuple[str, ...]:
        """Drop every table that a batch named, whole or not, then the record of batches."""
        whole, begun = self._read()
        names = sorted({*whole.last_named, *begun.last_named})
        by_schema: dict[str, list[str]] = {}
        for full in names:
            schema, _, name = full.partition(".")
            by_schema.setdefault(schema, []).append(name)
        for schema, tables in by_schema.items():
            self._tables.drop(schema, tables)
        self._tables.drop(RECORD.schema, [RECORD.name])
        return tuple(names)

    def _read(self) -> tuple[Batches, Batches]:
        """The batches that are whole, and the one after them that was begun."""
        if self._tables.columns(RECORD.schema, RECORD.name) is None:
            return _NONE, _NONE
        rows = [
            row
            for table in self._tables.rows(RECORD.schema, RECORD.name)
            for row in table.to_pylist()
        ]
        whole = Batches.of(row for row in rows if row[_WHOLE])
        return whole, Batches.of(
            row for row in rows if not row[_WHOLE] and row["batch"] > whole.last
        )

    def _record(
        self,
        number: int,
        event_sequence: int | None,
        named: Sequence[NamedTable],
        *,
        is_whole: bool,
        known: Batches = _NONE,
    ) -> None:
        """The lines of one batch, in place of those that it had if ``known``; those long before it go."""
        of_batch = Batches([row for row in known.rows if row["batch"] == number])
        made = of_batch.with_one_more(number, event_sequence, named)
        rows = made.append_column(_WHOLE, pa.array([is_whole] * len(made), pa.bool_()))
        forgotten = range(max(1, number - 2 * KEPT), max(1, number - KEPT))
        self._tables.replace(
            RECORD.schema,
            [Replacement(RECORD.name, "batch", [number, *forgotten], rows.schema, [rows])],
        )

    def _refuse_strangers(
        self, relations: Sequence[Relation], named: Mapping[str, NamedTable]
    ) -> None:
        for relation in relations:
            if relation.full_name in named:
                continue
            if self._tables.columns(relation.schema, relation.name) is not None:
                raise ExportFailed(
                    f"{relation.full_name} at the target was not made by `shipsync publish`, so it is left "
                    "as it is and nothing was published. Publish into another database, or drop the table "
                    "first."
                )


def _unsure(whole: Batches, begun: Batches) -> dict[str, NamedTable]:
    """Tables that a batch was about to change when it was cut off, with the parts that may be anything."""
    found = {}
    for name, table in begun.last_named.items():
        before = whole.last_named.get(name)
        parts = dict(before.held.parts) if before else {}
        parts |= dict.fromkeys(table.held.parts, _UNSURE)
        found[name] = NamedTable(
            name, table.path, table.version, HeldTable(table.held.columns, parts)
        )
    return found


def _touched(change: TableChange) -> HeldTable:
    """The parts of a table that a batch replaces; of a table that may be torn, nothing else is known."""
    return HeldTable(
        change.becomes.columns, dict.fromkeys([*change.removed, *change.written], _UNSURE)
    )


def _named(change: TableChange, number: int, held: HeldTable) -> NamedTable:
    name = change.relation.full_name
    return NamedTable(name, name, number, held)


def _replacement(change: TableChange) -> Replacement:
    """The parts of a table that differ, as dlt is handed them."""

    def rows() -> Iterator[pa.Table]:
        for label in change.written:
            part = duckdb.ConstantExpression(label).cast(duckdb.type("VARCHAR")).alias(PART)
            yield from arrow_of(_shaped(change.division.rows_of(label), part))

    columns = _shaped(change.division.no_rows(), duckdb.SQLExpression("''").alias(PART))
    local = {
        name: {"data_type": "timestamp", "timezone": False}
        for name, kind in change.becomes.columns.items()
        if kind == "TIMESTAMP"
    }
    labels = [*{**dict.fromkeys(change.removed), **dict.fromkeys(change.written)}]
    schema = columns.to_arrow_table().schema
    return Replacement(change.relation.name, PART, labels, schema, rows(), local)


def _shaped(rows: duckdb.DuckDBPyRelation, *more: duckdb.Expression) -> duckdb.DuckDBPyRelation:
    """Rows as every destination takes them: lists and objects are JSON in a text."""
    rows = portable(rows)
    return rows.select(*map(_plain, rows.columns, map(str, rows.types)), *more)


def _plain(name: str, kind: str) -> duckdb.Expression:
    column = column_named(name)
    if kind.startswith(_NESTED) or kind.endswith("]"):
        text = duckdb.FunctionExpression("to_json", column)
        return text.cast(duckdb.type("VARCHAR")).alias(name)
    return column.alias(name)


def _read_back(rows: duckdb.DuckDBPyRelation, name: str) -> duckdb.Expression:
    """A column as it was read; one that is missing is null."""
    return column_named(name) if name in rows.columns else duckdb.ConstantExpression(None)
