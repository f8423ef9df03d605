"""A round: a run of every account, so many at a time, the one that waited longest first.

An account that fails, is slow or has a revoked key takes the place of one worker until its deadline, and
holds up no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from shipsync.fleet.account_run import PROGRAM, AccountRun, carry_out
from shipsync.fleet.accounts import FleetAccount
from shipsync.fleet.record import FleetRecord
from shipsync.warehouse import lock

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def run_round(
    accounts: Sequence[FleetAccount],
    record_file: Path,
    *,
    workers: int,
    deadline: timedelta,
    program: Sequence[str] = PROGRAM,
) -> Iterator[AccountRun]:
    """Run each account once; gives each run as it ends, when it is recorded in ``record_file``.

    ``deadline`` bounds the run of one account. Raises ``LockHeld`` while another round is at work on the
    same record, ``DatabaseError`` if it cannot be used. Ended early, it waits for
    the runs at work, and those that wait for a worker don't begin.
    """
    with lock.hold(record_file):
        record = FleetRecord(record_file)
        last = record.last_ended()
        waiting = sorted(accounts, key=lambda account: last.get(account.name, _NEVER))
        one = partial(carry_out, deadline=deadline, program=program)
        with ThreadPoolExecutor(workers, thread_name_prefix="fleet") as pool:
            runs = [pool.submit(one, account) for account in waiting]
            try:
                for run in as_completed(runs):
                    ended = run.result()
                    record.put(ended)
                    yield ended
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
