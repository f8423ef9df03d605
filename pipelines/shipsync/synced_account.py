"""A ShipStation account and its synced copy, for Python: what ``shipsync.connect`` gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from shipsync import settings
from shipsync.clock import Pacing, SystemPacing
from shipsync.errors import DatabaseLocked, LockHeld, UsageError

if TYPE_CHECKING:
    import duckdb
    import httpx
    import pyarrow as pa

    from shipsync.api.session import Session
    from shipsync.connection import Connection
    from shipsync.feed.consumers import EventBatch, Selection
    from shipsync.job import JobReport, Scope
    from shipsync.metrics.asking import Filters, MetricAnswer
    from shipsync.sync.reports import SyncReport
    from shipsync.tracking import FoundOrders, Order
    from shipsync.tracking.references import OwnAffixes
    from shipsync.warehouse.models import BuildReport

T = TypeVar("T")
Values = Sequence[object] | Mapping[str, object]

# A run takes seconds to minutes; who waits for one looks again each second.
_PAUSE_SECONDS: Final = 1.0
_LONGEST_WAIT: Final = timedelta(minutes=10)


def connect(
    name: str = "default",
    *,
    database: Path | str | None = None,
    config_dir: Path | str | None = None,
) -> SyncedAccount:
    """The account of connection ``name`` and its database; nothing is opened or asked for yet.

    ``database`` is another DuckDB file than the configured one (``data/<name>.duckdb``), ``config_dir``
    another folder of settings than ``.dlt`` in the working directory. Only what asks the account needs
    a key. Raises ``ConfigurationError`` for a setting that is unknown or out of range.
    """
    return SyncedAccount(name, database=database, config_dir=config_dir)


class SyncedAccount:
    """One ShipStation account, and the DuckDB file in which it is kept.

    Used as a context manager, or closed with ``close``, it ends its connections to ShipStation. The file
    is open only while a method is at work on it. For tests, ``transport`` takes the place of the network
    and ``pacing`` that of the clock.
    """

    def __init__(
        self,
        name: str = "default",
        *,
        database: Path | str | None = None,
        config_dir: Path | str | None = None,
        transport: httpx.BaseTransport | None = None,
        pacing: Pacing | None = None,
    ) -> None:
        self._config_dir = None if config_dir is None else Path(config_dir)
        self._local = settings.local(
            name,
            database=None if database is None else Path(database),
            config_dir=self._config_dir,
        )
        self._transport = transport
        self._pacing = pacing or SystemPacing()
        self._session: Session | None = None

    @property
    def name(self) -> str:
        """The connection's name."""
        return self._local.name

    @property
    def database(self) -> Path:
        """The DuckDB file."""
        return self._local.database

    def run(
        self,
        *,
        only: Sequence[str] = (),
        since: datetime | None = None,
        backfill: tuple[datetime | None, datetime | None] | None = None,
        full_refresh: bool = False,
    ) -> JobReport:
        """Sync, build the models and deliver, as ``shipsync run`` does.

        ``only`` names the streams to read (empty: all that are due). At most one of the others is given,
        to read again what changed after ``since``, within ``backfill`` (from, to; None is open), or all.

        A stream that fails leaves the others loaded and is named in ``report.sync.failed``. Raises
        ``LockHeld`` while another run is at work, ``ConfigurationError``, ``UsageError``,
        ``DatabaseError`` and ``ModelError``.
        """
        from shipsync import job

        account, session = self._account()
        return job.run(account, session, _scope(only, since, backfill, full_refresh))

    def sync(
        self,
        *,
        only: Sequence[str] = (),
        since: datetime | None = None,
        backfill: tuple[datetime | None, datetime | None] | None = None,
        full_refresh: bool = False,
    ) -> SyncReport:
        """Read what changed into the raw tables, and no more; arguments and errors are those of ``run``."""
        from shipsync import job

        account, session = self._account()
        return job.sync(account, session, _scope(only, since, backfill, full_refresh))

    def build(self, *, select: str | None = None, full_refresh: bool = False) -> BuildReport:
        """Build the models as of the last sync; ``select`` takes dbt's selection syntax. Needs no key.

        Raises ``LockHeld``, ``DatabaseError`` and ``ModelError``.
        """
        from shipsync import job

        return job.build(
            self.database,
            self._local.changes_since,
            merchant=self._local.merchant,
            select=select,
            full_refresh=full_refresh,
            memory_limit_mb=self._local.memory_limit_mb,
        )

    def track(self, order_id: str, *, live: bool = False) -> Order:
        """Where an order is; ``order_id`` is any of its numbers or ids, or a tracking number.

        By what the last sync brought; with ``live`` the account is asked first, in a few requests, and
        what it says is kept. Raises ``UnknownOrder``, ``AmbiguousOrder`` and ``DatabaseError``; with
        ``live`` also ``LockHeld`` and the errors of reading.
        """
        if live:
            from shipsync.tracking.live import ask

            return ask(*self._account(), order_id)
        from shipsync.tracking import find_order
        from shipsync.warehouse.copies import readable

        with readable(self.database) as con:
            return find_order(con, order_id, self._affixes())

    def track_many(self, order_ids: Sequence[str]) -> FoundOrders:
        """Where many orders are, read together; those not found are in ``unknown`` and ``ambiguous``."""
        from shipsync.tracking import find_orders
        from shipsync.warehouse.copies import readable

        with readable(self.database) as con:
            return find_orders(con, order_ids, self._affixes())

    def read(self, sql: str, values: Values = ()) -> list[dict[str, Any]]:
        """The rows of a query, each as a dict by column name; the database is open to read only.

        ``values`` are bound to ``?`` (a sequence) or ``$name`` (a mapping). While a run is at work, a
        copy of the last committed state is read. Raises ``UsageError`` when DuckDB refuses the query,
        ``DatabaseError`` when there is no database, ``DatabaseLocked`` when it is written to throughout.
        """
        with self._queried(sql, values) as result:
            columns = [column[0] for column in result.description or ()]
            return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]

    def read_arrow(self, sql: str, values: Values = ()) -> pa.Table:
        """The rows of a query as an Arrow table, for pandas or Polars; otherwise as ``read``."""
        with self._queried(sql, values) as result:
            return result.to_arrow_table()

    def metric(
        self,
        name: str,
        *,
        dimensions: Sequence[str] = (),
        period: tuple[date | str | None, date | str | None] | None = None,
        filters: Filters | None = None,
    ) -> MetricAnswer:
        """A number of the shop by its name, with n, coverage and its definition; ``docs/metrics.md`` has all.

        ``dimensions`` are what it is told by, ``period`` the first and the last day (None is open), and
        ``filters`` a value, or several, by dimension. Money is told by currency whatever is asked. Raises
        ``UsageError`` that lists what there is, ``DatabaseError`` before the marts are built.
        """
        from shipsync.metrics.asking import metric, question
        from shipsync.warehouse.copies import readable

        asked = question(name, dimensions, period, filters)
        with readable(self.database) as con:
            return metric(con, asked)

    def changes(
        self,
        consumer: str,
        *,
        triggers: Sequence[str] = (),
        with_touches: bool = True,
        with_object: bool = False,
        limit: int = 500,
        wait: timedelta = _LONGEST_WAIT,
    ) -> Iterator[EventBatch]:
        """The events that ``consumer`` has not acknowledged, in batches of at most ``limit``.

        A batch is acknowledged when the loop comes back for the next one. A loop that ends by an error,
        or by ``break``, has not acknowledged the batch it was at: its events come again, and their
        ``event_id`` tells that they do. ``triggers`` keeps to some kinds of event (empty: all),
        ``with_touches`` leaves in those where only ``modified_at`` moved, ``with_object`` adds the whole
        shipment or fulfillment as it is now.

        While the loop's body is at work the database is neither open nor locked. To acknowledge takes
        the run lock for a moment; a run that is at work is waited for, up to ``wait``, then ``LockHeld``
        is raised. Raises ``UsageError`` for a name or a trigger that cannot be, ``DatabaseError`` before
        the first run.
        """
        from shipsync.feed.consumers import Selection, checked_name

        selection = Selection(tuple(triggers), with_touches)
        return self._changes(checked_name(consumer), selection, with_object, limit, wait)

    def close(self) -> None:
        """End the connections to ShipStation; the next method that needs one opens it again."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"SyncedAccount({self.name!r}, database={str(self.database)!r})"

    def _affixes(self) -> OwnAffixes:
        from shipsync.tracking.references import OwnAffixes

        local = self._local
        return OwnAffixes(local.order_prefixes, local.order_suffixes, local.merchant.zone)

    def _account(self) -> tuple[Connection, Session]:
        from shipsync.api.session import Session

        if self._session is None:
            connection = settings.load(
                self.name, database=self.database, config_dir=self._config_dir
            )
            self._session = Session(connection, transport=self._transport, pacing=self._pacing)
        return self._session.connection, self._session

    def _changes(
        self,
        consumer: str,
        selection: Selection,
        with_object: bool,
        limit: int,
        wait: timedelta,
    ) -> Iterator[EventBatch]:
        from shipsync.feed.consumers import acknowledged, read
        from shipsync.warehouse.copies import readable

        def next_batch() -> tuple[EventBatch, bool]:
            with readable(self.database, is_ledger=True) as con:
                batch = read(
                    con, consumer, selection=selection, limit=limit, with_object=with_object
                )
                return batch, batch.up_to > acknowledged(con, consumer)

        while True:
            batch, is_further = self._patiently(next_batch, wait)
            if batch.events:
                yield batch
            if is_further:
                self._patiently(partial(self._acknowledge, consumer, batch.up_to), wait)
            if not batch.events:
                return

    def _acknowledge(self, consumer: str, up_to: int) -> None:
        from shipsync.feed.consumers import acknowledge
        from shipsync.warehouse import lock
        from shipsync.warehouse.database import connect, explained
        from shipsync.warehouse.ledger import migrate

        with lock.hold(self.database), explained(self.database), connect(self.database) as con:
            migrate(con)
            acknowledge(con, consumer, up_to)

    def _patiently(self, action: Callable[[], T], wait: timedelta) -> T:
        """``action``, again each second while a run stands in its way, until ``wait`` has passed."""
        import tenacity

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type((LockHeld, DatabaseLocked)),
            wait=tenacity.wait_fixed(_PAUSE_SECONDS),
            stop=tenacity.stop_after_attempt(1 + int(wait.total_seconds() / _PAUSE_SECONDS)),
            sleep=self._pacing.sleep,
            reraise=True,
        )
        return retrying(action)

    @contextmanager
    def _queried(self, sql: str, values: Values) -> Iterator[duckdb.DuckDBPyConnection]:
        import duckdb

        from shipsync.warehouse.copies import readable

        with readable(self.database) as con:
            try:
                yield con.execute(sql, values or None)
            except duckdb.Error as error:
                raise UsageError(f"DuckDB refused the query: {error}") from error


def _scope(
    only: Sequence[str],
    since: datetime | None,
    backfill: tuple[datetime | None, datetime | None] | None,
    full_refresh: bool,
) -> Scope:
    from shipsync.job import Scope

    return Scope(frozenset(only) or None, since, backfill, full_refresh)
