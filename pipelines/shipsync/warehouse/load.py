"""Loading packages into the dataset ``raw`` with dlt, through one open DuckDB connection.

One package is one dlt load. A run that was killed inside a load finds the package in dlt's working
folder and ends it before anything else; if that folder is gone too, dlt's cursor, which is stored with
the load, is still the old one, and the same rows are read again.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from shipsync.errors import DatabaseError, ShipsyncError
from shipsync.sources.batches import LoadPackage, Packages, RowBatch
from shipsync.sources.streams import Stream
from shipsync.sources.tables import TABLES
from shipsync.statements import statement
from shipsync.warehouse import recovery
from shipsync.warehouse.database import explained

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from dlt.extract import DltSource

DATASET = "raw"
_NEXT = timedelta(microseconds=1)
_SETTINGS = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "CRITICAL",
    "NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID": "true",
    "DATA_WRITER__DISABLE_COMPRESSION": "true",
    "EXTRACT__DATA_WRITER__BUFFER_MAX_ITEMS": "5000",
    "LOAD__DELETE_COMPLETED_JOBS": "true",
}


def working_folder(database: Path) -> Path:
    """Where dlt keeps the packages of ``database`` that are under way."""
    return database.with_name(f"{database.name}.dlt")


class Loader:
    """Loads into one database; ``con`` stays the caller's."""

    def __init__(self, con: duckdb.DuckDBPyConnection, database: Path) -> None:
        # dlt reads its settings when it is imported and made; ours must hold whatever folder we are in.
        os.environ.update(_SETTINGS)
        import dlt

        # Arrow's own pool keeps what it frees, and a long load would hold twice what it needs.
        pa.set_memory_pool(pa.system_memory_pool())
        logging.getLogger("dlt").setLevel(logging.CRITICAL)
        self._con = con
        self._database = database
        self._latest: dict[str, datetime | None] = {}
        with explained(database):
            self._pipeline = dlt.pipeline(
                pipeline_name="shipsync",
                pipelines_dir=str(working_folder(database)),
                destination=_destination(con),
                dataset_name=DATASET,
            )

    def prepare(self) -> None:
        """End loads that a killed run left behind, and make every raw table that is missing."""
        from shipsync.sources.resources import empty_source

        with self._plainly():
            self._pipeline.sync_destination()
            recovery.tidy(Path(self._pipeline.working_dir))
            if self._pipeline.has_pending_data:
                self._pipeline.run()
        found = self._con.execute(statement("shipsync.warehouse", "list_raw_tables")).fetchall()
        missing = tuple(table for table in TABLES if (table.name,) not in found)
        if missing:
            self._run(empty_source(missing))

    def load(
        self,
        stream: Stream,
        begin: Callable[[datetime | None], Iterator[RowBatch]],
        *,
        package_pages: int,
        lag_seconds: float | None,
        valid_from: Callable[[], datetime],
        between: Callable[[LoadPackage], None],
    ) -> int:
        """Load all batches that ``begin`` gives from the cursor on; returns the number of packages.

        ``begin`` is called once, with the instant from which to read (None: from the beginning, or
        always if ``lag_seconds`` is None). ``between`` is called after each package is committed. Versions
        begin at ``valid_from``, asked for each package, or just after the last version that is held.
        """
        from shipsync.sources.resources import package_source

        packages: Packages | None = None
        drawn: LoadPackage | None = None
        handed: list[LoadPackage | None] = []
        count = 0

        def draw(start: datetime | None) -> LoadPackage | None:
            nonlocal packages, drawn
            if packages is None:
                packages = Packages(begin(start), package_pages)
            package = packages.take()
            if not package.must_load:
                drawn = None
                return None
            package = replace(package, valid_from=self._boundary(stream, valid_from()))
            drawn = replace(package, tables={})
            return package

        def hand_on(start: datetime | None) -> LoadPackage | None:
            return handed.pop()

        while packages is None or packages.has_more:
            if lag_seconds is not None:
                self._run(package_source(stream, draw, lag_seconds=lag_seconds))
            else:
                # No cursor of dlt's is needed: draw first, and start it only if there is a load.
                with explained(self._database):
                    handed[:] = [draw(None)]
                if drawn is not None:
                    self._run(package_source(stream, hand_on, lag_seconds=None))
            if drawn is not None:
                count += 1
                between(drawn)
        return count

    def _boundary(self, stream: Stream, valid_from: datetime) -> datetime:
        """When the versions of a package begin: never at or before what the tables hold already."""
        if stream.name not in self._latest:
            cursor = self._con.cursor()
            query = statement("shipsync.warehouse", "latest_validity")
            named = [
                f"raw.{t.name}" for t in stream.tables if t.loading in ("versions", "snapshot")
            ]
            found = [cursor.execute(query, {"table": name}).fetchone() for name in named]
            self._latest[stream.name] = max(
                (row[0] for row in found if row and row[0]), default=None
            )
        latest = self._latest[stream.name]
        if latest is not None and valid_from <= latest:
            valid_from = latest + _NEXT
        self._latest[stream.name] = valid_from
        return valid_from

    def _run(self, source: DltSource) -> None:
        with self._plainly():
            self._pipeline.run(source)

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        """dlt wraps what went wrong; hand on our own error, or say what DuckDB said."""
        from dlt.pipeline.exceptions import PipelineStepFailed

        try:
            yield
        except PipelineStepFailed as failure:
            for cause in _causes(failure):
                # dlt wraps an interrupt from the keyboard too.
                if isinstance(cause, ShipsyncError | KeyboardInterrupt):
                    raise cause from None
                if isinstance(cause, duckdb.Error | OSError):
                    with explained(self._database):
                        raise cause from None
            raise DatabaseError(
                f"Loading into {self._database} failed: {str(failure).splitlines()[0]}"
            ) from failure


def _destination(con: duckdb.DuckDBPyConnection) -> Any:
    """dlt's DuckDB destination, which finds out what DuckDB can do once and not ten times a load."""
    import dlt
    from dlt.common.destination import DestinationCapabilitiesContext

    class Remembering(dlt.destinations.duckdb):
        # dlt keeps it in its state, and looks for a class of that name.
        destination_type = "dlt.destinations.duckdb"
        _able_to: DestinationCapabilitiesContext | None = None

        def capabilities(
            self, config: Any = None, naming: Any = None
        ) -> DestinationCapabilitiesContext:
            if config is not None or naming is not None:
                return super().capabilities(config, naming)
            if self._able_to is None:
                self._able_to = super().capabilities()
            return self._able_to.copy()

    return Remembering(con)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        current = waiting.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [current.__cause__, current.__context__, getattr(current, "exception", None)]
