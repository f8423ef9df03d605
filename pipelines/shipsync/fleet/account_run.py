"""A run of one account of a fleet: a process of its own, and what became of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import orjson

from shipsync import clock
from shipsync.fleet.accounts import FleetAccount

Outcome = Literal["done", "needs a person", "failed", "at work already", "took too long"]

PROGRAM: Final = (sys.executable, "-m", "shipsync")
_BY_EXIT_CODE: Final[Mapping[int, Outcome]] = {
    0: "done",
    3: "needs a person",
    4: "at work already",
}
_TIME_TO_END: Final = 30.0
_LONGEST_SENTENCE: Final = 1000


@dataclass(frozen=True)
class AccountRun:
    """One run of one account.

    ``exit_code`` is that of ``shipsync run``, negative for a signal; ``requests`` and ``rows`` count what was
    asked and what was new, None where the run did not come so far; ``read_up_to`` is the account's time up to
    which it read, ``lag_seconds`` how long before its end that was. ``said`` is what it said of trouble.
    """

    account: str
    outcome: Outcome
    exit_code: int
    started_at: datetime
    finished_at: datetime
    requests: int | None = None
    rows: int | None = None
    read_up_to: datetime | None = None
    said: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the tables are up to date, though something may need a person."""
        return self.outcome in ("done", "needs a person")

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def lag_seconds(self) -> float | None:
        """How old the newest that was read can be, at its end."""
        if self.read_up_to is None:
            return None
        return (self.finished_at - self.read_up_to).total_seconds()


def carry_out(
    account: FleetAccount, deadline: timedelta, program: Sequence[str] = PROGRAM
) -> AccountRun:
    """Run ``shipsync run`` of ``account``, and end it at its deadline. Never raises for what it does.

    No key stands in its command line. One that is ended is safe: the next run goes on from there.
    """
    started_at = clock.now()
    command = [*program, "run", "--connection", account.name, "--json"]
    process = subprocess.Popen(
        command,
        env=os.environ | account.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    is_late = False
    try:
        out, err = process.communicate(timeout=deadline.total_seconds())
    except subprocess.TimeoutExpired:
        is_late = True
        out, err = _ended(process)
    except BaseException:
        _ended(process)
        raise
    said = err.decode("utf-8", "replace").strip()
    outcome = _BY_EXIT_CODE.get(process.returncode, "failed")
    if is_late:
        outcome = "took too long"
        said = f"It was ended {deadline} after its beginning; the next run goes on from there."
    elif process.returncode < 0:
        said = said or f"It was ended by signal {-process.returncode}."
    report = _document(out).get("sync")
    return AccountRun(
        account.name,
        outcome,
        process.returncode,
        started_at,
        clock.now(),
        said=said[-_LONGEST_SENTENCE:],
        **(_of_report(report) if isinstance(report, dict) else {}),
    )


def _ended(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    process.terminate()
    try:
        return process.communicate(timeout=_TIME_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()


def _document(out: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(out)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _of_report(report: Mapping[str, Any]) -> dict[str, Any]:
    read_up_to = report.get("read_up_to")
    return {
        "requests": report.get("requests"),
        "rows": sum(stream.get("rows", 0) for stream in report.get("streams", ())),
        "read_up_to": datetime.fromisoformat(read_up_to) if read_up_to else None,
    }
