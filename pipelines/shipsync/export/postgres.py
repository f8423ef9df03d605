"""A Postgres database: a schema for each schema, loaded by dlt from arrow through ADBC.

dlt fills staging tables (``core_staging``) first and then replaces each table in a transaction of its
own, so that readers see a table as it was or as it is, and views on it stay.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit

import duckdb
import pyarrow as pa

from shipsync import extras
from shipsync.connection import Secret
from shipsync.errors import ExportFailed, UsageError
from shipsync.export.relation import Relation
from shipsync.export.target import Exported, Told

if TYPE_CHECKING:
    from dlt.common.schema.typing import TColumnSchema
    from dlt.extract import DltResource

FORM: Final = "postgresql://USER:PASSWORD@HOST/DATABASE"
_LOCK_TIMEOUT: Final = "10s"
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

    def write(
        self, con: duckdb.DuckDBPyConnection, relations: Sequence[Relation], told: Told
    ) -> None:
        """Replace the tables, schema by schema; those not reached by a failure are as they were.

        JSON and nested columns become ``json``. Raises ``ExportFailed``.
        """
        with _settings(), TemporaryDirectory(prefix="shipsync-export-") as folder:
            import dlt
            from dlt.pipeline.exceptions import PipelineStepFailed

            logging.getLogger("dlt").setLevel(logging.CRITICAL)
            for schema, group in groupby(relations, key=lambda relation: relation.schema):
                pipeline = dlt.pipeline(
                    pipeline_name=f"shipsync_export_{schema}",
                    pipelines_dir=folder,
                    destination=dlt.destinations.postgres(
                        self.url.reveal(),
                        replace_strategy="insert-from-staging",
                        truncate_staging_dataset=True,
                        type_mapper=_types(),
                    ),
                    dataset_name=schema,
                )
                try:
                    pipeline.run([_resource(con, relation, told) for relation in group])
                except PipelineStepFailed as failure:
                    raise self._failed(failure) from failure

    def _failed(self, failure: Exception) -> Exception:
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
            "the server and export again."
        )


def postgres(text: str) -> Postgres:
    """The target that ``text`` (postgresql://...) names; what is wrong with it is told without it.

    Raises ``UsageError``, also ``MissingLibrary`` when there is no driver.
    """
    try:
        parts = urlsplit(text)
        host, port, user = parts.hostname, parts.port, parts.username
    except ValueError:
        raise _malformed() from None
    database = parts.path.removeprefix("/")
    if not (host and user and database) or "/" in database:
        raise _malformed()
    extras.require("An export to Postgres", extras.POSTGRES)
    address = f"[{host}]" if ":" in host else host
    place = f"postgresql://{user}@{address}{f':{port}' if port else ''}/{database}"
    passwords = {parts.password or "", *parse_qs(parts.query).get("password", ())}
    texts = passwords | {unquote(password) for password in passwords} | {text}
    longest_first = sorted(filter(None, texts), key=len, reverse=True)
    return Postgres(
        Secret(_impatient(parts)), tuple(Secret(secret) for secret in longest_first), place
    )


def _impatient(parts: SplitResult) -> str:
    """The address with a limit on waiting for a table that somebody reads, unless it has options.

    The run lock is held meanwhile: a forgotten transaction in a BI tool must not keep runs from starting.
    """
    query = dict(parse_qsl(parts.query))
    query.setdefault("options", f"-clock_timeout={_LOCK_TIMEOUT}")
    return parts._replace(query=urlencode(query, quote_via=quote)).geturl()


def _malformed() -> UsageError:
    return UsageError(
        f"This is no address of a Postgres database. Write {FORM}, with %-escapes for characters such "
        "as @ and / in the password."
    )


def _resource(con: duckdb.DuckDBPyConnection, relation: Relation, told: Told) -> DltResource:
    import dlt

    rows = con.table_function("query_table", [relation.quoted])
    hints = {name: _hint(str(kind)) for name, kind in zip(rows.columns, rows.types, strict=True)}
    columns = [duckdb.ColumnExpression(name) for name in rows.columns]
    for position, name in enumerate(rows.columns):
        if hints[name].get("data_type") == "json":
            columns[position] = duckdb.FunctionExpression("to_json", columns[position]).alias(name)
    is_empty = rows.limit(1).fetchone() is None

    def batches() -> Iterator[pa.Table]:
        count = 0
        reader = rows.select(*columns).to_arrow_reader(_BATCH_ROWS)
        if is_empty:
            yield reader.schema.empty_table()
        for batch in reader:
            count += batch.num_rows
            yield pa.Table.from_batches([batch])
        told(Exported(relation.full_name, count, relation.full_name))

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
