"""The scheduled job and its parts: account → raw tables → models → deliveries, under one lock.

What is published goes out at the end, when the lock is given back and the copy for readers is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb

from shipsync import clock, queries
from shipsync.alerts import run_end
from shipsync.alerts.publishing import publish_went_well
from shipsync.api.session import Session
from shipsync.errors import ConfigurationError, LockHeld, ShipsyncError
from shipsync.lineage.jobs import Lineage
from shipsync.merchant import Merchant
from shipsync.sources.tables import TABLES
from shipsync.statements import statement
from shipsync.sync.privacy import enforce
from shipsync.sync.reconcile import Comparison
from shipsync.sync.reconcile import reconcile as compare
from shipsync.sync.reports import SyncProgress, SyncReport
from shipsync.sync.retry import RetryReport
from shipsync.sync.retry import retry_quarantine as retry
from shipsync.sync.run import run_sync
from shipsync.warehouse import read_copy, runs
from shipsync.warehouse.builds import Build
from shipsync.warehouse.database import connect, explained
from shipsync.warehouse.ledger import migrate
from shipsync.warehouse.load import Loader
from shipsync.warehouse.memory import build_limit_mb
from shipsync.warehouse.models import BuildReport
from shipsync.warehouse.read_copy import Work
from shipsync.warehouse.recording import BuildProgress, NoBuildProgress
from shipsync.warehouse.runs import Phases

if TYPE_CHECKING:
    from shipsync.connection import Connection
    from shipsync.feed.delivery import DeliveryReport
    from shipsync.feed.target import DeliveryTarget
    from shipsync.publish.run import PublishReport
    from shipsync.publish.writer import PublishTarget

# Whose offset the deliveries of ``run`` go by, and how many events one run sends at most.
CONSUMER: Final = "run"
MOST_DELIVERED_PER_RUN: Final = 50_000


@dataclass(frozen=True)
class Scope:
    """What to read: ``only`` these streams (None: all), and what to read again.

    Of ``since``, ``backfill`` (from, to; None is open) and ``full_refresh`` at most one is given.
    """

    only: frozenset[str] | None = None
    since: datetime | None = None
    backfill: tuple[datetime | None, datetime | None] | None = None
    full_refresh: bool = False


@dataclass(frozen=True)
class JobReport:
    """A sync, the build after it, the delivery after that and the publish at the end.

    ``build`` is None when the account never answered, ``delivery`` and ``publish`` when none is configured
    either. ``publish_failure`` is a sentence that says why nothing was published, ``lineage_failure`` why
    events of lineage did not arrive.
    """

    sync: SyncReport
    build: BuildReport | None
    delivery: DeliveryReport | None = None
    publish: PublishReport | None = None
    publish_failure: str | None = None
    lineage_failure: str | None = None


def run(
    connection: Connection,
    session: Session,
    scope: Scope,
    *,
    progress: SyncProgress | None = None,
    building: BuildProgress | None = None,
) -> JobReport:
    """Sync, build what is due as of the account's time that the sync read up to, deliver, publish.

    A stream that failed leaves the others loaded, and they are built; a publish that fails is told in the
    report. Raises ``LockHeld``, ``DatabaseError``, ``UsageError`` (an unknown stream, no place to deliver to
    or to publish into, a library that is missing) and ``ModelError``.
    """
    target = _target(connection)
    goal = _publish_target(connection.publish_to)
    told = Lineage.of(connection)
    report = _run(connection, session, scope, target, progress, building, told)
    if report.build is not None:
        if goal is not None:
            with told.job("publish") as job:
                report = _published(report, connection, goal)
                job.published(report.publish)
        # Whatever is wrong with an alert, the run is what it is.
        with suppress(Exception):
            if report.publish_failure is None:
                publish_went_well(connection.database)
            else:
                run_end.tell_of_publish(connection)
    return replace(report, lineage_failure=told.failure)


def _run(
    connection: Connection,
    session: Session,
    scope: Scope,
    target: DeliveryTarget | None,
    progress: SyncProgress | None,
    building: BuildProgress | None,
    told: Lineage,
) -> JobReport:
    with _held(connection) as held:
        with told.job("sync") as job:
            synced = job.synced(_sync(connection, session, scope, "run", progress, held.phases))
        if synced.read_up_to is None:
            return JobReport(synced, None)
        with held.phases.measured("build"), told.job("build") as job:
            due = Build(
                connection.database,
                synced.read_up_to,
                connection.changes_since,
                connection.merchant,
                progress=building or NoBuildProgress(),
                memory_limit_mb=build_limit_mb(connection.memory_limit_mb),
            )
            built = job.built(due.what_is_due())
        is_loaded = any(stream.outcome == "loaded" for stream in synced.streams)
        held.work.is_ledger_alone = built.scope == "nothing" and not is_loaded
        with held.phases.measured("deliver"):
            return JobReport(synced, built, _deliver(connection.database, target))


@dataclass(frozen=True)
class _Held:
    """What a run tells of itself while it has the lock: its parts, and whether there is much to copy."""

    work: Work
    phases: Phases


@contextmanager
def _held(connection: Connection) -> Iterator[_Held]:
    """The run lock; at its end phases are recorded, people told what needs them, and readers get a copy."""
    try:
        with read_copy.at_work(connection.database) as work:
            held = _Held(work, Phases())
            try:
                yield held
            except Exception as failure:
                _conclude(connection, held.phases, failure)
                raise
            _conclude(connection, held.phases, None)
    except LockHeld:
        with suppress(Exception):
            run_end.tell_of_lock(connection)
        raise


def _conclude(connection: Connection, phases: Phases, failure: Exception | None) -> None:
    # The ledger may be what failed; the failure that is told is the run's own.
    with suppress(ShipsyncError, duckdb.Error):
        if phases.run_id is not None:
            with connect(connection.database) as con:
                runs.record_phases(con, phases)
    # Whatever is wrong with an alert, the run is what it is.
    with suppress(Exception):
        run_end.tell(connection, failure)


def sync(
    connection: Connection, session: Session, scope: Scope, *, progress: SyncProgress | None = None
) -> SyncReport:
    """Read what changed into the raw tables; errors as ``run``, but for ``ModelError``."""
    with _held(connection) as held:
        return _sync(connection, session, scope, "sync", progress, held.phases)


def build(
    database: Path,
    changes_since: datetime | None,
    *,
    merchant: Merchant | None = None,
    select: str | None = None,
    full_refresh: bool = False,
    progress: BuildProgress | None = None,
    memory_limit_mb: int | None = None,
) -> BuildReport:
    """Build and test all models as of the last sync, or those of ``select``, which takes dbt's syntax.

    Incremental models are fully refreshed when their SQL, or a setting that they read (``merchant``; None:
    the defaults), changed since the last full build, as after an upgrade. ``memory_limit_mb`` is the setting.
    Raises ``LockHeld``, ``DatabaseError`` and ``ModelError``.
    """
    with read_copy.at_work(database):
        _make_new_tables(database)
        with explained(database), connect(database, read_only=True) as con:
            read_at: datetime | None = queries.fetch(con, "last_read").rows[0][0]
        due = Build(
            database,
            read_at or clock.now(),
            changes_since,
            merchant or Merchant(),
            progress=progress or NoBuildProgress(),
            memory_limit_mb=build_limit_mb(memory_limit_mb),
        )
        if select:
            return due.selected(select, full_refresh=full_refresh)
        return due.everything(full_refresh=full_refresh)


def _make_new_tables(database: Path) -> None:
    """Make the tables that came with an upgrade: models read them, and no sync has met them yet."""
    if not database.exists():
        return
    with explained(database), connect(database) as con:
        migrate(con)
        found = con.execute(statement("shipsync.warehouse", "list_raw_tables")).fetchall()
        if found and any((table.name,) not in found for table in TABLES):
            Loader(con, database).prepare()


def reconcile(
    connection: Connection,
    session: Session,
    *,
    only: frozenset[str] | None = None,
    by_counts: bool = False,
) -> list[Comparison]:
    """Compare the stored rows with the account and repair what differs; errors as ``sync``."""
    file = connection.database
    with read_copy.at_work(file):
        enforce(connection)
        with explained(file), _opened(connection) as con:
            migrate(con)
            return compare(con, connection, session, only=only, by_counts=by_counts)


def retry_quarantine(
    connection: Connection, session: Session, *, only: frozenset[str] | None = None
) -> RetryReport:
    """Ask the account again for what was set aside; errors as ``sync``."""
    file = connection.database
    with read_copy.at_work(file):
        enforce(connection)
        with explained(file), _opened(connection) as con:
            migrate(con)
            return retry(con, connection, session, only=only)


def _opened(connection: Connection) -> duckdb.DuckDBPyConnection:
    """The database of a connection, to write to, with the memory that its settings allow."""
    return connect(connection.database, memory_limit_mb=connection.memory_limit_mb)


def _sync(
    connection: Connection,
    session: Session,
    scope: Scope,
    command: str,
    progress: SyncProgress | None,
    phases: Phases,
) -> SyncReport:
    enforced = enforce(connection)
    with (
        phases.measured("sync"),
        explained(connection.database),
        _opened(connection) as con,
    ):
        migrate(con)
        report = run_sync(
            con,
            connection,
            session,
            only=scope.only,
            since=scope.since,
            backfill=scope.backfill,
            full_refresh=scope.full_refresh,
            command=command,
            progress=progress,
        )
    phases.run_id = report.run_id
    report.privacy = str(enforced) if enforced else None
    return report


def _target(connection: Connection) -> DeliveryTarget | None:
    """Where to deliver to; checked before anything is read, so that a wrong setting fails at once."""
    if connection.deliver_to is None:
        return None
    from shipsync.feed.events import source_of
    from shipsync.feed.target import open_target

    if connection.deliver_to == "-":
        raise ConfigurationError(
            "deliver_to is standard output, where a run tells its own result; give an address, a file "
            "or a folder, or use `shipsync changes deliver --to -`."
        )
    source = source_of(connection.name)
    return open_target(connection.deliver_to, source=source, secret=connection.deliver_secret)


def _publish_target(place: str | None) -> PublishTarget | None:
    """Where ``publish_to`` leads. Raises ``UsageError`` for a place that there is no publishing into."""
    if place is None:
        return None
    from shipsync.publish.targets import target

    return target(place)


def _published(report: JobReport, connection: Connection, goal: PublishTarget) -> JobReport:
    """``report`` with what came of publishing; whatever is wrong with a target, the run is what it is."""
    from shipsync.publish.run import publish

    try:
        removed_rows = connection.publish_removed_rows
        done = publish(connection.database, goal, removed_rows=removed_rows)
        return replace(report, publish=done)
    except ShipsyncError as failure:
        return replace(report, publish_failure=str(failure))
    except Exception as failure:
        # The text of an unforeseen error may quote anything; its type does not.
        sentence = (
            f"Publishing stopped on an error that was not foreseen ({type(failure).__name__})."
        )
        return replace(report, publish_failure=sentence)


def _deliver(database: Path, target: DeliveryTarget | None) -> DeliveryReport | None:
    if target is None:
        return None
    from shipsync.feed.delivery import Delivery

    with closing(target), explained(database), connect(database) as con:
        return Delivery(con, CONSUMER, target).deliver(limit=MOST_DELIVERED_PER_RUN)
