"""Steps of writes, as the outbox takes them."""

from __future__ import annotations

from reverse.stock_shop import NOW
from shipsync.reverse.outbox.states import Source, WriteState
from shipsync.reverse.outbox.store import LedgerEvent


def planned(key: str, plan: str = "sha256:1") -> LedgerEvent:
    return LedgerEvent(
        key,
        WriteState.PLANNED,
        Source.PLAN,
        NOW,
        plan,
        subject=f"row {key}",
        places=("A-1 at Main",),
        request={"quantity": 5},
    )


def step(key: str, state: WriteState, minutes: int = 0, **said: object) -> LedgerEvent:
    at = NOW.add(minutes=minutes)
    return LedgerEvent(key, state, Source.ANSWER, at, "sha256:1", 1, **said)  # type: ignore[arg-type]
