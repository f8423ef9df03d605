"""A Postgres database: a schema for each schema, loaded by dlt from arrow through ADBC.

dlt fills staging tables (``core_staging``) first and then replaces each table in a transaction of its
own, so that readers see a table as it was or as it is, and views on it stay. It would make a table that is
not there yet empty, and fill it at the end: such a table is loaded into a schema of drafts
(``core_shipsync_draft``), and moved when it is whole. So a table is never there by half, whenever an export
is killed; drafts that one left are dropped by the next.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

import duckdb
import pyarrow as pa

from shipsync.connection import Secret
from shipsync.errors import ExportFailed
from shipsync.export import postgres_tables as tables
from shipsync.export.nul import without_nul
from shipsync.export.portable import column_named, portable_column
from shipsync.export.relation import Relation
from shipsync.export.target import Exported, Told
from shipsync.warehouse.scratch import scratch_folder

if TYPE_CHECKING:
    from dlt.common.schema.typing import TColumnSchema
    from dlt.extract import DltResource

_BATCH_ROWS: Final = 10_000
_SETTINGS: Final = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "CRITICAL",
    # Each worker opens connections to a server that others use too.
    "LOAD__WORKERS": "2",
    # One connection to DuckDB gives one table at a time.
    "EXTRACT__NEXT_ITEM_MODE": "fifo",
    # dlt holds a whole file in memory when it copies it.
    "EXTRACT__DATA_WRITER__FILE_MAX_ITEMS": str(_BATCH_ROWS),
    "EXTRACT__DATA_WRITER__BUFFER_MAX_ITEMS": str(_BATCH_ROWS),
    "NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID": "false",
    "RESTORE_FROM_DESTINATION": "false",
}


@dataclass(frozen=True)
class Postgres:
    """A database on a server; ``place`` is its address without password and options."""

    url: Secret
    secrets: tuple[Secret, ...]
    place: str

    def rows_held(
        self, con: duckdb.DuckDBPyConnection, relations: Sequence[Relation]
    ) -> Mapping[str, int]:
        """1 for each of ``relations`` that has rows there."""
        try:
            with tables.connected(self.url) as server:
                return dict.fromkeys(tables.filled(server, relations), 1)
        except tables.server_error() as failure:
            raise self.failed(failure) from failure

    def write(
        self, con: duckdb.DuckDBPyConnection, relations: Sequence[Relation], told: Told
    ) -> None:
        """Replace the tables, schema by schema; those not reached by a failure are as they were.

        JSON and nested columns become ``json``; a NUL in a text, which Postgres cannot hold, becomes
        U+FFFD and is counted. Raises ``ExportFailed``.
        """
        try:
            with tables.connected(self.url) as server:
                present = tables.present(server, relations)
                tables.drop_drafts(server, relations)
            self._load(con, [r for r in relations if r in present], told)
            missing = [r for r in relations if r not in present]
            try:
                self._load(con, missing, told, suffix=tables.DRAFT)
                with tables.connected(self.url) as server:
                    tables.publish(server, missing)
            finally:
                # What cannot be reached now is told by the failure itself.
                with suppress(tables.server_error()), tables.connected(self.url) as server:
                    tables.drop_drafts(server, relations)
        except tables.server_error() as failure:
            raise self.failed(failure) from failure

    def _load(
        self,
        con: duckdb.DuckDBPyConnection,
        relations: Sequence[Relation],
        told: Told,
        suffix: str = "",
    ) -> None:
        with _settings(), scratch_folder("export") as folder:
            import dlt
            from dlt.pipeline.exceptions import PipelineStepFailed

            logging.getLogger("dlt").setLevel(logging.CRITICAL)
            for schema, group in groupby(relations, key=lambda relation: relation.schema):
                pipeline = dlt.pipeline(
                    pipeline_name=f"shipsync_export_{schema}",
                    pipelines_dir=str(folder),
                    destination=dlt.destinations.postgres(
                        self.url.reveal(),
                        replace_strategy="insert-from-staging",
                        truncate_staging_dataset=True,
                        type_mapper=_types(),
                    ),
                    dataset_name=f"{schema}{suffix}",
                )
                try:
                    pipeline.run([_resource(con, relation, told) for relation in group])
                except PipelineStepFailed as failure:
                    raise self.failed(failure) from failure

    def failed(self, failure: Exception, again: str = "export again") -> Exception:
        """What DuckDB said, as it is; of everything else the innermost reason, without secrets."""
        reason: BaseException = failure
        seen = {id(reason)}
        while (inner := reason.__cause__ or reason.__context__) and id(inner) not in seen:
            if isinstance(inner, duckdb.Error):
                return inner
            seen.add(id(inner))
            reason = inner
        text = (str(reason).strip() or type(reason).__name__).splitlines()[0]
        for secret in self.secrets:
            text = secret.scrub(text)
        return ExportFailed(
            f"{self.place} could not be written: {text}. Each table there is as it was or whole; see to "
            f"the server and {again}."
        )


def _resource(con: duckdb.DuckDBPyConnection, relation: Relation, told: Told) -> DltResource:
    import dlt

    rows = con.table_function("query_table", [relation.quoted])
    hints = {name: _hint(str(kind)) for name, kind in zip(rows.columns, rows.types, strict=True)}
    documents = frozenset(name for name, hint in hints.items() if hint.get("data_type") == "json")
    columns = [
        duckdb.FunctionExpression("to_json", column_named(name)).alias(name)
        if name in documents
        else portable_column(name, str(kind)).alias(name)
        for name, kind in zip(rows.columns, rows.types, strict=True)
    ]
    is_empty = rows.limit(1).fetchone() is None

    def batches() -> Iterator[pa.Table]:
        count = replaced = 0
        reader = rows.select(*columns).to_arrow_reader(_BATCH_ROWS)
        if is_empty:
            yield reader.schema.empty_table()
        for batch in reader:
            count += batch.num_rows
            table, texts = without_nul(pa.Table.from_batches([batch]), documents)
            replaced += texts
            yield table
        told(Exported(relation.full_name, count, relation.full_name, replaced))

    resource: DltResource = dlt.resource(
        batches,
        name=relation.name,
        write_disposition="replace",
        # CSV would make nulls of empty texts, and dlt can't copy a Parquet file without rows.
        file_format="csv" if is_empty else "parquet",
        columns={name: hint for name, hint in hints.items() if hint},
    )
    return resource


def _types() -> type:
    """dlt's own types, but that JSON is ``json`` from the first load on: it can't copy into ``jsonb``.

    dlt itself makes it so for Parquet only, and a table that was empty at first comes as CSV.
    """
    from dlt.destinations.impl.postgres.factory import PostgresTypeMapper

    class Types(PostgresTypeMapper):
        sct_to_unbound_dbt = {**PostgresTypeMapper.sct_to_unbound_dbt, "json": "json"}  # noqa: RUF012

    return Types


def _hint(kind: str) -> TColumnSchema:
    """What arrow does not tell dlt of a DuckDB type."""
    if kind == "JSON" or kind.endswith("]") or kind.startswith(("STRUCT(", "MAP(", "UNION(")):
        return {"data_type": "json"}
    if kind == "TIMESTAMP":
        return {"data_type": "timestamp", "timezone": False}
    return {}


@contextmanager
def _settings() -> Iterator[None]:
    """Our settings of dlt in the environment, where it looks first, for the time of the block."""
    before = {name: os.environ.get(name) for name in _SETTINGS}
    os.environ.update(_SETTINGS)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
