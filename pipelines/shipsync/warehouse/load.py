"""Loading packages into the dataset ``raw`` with dlt, through one open DuckDB connection.

One package is one dlt load. A run that was killed inside a load finds the package in dlt's working
folder and ends it before anything else; if that folder is gone too, dlt's cursor, which is stored with
the load, is still the old one, and the same rows are read again.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from shipsync import owner_only
from shipsync.errors import LoadFailed, ShipsyncError
from shipsync.plurals import counted
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
_LONGEST_CAUSE = 200
LONG_LOG = 32_000_000
"""Bytes of DuckDB's log from which on it is emptied between two packages."""
_CHECKPOINT_ATTEMPTS = 100
_A_MOMENT = threading.Event()
# What DuckDB says of rows, and not of the file, the disk or the memory.
_REFUSED = (
    duckdb.DataError,
    duckdb.IntegrityError,
    duckdb.ProgrammingError,
    duckdb.NotSupportedError,
)
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


def forget_loaded(database: Path) -> None:
    """Remove dlt's working folder: what is under way is read again, and dlt's state is in the database."""
    shutil.rmtree(working_folder(database), ignore_errors=True)


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
            owner_only.make_folder(working_folder(database))
            self._pipeline = dlt.pipeline(
                pipeline_name="shipsync",
                pipelines_dir=str(working_folder(database)),
                destination=_destination(con),
                dataset_name=DATASET,
            )

    def prepare(self) -> None:
        """End loads that a killed run left behind, and make every raw table that is missing."""
        from shipsync.sources.resources import empty_source

        with self._plainly("The raw tables"):
            self._pipeline.sync_destination()
            recovery.tidy(Path(self._pipeline.working_dir))
        if self._pipeline.has_pending_data:
            # What cannot be ended is dropped by then: its rows are read again, for no cursor has moved.
            with suppress(LoadFailed), self._plainly("What an earlier run left half loaded"):
                self._pipeline.run()
        found = self._con.execute(statement("shipsync.warehouse", "list_raw_tables")).fetchall()
        missing = tuple(table for table in TABLES if (table.name,) not in found)
        if missing:
            self._run(empty_source(missing), "The raw tables")

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
        begin at ``valid_from``, asked for each package, or just after the last version that is stored.
        """
        from shipsync.sources.resources import package_source

        drawing = _Drawing(begin, package_pages, lambda: self.boundary(stream, valid_from()))
        count = 0
        while drawing.has_more:
            if lag_seconds is not None:
                source = package_source(stream, drawing.draw, lag_seconds=lag_seconds)
                self._run(source, drawing.described_for(stream))
            else:
                # No cursor of dlt's is needed: draw first, and start it only if there is a load.
                with explained(self._database):
                    package = drawing.draw(None)
                if package is not None:
                    handed = iter([package])
                    source = package_source(stream, lambda _: next(handed), lag_seconds=None)  # noqa: B023 - called before the next one
                    self._run(source, drawing.described_for(stream))
            if drawing.drawn is not None:
                count += 1
                between(drawing.drawn)
                self._checkpoint()
        return count

    def _checkpoint(self) -> None:
        """Empty DuckDB's log into the file, once it is long.

        DuckDB itself does so only if nobody else is at work on the database as a load is committed, and
        somebody is as long as the next package is being read.
        """
        log = self._database.with_name(f"{self._database.name}.wal")
        for _ in range(_CHECKPOINT_ATTEMPTS):
            if not log.exists() or log.stat().st_size < LONG_LOG:
                return
            try:
                self._con.execute("checkpoint")
            except duckdb.TransactionException:
                _A_MOMENT.wait(0.02)

    def boundary(self, stream: Stream, valid_from: datetime) -> datetime:
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

    def _run(self, source: DltSource, what: str | Callable[[], str]) -> None:
        from dlt.common.runtime import signals

        # dlt keeps an interrupt for the end of its step. It must outlast that step.
        with self._plainly(what), signals.intercepted_signals():
            self._pipeline.run(source)
            signals.raise_if_signalled()

    @contextmanager
    def _plainly(self, what: str | Callable[[], str]) -> Iterator[None]:
        """dlt wraps what went wrong; hand on our own error, or say what DuckDB said of ``what``."""
        from dlt.common.exceptions import SignalReceivedException
        from dlt.pipeline.exceptions import PipelineStepFailed

        try:
            yield
        except SignalReceivedException:
            raise KeyboardInterrupt from None
        except PipelineStepFailed as failure:
            causes = list(_causes(failure))
            for cause in causes:
                # dlt wraps an interrupt from the keyboard too.
                if isinstance(cause, KeyboardInterrupt):
                    raise KeyboardInterrupt from None
                if isinstance(cause, ShipsyncError):
                    raise cause from None
                if isinstance(cause, duckdb.OutOfMemoryException):
                    # Kept, it would be tried again before any other stream, and fail again.
                    self._pipeline.abort_packages()
                if isinstance(cause, duckdb.Error | OSError) and not isinstance(cause, _REFUSED):
                    with explained(self._database):
                        raise cause from None
            # Kept, it would be tried again before anything else in every run to come.
            self._pipeline.abort_packages()
            said = what if isinstance(what, str) else what()
            raise LoadFailed(
                f"{said} could not be loaded into {self._database}: {_told(causes)}. Nothing of it was "
                "kept and its rows are read again by the next run; other streams go on. `shipsync --debug` "
                "shows the trace to report."
            ) from failure


class _Drawing:
    """Draws the packages of one load; ``drawn`` is the last one without its rows, None if it had none."""

    def __init__(
        self,
        begin: Callable[[datetime | None], Iterator[RowBatch]],
        size: int,
        boundary: Callable[[], datetime],
    ) -> None:
        self._begin = begin
        self._size = size
        self._boundary = boundary
        self._packages: Packages | None = None
        self.drawn: LoadPackage | None = None

    @property
    def has_more(self) -> bool:
        """Whether nothing was drawn yet, or something is left."""
        return self._packages is None or self._packages.has_more

    def draw(self, start: datetime | None) -> LoadPackage | None:
        """The next package, None if it holds nothing to load; reads what there is to read for it."""
        self.drawn = None
        with _interruptible():
            if self._packages is None:
                self._packages = Packages(self._begin(start), self._size)
            package = self._packages.take()
        if not package.must_load:
            return None
        package = replace(package, valid_from=self._boundary())
        self.drawn = replace(package, tables={})
        return package

    def described_for(self, stream: Stream) -> Callable[[], str]:
        """Tells which rows the package holds, so that a person finds the one that is the cause."""
        return lambda: _described(stream, self.drawn)


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


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C stops a reading at once: dlt, which extracts by it, would let it go on to its end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, ours)


def _described(stream: Stream, package: LoadPackage | None) -> str:
    if package is None or not package.ids:
        return f"Stream {stream.name}"
    ids = sorted(key.replace("\x1f", "/") for key in package.ids)
    if len(ids) == 1:
        return f"{ids[0]} of stream {stream.name}"
    return f"{counted(len(ids), 'row')} of stream {stream.name}, {ids[0]} to {ids[-1]},"


def _told(causes: Sequence[BaseException]) -> str:
    """The innermost cause: its kind and the beginning of what it says."""
    innermost = causes[-1]
    said = " ".join(str(innermost).split())
    return f"{type(innermost).__name__}{f' ({said[:_LONGEST_CAUSE]})' if said else ''}"


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
