"""Tables at a destination of dlt: parts of them replaced by its delete-insert, and read back.

Every row has the label of its part in ``published_part``, and that is the merge key. A row that only says
``published_gone`` stands in each load for each part that is replaced: dlt deletes the part's rows for it and
inserts no row of it, so a part may also become empty.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb

from shipsync.publish.source import STATEMENTS
from shipsync.statements import statement

if TYPE_CHECKING:
    import pyarrow as pa
    from dlt import Pipeline

PART: Final = "published_part"
GONE: Final = "published_gone"
_PIPELINE: Final = "shipsync_publish"
_ROWS_AT_A_TIME: Final = 20_000
_SETTINGS: Final = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "CRITICAL",
    # A sync in this process has set it for its own tables.
    f"{_PIPELINE.upper()}__RESTORE_FROM_DESTINATION": "false",
    f"{_PIPELINE.upper()}__NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID": "false",
}


class DestinationFailed(Exception):
    """What a driver said, in its words; it may hold a password."""


@dataclass(frozen=True)
class Replacement:
    """What a load does to one table: all rows whose ``key`` is one of ``values`` go, and ``rows`` come.

    ``columns`` are those of ``rows``; hints are dlt's.
    """

    table: str
    key: str
    values: Sequence[Any]
    columns: pa.Schema
    rows: Iterable[pa.Table]
    hints: Mapping[str, Any] = field(default_factory=dict)


class DltTables:
    """Tables at ``destination``, in datasets by their names; dlt works in ``folder``."""

    def __init__(self, destination: Any, folder: Path) -> None:
        # dlt reads its settings when it is made; ours must hold whatever folder we are in.
        os.environ.update(_SETTINGS)
        logging.getLogger("dlt").setLevel(logging.CRITICAL)
        self._destination = destination
        self._folder = folder

    def replace(self, dataset: str, replacements: Sequence[Replacement]) -> None:
        """Carry out ``replacements`` as one load of dlt."""
        import dlt
        from dlt.pipeline.exceptions import PipelineStepFailed

        source = dlt.source(lambda: [_resource(each) for each in replacements], name=_PIPELINE)
        with self._pipeline(dataset) as pipeline:
            try:
                pipeline.run(source())
            except PipelineStepFailed as failure:
                # What dlt says of the step names folders that are gone by then.
                raise (failure.__cause__ or failure) from failure

    def columns(self, dataset: str, table: str) -> set[str] | None:
        """The names of a table's columns at the destination; None where there is no such table."""
        with self._client(dataset) as client:
            is_there, columns = client.get_storage_table(self.name(table))
        return set(columns) if is_there else None

    def rows(self, dataset: str, table: str) -> Iterator[pa.Table]:
        """All rows of a table, some at a time, with columns in lower case."""
        with self._client(dataset) as client:
            sql = client.sql_client
            text = statement(STATEMENTS, "dlt_all_rows")
            query = text.format(table=sql.make_qualified_table_name(self.name(table)))
            with sql.execute_query(query) as cursor:
                for rows in cursor.iter_arrow(chunk_size=_ROWS_AT_A_TIME):
                    yield rows.rename_columns([name.lower() for name in rows.column_names])

    def drop(self, dataset: str, tables: Sequence[str]) -> None:
        """Drop tables with what dlt knows of them; those that are not there are no error."""
        names = [self.name(table) for table in tables]
        with self._client(dataset) as client:
            if client.is_storage_initialized():
                client.drop_tables(*names)
            with client.with_staging_dataset():
                if client.is_storage_initialized():
                    client.drop_tables(*names)

    def name(self, name: str) -> str:
        """A table or column as dlt calls it."""
        import dlt

        return dlt.Schema("names").naming.normalize_identifier(name)

    @contextmanager
    def _client(self, dataset: str) -> Iterator[Any]:
        from dlt.common.exceptions import DltException

        with self._pipeline(dataset) as pipeline:
            try:
                with pipeline.destination_client() as client:
                    yield client
            except DltException:
                raise
            except Exception as failure:
                # Some clients hand on what their driver says of a connection.
                raise DestinationFailed(str(failure)) from failure

    @contextmanager
    def _pipeline(self, dataset: str) -> Iterator[Pipeline]:
        """A pipeline that knows nothing of earlier ones: what is there, it asks the destination."""
        import dlt

        pipeline = dlt.pipeline(
            pipeline_name=_PIPELINE,
            pipelines_dir=str(self._folder / dataset),
            destination=self._destination,
            dataset_name=dataset,
        )
        try:
            yield pipeline
        finally:
            pipeline.deactivate()


def _resource(replacement: Replacement) -> Any:
    import dlt
    import pyarrow as pa

    columns = replacement.columns.append(pa.field(GONE, pa.bool_()))

    def rows() -> Iterator[pa.Table]:
        gone = [{replacement.key: value, GONE: True} for value in replacement.values]
        yield pa.Table.from_pylist(gone, columns)
        for table in replacement.rows:
            yield table.append_column(GONE, pa.nulls(len(table), pa.bool_())).cast(columns)

    hints: Any = {**replacement.hints, GONE: {"data_type": "bool", "hard_delete": True}}
    return dlt.resource(
        rows,
        name=replacement.table,
        write_disposition={"disposition": "merge", "strategy": "delete-insert"},
        merge_key=replacement.key,
        columns=hints,
    )


def arrow_of(rows: duckdb.DuckDBPyRelation) -> Iterator[pa.Table]:
    """Rows as Arrow has them, some at a time."""
    import pyarrow as pa

    with rows.to_arrow_reader(_ROWS_AT_A_TIME) as reader:
        for batch in reader:
            yield pa.Table.from_batches([batch])
