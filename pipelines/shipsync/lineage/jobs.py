"""The jobs of one run as a catalog sees them: each begins, and ends well or not.

::

    sync, publish   START when it begins       COMPLETE, FAIL or ABORT when it ends
    build           nothing                    START and its end together, if anything had to be built
    killed          START stays without an end

A build that had nothing to do is not told: a catalog that shows the last run of a job would show it without
tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import uuid4

from shipsync import clock, extras
from shipsync.connection import Connection
from shipsync.lineage.datasets import Flow, of_build, of_publish, of_sync
from shipsync.lineage.events import EventKind, Job, JobKind, event
from shipsync.lineage.receiver import Receiver
from shipsync.publish.run import PublishReport
from shipsync.sync.reports import SyncReport
from shipsync.warehouse.models import BuildReport


class JobRun:
    """Takes what a job came to, and gives it back; ``flow`` makes of it what is told, None if nothing is."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.flow: Callable[[], Flow | None] = lambda: None

    def synced(self, report: SyncReport) -> SyncReport:
        """What a sync came to."""
        self.flow = lambda: of_sync(self._connection, report)
        return report

    def built(self, report: BuildReport) -> BuildReport:
        """What a build came to."""
        self.flow = lambda: of_build(self._connection.database, report)
        return report

    def published(self, report: PublishReport | None) -> None:
        """What a publish came to; None: it failed."""
        to = self._connection.publish_to or ""
        self.flow = lambda: of_publish(self._connection.database, to, report)


class Lineage:
    """Tells ``receiver`` of the jobs of one run; without a receiver nothing is told and nothing is loaded."""

    def __init__(self, connection: Connection, receiver: Receiver | None) -> None:
        self._connection = connection
        self._receiver = receiver

    @classmethod
    def of(cls, connection: Connection) -> Lineage:
        """By the settings of ``connection``. Raises ``MissingLibrary``."""
        if connection.lineage_to is None:
            return cls(connection, None)
        extras.require("Telling of lineage (lineage_to)", extras.OPENLINEAGE)
        return cls(connection, Receiver(connection.lineage_to, connection.lineage_key))

    @property
    def failure(self) -> str | None:
        """Why events did not arrive, as a sentence; None if all did."""
        return self._receiver.failure if self._receiver else None

    @contextmanager
    def job(self, kind: JobKind) -> Iterator[JobRun]:
        """Tell of the job in the block, which says what it came to; what it raises is raised on."""
        run, began = JobRun(self._connection), clock.now()
        job = Job(f"{self._connection.name}.{kind}", kind, uuid4())
        if kind != "build":
            self._tell("START", began, job, Flow)
        try:
            yield run
        except BaseException as failure:
            # Its text may quote anything; its type does not.
            sentence = f"It stopped on {type(failure).__name__}. `shipsync runs` says why."
            is_failure = isinstance(failure, Exception)
            self._end("FAIL" if is_failure else "ABORT", began, job, lambda: Flow(failure=sentence))
            raise
        self._end("COMPLETE", began, job, run.flow)

    def _end(
        self, kind: EventKind, began: datetime, job: Job, came_to: Callable[[], Flow | None]
    ) -> None:
        if job.kind == "build":
            self._tell("START", began, job, lambda: None if came_to() is None else Flow())
        self._tell(kind, clock.now(), job, came_to)

    def _tell(
        self, kind: EventKind, at: datetime, job: Job, came_to: Callable[[], Flow | None]
    ) -> None:
        if self._receiver is None or self._receiver.failure is not None:
            return
        # Whatever is wrong with an event, the run is what it is.
        try:
            if (flow := came_to()) is not None:
                is_failed = kind == "COMPLETE" and flow.failure is not None
                self._receiver.put(event("FAIL" if is_failed else kind, at, job, flow))
        except Exception as failure:
            self._receiver.failure = f"No event could be made ({type(failure).__name__})."
