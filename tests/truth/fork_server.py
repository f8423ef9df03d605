"""A process that has everything loaded and forks a child for each run, so that runs can be killed.

Starting Python with dlt and dbt takes seconds; a fork takes none. Reads one order a line from standard
input (JSON, see ``Order``) and answers each with a line: how the child ended and how far it came.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pendulum

from shipsync import job
from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.connection import Connection, Secret
from shipsync.job import Scope
from shipsync.warehouse import models
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate
from shipsync.warehouse.load import Loader

FILE_EVENTS = frozenset({"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"})


@dataclass(frozen=True)
class Order:
    """A run to be made, and when it is to be killed: at most one of the ``after_`` is given.

    ``after_requests`` answered, ``after_files`` opened, renamed or removed, ``after_seconds``, or
    ``at_seam``: about to do that to a file the first time (see ``seam``). ``action`` is ``sync``,
    ``build``, ``run`` or ``reconcile``. With ``now``, the account's time, no wait takes any time;
    ``deliver_to`` is where a run delivers to.
    """

    action: str
    database: str
    base_url: str
    after_requests: int | None = None
    after_files: int | None = None
    after_seconds: float | None = None
    at_seam: str | None = None
    now: str | None = None
    deliver_to: str | None = None

    def line(self) -> str:
        """As the fork server reads it."""
        return json.dumps(asdict(self)) + "\n"


@dataclass(frozen=True)
class Ending:
    """How a run ended: ``killed``, or else ``error`` (None if all went well) and what it took."""

    killed: bool
    error: str | None = None
    requests: int = 0
    files: int = 0
    seams: tuple[str, ...] = ()


def seam(event: str, path: object) -> str:
    """What is done to which kind of file, with the digits of its name left out."""
    return f"{event} {re.sub('[0-9a-f]{8,}|[0-9]+', '#', str(path).partition('.dlt/')[2])}"


def connection(order: Order) -> Connection:
    """The connection of every run: small pages, small packages, no pace to keep."""
    return Connection(
        "default",
        Secret("emulator-key"),
        Path(order.database),
        base_url=order.base_url,
        requests_per_minute=1_000_000,
        page_size=20,
        checkpoint_pages=2,
        deliver_to=order.deliver_to,
    )


def die() -> None:
    """End this process as ``kill -9`` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def run(order: Order) -> Ending:
    """Make the run, and die on the way if that is asked for."""
    requests = files = 0

    def answered(stream: str) -> None:
        nonlocal requests
        requests += 1
        if requests == order.after_requests:
            die()

    seams: dict[str, None] = {}

    def audit(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal files
        if event not in FILE_EVENTS:
            return
        files += 1
        if event != "open":
            seams[name := seam(event, arguments[0])] = None
            if name == order.at_seam:
                die()
        if files == order.after_files:
            die()

    sys.addaudithook(audit)
    settings = connection(order)
    pacing = (
        JumpingPacing(pendulum.instance(datetime.fromisoformat(order.now))) if order.now else None
    )
    with Session(settings, on_request=answered, pacing=pacing) as session:
        error = _made(order, settings, session)
    return Ending(False, error, requests, files, tuple(seams))


def _made(order: Order, settings: Connection, session: Session) -> str | None:
    """Make the run; what failed in it."""
    match order.action:
        case "build":
            job.build(settings.database, None)
            return None
        case "reconcile":
            differ = [one for one in job.reconcile(settings, session) if not one.agrees]
            return f"windows differ: {differ[:3]}" if differ else None
        case "sync":
            return _failures(job.sync(settings, session, Scope()))
        case _:
            return _failures(job.run(settings, session, Scope()).sync)


def _failures(report: Any) -> str | None:
    return "; ".join(f"{stream.stream}: {stream.error}" for stream in report.failed) or None


def carry_out(order: Order) -> Ending:
    """Fork a child for the run, kill it when its time has come, and say how it ended."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _be_the_child(order, lambda ending: os.write(writer, json.dumps(asdict(ending)).encode()))
    os.close(writer)
    if order.after_seconds is not None:
        ended = signal.sigtimedwait({signal.SIGCHLD}, order.after_seconds)
        if ended is None:
            os.kill(child, signal.SIGKILL)
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    signal.sigtimedwait({signal.SIGCHLD}, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return Ending(True)
    return Ending(**json.loads(said)) if said else Ending(False, f"ended with {status}")


def _be_the_child(order: Order, tell: Callable[[Ending], object]) -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    try:
        tell(run(order))
    except BaseException as error:
        tell(Ending(False, f"{type(error).__name__}: {error}"))
    finally:
        os._exit(0)


def main(scratch: Path) -> None:
    """Load everything once, then take orders until the input ends."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    database = scratch / "shop.duckdb"
    with connect(database) as con:
        migrate(con)
        Loader(con, database).prepare()
    models.build(database, now=datetime(2026, 1, 1, tzinfo=UTC))
    for line in sys.stdin:
        print(json.dumps(asdict(carry_out(Order(**json.loads(line))))), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
