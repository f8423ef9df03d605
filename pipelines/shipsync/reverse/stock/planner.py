"""Making a plan: every given row against the observed stock, the outbox and the other rows."""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

import duckdb

from shipsync.connection import RateSettings
from shipsync.reverse.outbox.store import LedgerEntry, Outbox
from shipsync.reverse.plan.input_files import InputRows, check_columns
from shipsync.reverse.plan.problems import InvalidRowError, Problem, listed, repeated
from shipsync.reverse.plan.progress import PlanProgress, unwatched, watched
from shipsync.reverse.plan.row import (
    Observation,
    Plan,
    PlanRow,
    Status,
    known_before,
    sent_on,
)
from shipsync.reverse.stock import own_changes
from shipsync.reverse.stock.change import KIND, Change, StockLocation
from shipsync.reverse.stock.effect import check_fits, difference, no_op_reason, own_calls
from shipsync.reverse.stock.guards import Guards, stops
from shipsync.reverse.stock.readings import reading_calls
from shipsync.reverse.stock.row import (
    COLUMNS,
    REQUIRED,
    Draft,
    StockFigures,
    figures_of,
    read_draft,
)
from shipsync.reverse.stock.stored import StoredLevel, StoredStock, read_stored


@dataclass(frozen=True)
class PastWrites:
    """What the outbox knows: writes by key, and those whose outcome nobody knows."""

    by_key: Callable[[Collection[str]], Mapping[str, LedgerEntry]]
    unsettled: Mapping[str, LedgerEntry]

    @cached_property
    def unsettled_places(self) -> dict[str, LedgerEntry]:
        """The write without known outcome at each place."""
        return {place: entry for entry in self.unsettled.values() for place in entry.places}


def plan_stock(
    con: duckdb.DuckDBPyConnection,
    given: InputRows,
    connection: RateSettings,
    *,
    now: datetime,
    guards: Guards | None = None,
    default_change: Change = Change.ADJUST,
    progress: PlanProgress = unwatched,
) -> Plan:
    """A plan for rows, against what the open database holds and what was applied since it was read.

    Reads only. Raises ``InputFileError`` for a missing column and ``UsageError`` when the stock was
    never synced.
    """
    outbox = Outbox(con, connection.name, KIND)
    stored = read_stored(con)
    stored = own_changes.after(stored, outbox.applied_since(stored.read_at))
    with _no_collection():
        return make_plan(
            given,
            stored,
            PastWrites(outbox.entries, outbox.unsettled()),
            connection,
            now=now,
            guards=guards or Guards(),
            default_change=default_change,
            progress=progress,
        )


@contextmanager
def _no_collection() -> Iterator[None]:
    """Rows make millions of small objects and no cycles; looking for some takes a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def make_plan(
    given: InputRows,
    stored: StoredStock,
    past: PastWrites,
    connection: RateSettings,
    *,
    now: datetime,
    guards: Guards,
    default_change: Change = Change.ADJUST,
    progress: PlanProgress = unwatched,
) -> Plan:
    """The same, against values."""
    ignored = check_columns(given, COLUMNS, REQUIRED)
    observation = stored.observed_at.isoformat()
    drafts = [
        read_draft(row, stored, default_change, connection.name, observation)
        for row in watched(given.rows, progress, "checked", len(given.rows))
    ]
    planner = _Planner(stored, past, [draft for draft in drafts if isinstance(draft, Draft)])
    judged = watched(drafts, progress, "compared", len(drafts))
    rows = tuple(d if isinstance(d, PlanRow) else planner.row(d) for d in judged)
    adjusts = sum(
        row.status is Status.READY and figures_of(row).action is Change.ADJUST for row in rows
    )
    age = max(now - stored.read_at, timedelta(0))
    levels = len(stored.levels)
    return Plan(
        family="stock",
        kinds=(KIND,),
        connection=connection.name,
        source=given.source,
        created_at=now,
        requests_per_minute=connection.requests_per_minute,
        rows=rows,
        ignored_columns=ignored,
        stopped_by=stops(rows, guards, age),
        shared_calls=reading_calls(adjusts, levels, connection),
        observation=Observation(stored.observed_at, round(age.total_seconds() / 60, 1), levels),
    )


@dataclass
class _Planner:
    """Judges drafts; what they are judged against is looked up once."""

    stored: StoredStock
    past: PastWrites
    drafts: Collection[Draft]
    _entries: Mapping[str, LedgerEntry] = field(init=False)
    _lines_by_key: Mapping[str, list[int]] = field(init=False)
    _lines_by_place: Mapping[StockLocation, list[int]] = field(init=False)

    def __post_init__(self) -> None:
        self._entries = self.past.by_key({draft.key for draft in self.drafts})
        self._lines_by_key = repeated((d.key, d.line) for d in self.drafts if d.has_own_key)
        self._lines_by_place = repeated(
            (place, draft.line)
            for draft in self.drafts
            if not self._entries or not self._is_applied(draft)
            for place in draft.places
        )

    @cached_property
    def _skus_by_folded(self) -> dict[str, str]:
        without_zeros = {sku.strip().lstrip("0"): sku for sku in self.stored.skus if sku[:1] == "0"}
        return without_zeros | {sku.strip().casefold(): sku for sku in self.stored.skus}

    def row(self, draft: Draft) -> PlanRow:
        """What is to become of one draft."""
        level = self.stored.level(draft.places[0])
        location = self.stored.locations.label(draft.action.inventory_location_id)
        try:
            reason = self._judge(draft, level, location)
        except InvalidRowError as refusal:
            said = str(refusal)
            return _planned(draft, level, location, Status.INVALID, said, refusal.problem)
        status = Status.READY if reason is None else Status.NO_OP
        return _planned(draft, level, location, status, reason)

    def _judge(self, draft: Draft, level: StoredLevel, location: str) -> str | None:
        """Why the row need not be sent, None if it is ready; raises ``InvalidRowError``."""
        action = draft.action
        if self._lines_by_key:
            self._check_key(draft)
        entry = self._entries.get(draft.key)
        if entry is not None:
            if done := known_before(entry, draft.request):
                return f"{done} If it is meant once more, give the row a key of its own."
            _check_settled(entry)
        self._check_sku(action.sku)
        if self._lines_by_place or self.past.unsettled or self.stored.unreadable:
            for place in draft.places:
                self._check_place(place)
        check_fits(action, level, location)
        return no_op_reason(action, level)

    def _check_key(self, draft: Draft) -> None:
        if lines := self._lines_by_key.get(draft.key):
            raise InvalidRowError(Problem.DUPLICATE_KEY, key=draft.key, lines=listed(lines))

    def _check_sku(self, sku: str) -> None:
        if sku not in self.stored.skus:
            close = self._skus_by_folded.get(sku.strip().casefold())
            hint = f" Did you mean {close!r}?" if close else ""
            raise InvalidRowError(Problem.UNKNOWN_SKU, sku=sku, hint=hint)

    def _check_place(self, place: StockLocation) -> None:
        if place in self.stored.unreadable:
            raise InvalidRowError(
                Problem.UNREADABLE_LEVEL,
                sku=place.sku,
                location=self.stored.locations.label(place.inventory_location_id),
            )
        if lines := self._lines_by_place.get(place):
            raise InvalidRowError(
                Problem.SAME_PLACE,
                sku=place.sku,
                location=self.stored.locations.label(place.inventory_location_id),
                lines=listed(lines),
            )
        if unsettled := self.past.unsettled_places.get(str(place)):
            raise InvalidRowError(
                Problem.UNSETTLED_PLACE,
                sku=place.sku,
                location=self.stored.locations.label(place.inventory_location_id),
                advice=_advice(unsettled),
            )

    def _is_applied(self, draft: Draft) -> bool:
        entry = self._entries.get(draft.key)
        return entry is not None and entry.is_applied


def _planned(
    draft: Draft,
    level: StoredLevel,
    location: str,
    status: Status,
    reason: str | None,
    problem: Problem | None = None,
) -> PlanRow:
    action = draft.action
    change = difference(action, level) if status is not Status.NO_OP else 0
    is_ready = status is Status.READY
    is_known = problem not in (Problem.UNKNOWN_SKU, Problem.UNREADABLE_LEVEL)
    return PlanRow(
        KIND,
        draft.line,
        status,
        draft.key,
        calls=own_calls(action) if is_ready else 0,
        problem=problem,
        reason=reason,
        request=draft.request if is_ready else None,
        figures=StockFigures(
            action.sku,
            action.inventory_location_id,
            location,
            action.change,
            action.quantity,
            on_hand=level.on_hand if is_known else None,
            allocated=level.allocated,
            wanted=level.on_hand + change if is_known else None,
            difference=change if is_known else None,
        ),
    )


def _check_settled(entry: LedgerEntry) -> None:
    """Raise ``InvalidRowError`` for a row that went out, and of which nobody knows what became."""
    if entry.is_unsettled:
        raise InvalidRowError(Problem.UNSETTLED_KEY, date=sent_on(entry), advice=_advice(entry))


def _advice(entry: LedgerEntry) -> str:
    """What settles a write: once it was read back, only a person."""
    resolve = f"`shipsync writes resolve {entry.row_key}`"
    if entry.was_read_back:
        return f"Look at the stock and run {resolve}."
    return f"Apply its plan again, or look at the stock and run {resolve}."
