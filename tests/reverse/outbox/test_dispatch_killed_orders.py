"""Hundreds of rows of each kind through faults and ``kill -9``: the ledger against the account's journal."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random

import orjson
import pytest

from reverse.killing import Killer
from reverse.orders_shop import Office, open_office
from reverse.write_kinds import fulfillment_rows, pending, shipment_rows
from shipsync.emulator import Fault, FaultKind, serve
from shipsync.reverse.outbox.states import WriteState
from shipsync.reverse.outbox.store import LedgerEntry

ROWS = 300
KILLS = 40
SENDING = Path(__file__).parents[1] / "apply_in_process.py"
WRITES_SPOILT = [
    *(FaultKind.RESET, FaultKind.RESET_AFTER, FaultKind.SERVER_ERROR_AFTER),
    *(FaultKind.BAD_GATEWAY, FaultKind.CUT_BODY),
]
READS_SPOILT = [FaultKind.RESET, FaultKind.UNAVAILABLE, FaultKind.HTML]


def rows_of(office: Office, write_case: str) -> list[dict[str, object]]:
    """What the write_case is to be done to; half of what is cancelled has a label."""
    if write_case == "create":
        return shipment_rows(office, ROWS)
    if write_case == "fulfil":
        return fulfillment_rows(office)
    for number, shipment_id in enumerate(pending(office)[::2], start=1):
        office.label(shipment_id, f"se-77{number:05}")
    office.sync()
    return [{"shipment_id": i} for i in pending(office)]


def stir(office: Office, dice: Random, killer: Killer) -> None:
    """Every fault on some requests, and two answers that never come."""
    office.account.faults.add(Fault(FaultKind.CALL, count=None, call=killer.strike))
    for kinds, methods in ((WRITES_SPOILT, ("POST", "PUT")), (READS_SPOILT, ("GET",))):
        office.account.faults.add(
            *(
                Fault(
                    kind,
                    method=method,
                    count=None,
                    probability=0.02,
                    seed=dice.randrange(9999),
                    retry_after=1,
                )
                for kind in kinds
                for method in methods
            )
        )
    office.account.faults.add(
        Fault(FaultKind.TOO_MANY_REQUESTS, count=5, probability=0.02),
        Fault(FaultKind.TIMEOUT, method="POST", skip=40),
        Fault(FaultKind.TIMEOUT_AFTER, method="PUT", skip=40),
        Fault(FaultKind.TIMEOUT_AFTER, method="POST", skip=60),
    )


def check(entries: Mapping[str, LedgerEntry], made: Counter[str]) -> Counter[WriteState]:
    """Nothing done twice, nothing done that no row asked for, nothing told that is not so."""
    for key, entry in entries.items():
        allowed = {WriteState.APPLIED: {1}, WriteState.REJECTED: {0}}.get(entry.state, {0, 1})
        assert made[key] in allowed, f"{entry.subject} is {entry.state}, done {made[key]} times"
    assert made.keys() <= entries.keys()
    return Counter(entry.state for entry in entries.values())


@pytest.mark.parametrize(
    ("write_case", "seed"),
    [
        pytest.param("create", 21, marks=pytest.mark.slow),
        pytest.param("cancel", 22, marks=pytest.mark.longest),
        pytest.param("fulfil", 23, marks=pytest.mark.longest),
    ],
)
def test_killed_at_any_instant_each_thing_is_done_once(
    tmp_path: Path, write_case: str, seed: int
) -> None:
    dice, killer = Random(seed), Killer()
    office = open_office(
        tmp_path, shipments=2 if write_case == "create" else ROWS, seed=seed, stays_open=False
    )
    rows = rows_of(office, write_case)
    lines = b"\n".join(orjson.dumps(row) for row in rows)
    (tmp_path / "rows.jsonl").write_bytes(lines)
    stir(office, dice, killer)
    kills = 0
    with serve(office.account) as served:

        def start() -> subprocess.Popen[bytes]:
            words = [sys.executable, str(SENDING), served.url, str(tmp_path), write_case]
            return subprocess.Popen(words)

        for _ in range(KILLS):
            process = start()
            killer.aim(process, dice.randint(3, 25))
            kills += process.wait(timeout=120) == -9
        office.account.faults.clear()
        for _ in range(2):
            assert start().wait(timeout=120) == 0
    entries = office.entries()
    counts = check(entries, office.made())
    print(f"seed {seed}: {kills} kills, {office.writes_sent()} writes sent, {dict(counts)}")  # noqa: T201
    assert kills >= KILLS - 5
    # Nobody else was at work, so in the end everything is done, and known to be.
    assert counts == {WriteState.APPLIED: ROWS + (ROWS // 2 if write_case == "cancel" else 0)}
