"""Guard rails: what stops a whole plan of stock, because it is more likely a slip than intended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from shipsync.reverse.plan.problems import Problem
from shipsync.reverse.plan.row import PlanRow, Status, too_many
from shipsync.reverse.stock.change import Change
from shipsync.reverse.stock.row import StockFigures, figures_of

_SHOWN = 3


@dataclass(frozen=True)
class Guards:
    """Limits; None lifts one.

    ``max_rows``: rows that would be sent. ``max_change_percent``: largest change of one level against
    what is on hand; anything added to nothing exceeds every limit. ``max_zeroed``: levels brought from
    something to nothing. ``max_observation_age``: age of the stock that the plan compares with.
    ``stop_below_allocated``: a single row below what orders have claimed stops all the others too.
    Moves from one location to another are not counted as changes: they lose nothing.
    """

    max_rows: int | None = None
    max_change_percent: float | None = None
    max_zeroed: int | None = None
    max_observation_age: timedelta | None = None
    stop_below_allocated: bool = False


def stops(rows: Sequence[PlanRow], guards: Guards, observation_age: timedelta) -> tuple[str, ...]:
    """A sentence for each limit that the rows exceed."""
    ready = [figures_of(row) for row in rows if row.status is Status.READY]
    return (
        *too_many(len(ready), guards.max_rows),
        *_too_large(ready, guards.max_change_percent),
        *_zeroed(ready, guards.max_zeroed),
        *_too_old(observation_age, guards.max_observation_age),
        *_below_allocated(rows, guards.stop_below_allocated),
    )


def change_percent(row: StockFigures) -> float:
    """The change of a level in percent of what is on hand; infinite when that is nothing."""
    difference = abs(row.difference or 0)
    if not difference:
        return 0.0
    return 100 * difference / row.on_hand if row.on_hand else float("inf")


def _too_large(ready: Sequence[StockFigures], most: float | None) -> Iterator[str]:
    if most is None:
        return
    found = [r for r in ready if r.action is not Change.MODIFY and change_percent(r) > most]
    if found:
        found.sort(key=change_percent, reverse=True)
        yield (
            f"{len(found)} rows change their level by more than {most:g} % (--max-change-percent): "
            f"{_named(found)}."
        )


def _zeroed(ready: Sequence[StockFigures], most: int | None) -> Iterator[str]:
    found = [r for r in ready if r.wanted == 0 and r.on_hand and r.action is not Change.MODIFY]
    if most is not None and len(found) > most:
        yield (
            f"{len(found)} levels would go to 0; at most {most} are allowed (--max-zeroed): "
            f"{_named(found)}."
        )


def _too_old(age: timedelta, most: timedelta | None) -> Iterator[str]:
    if most is not None and age > most:
        hours, limit = age.total_seconds() / 3600, most.total_seconds() / 3600
        yield (
            f"The stock was last read {hours:.1f} hours ago, {limit:g} are allowed (--max-age); "
            "run `shipsync sync` and plan again."
        )


def _below_allocated(rows: Sequence[PlanRow], stop: bool) -> Iterator[str]:
    found = [row for row in rows if row.problem is Problem.BELOW_ALLOCATED]
    if stop and found:
        lines = ", ".join(str(row.line) for row in found[:_SHOWN])
        yield (
            f"{len(found)} rows ask for less than orders have claimed (--stop-below-allocated), "
            f"the first on line {lines}."
        )


def _named(rows: Sequence[StockFigures]) -> str:
    shown = "; ".join(
        f"{row.sku} at {row.location} from {row.on_hand} to {row.wanted}" for row in rows[:_SHOWN]
    )
    more = len(rows) - _SHOWN
    return f"{shown}; and {more} more" if more > 0 else shown
