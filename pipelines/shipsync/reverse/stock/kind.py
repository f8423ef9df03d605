"""Stock as a kind of write: looking at the level, ``POST /v2/inventory``, and reading it back.

``POST /v2/inventory`` answers 204 without an id and takes no idempotency key (FACTS, Inventory), so a
level read before is all that a lost answer can be compared with. ``increment``, ``decrement`` and
``modify`` read it just before they are sent. An ``adjust`` needs it to see whether the stock moved since
the plan, for which a list read within half a minute is enough. It may be sent twice, but only when two
readings show that nothing moved since it went out: were units sold in between, it would bring them back.

A 429 or a refused connection makes a change wait, for minutes at worst, its own or that of another row.
So the level is read again before it goes out after that, and a lost answer is compared with that reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shipsync.api.endpoints import CHANGE_STOCK
from shipsync.reverse.outbox.answers import check_plain
from shipsync.reverse.outbox.finding import ReadBack
from shipsync.reverse.outbox.redaction import Recorded
from shipsync.reverse.outbox.store import JsonObject
from shipsync.reverse.outbox.write import (
    AppliedWrite,
    Look,
    NoLongerFits,
    OnNewReading,
    SeemsMade,
    Sent,
    Settlement,
    Write,
)
from shipsync.reverse.plan.kind import Kind, Means
from shipsync.reverse.plan.problems import InvalidRowError
from shipsync.reverse.plan.row import Plan, PlanRow
from shipsync.reverse.stock import own_changes
from shipsync.reverse.stock.change import KIND, StockAction, from_request
from shipsync.reverse.stock.effect import check_fits
from shipsync.reverse.stock.proof import judge
from shipsync.reverse.stock.readings import (
    STREAM,
    LevelReader,
    LevelReading,
    UnclearLevel,
    from_json,
    list_pages,
    reading_calls,
    to_json,
)
from shipsync.reverse.stock.row import StockFigures, figures_of
from shipsync.reverse.stock.stored import StoredLevel


@dataclass(frozen=True)
class PlannedChange:
    """A change of stock and the level it was planned against; ``location`` is a name for people."""

    action: StockAction
    on_hand: int
    location: str


def to_write(row: PlanRow, recorded: Recorded) -> Write[PlannedChange]:
    """A ready row of a plan as a write; it holds nothing personal."""
    action, figures = from_request(row.request or {}), figures_of(row)
    location = figures.location or action.inventory_location_id
    return Write(
        key=row.key or "",
        subject=_subject(action, location),
        places=tuple(str(place) for place in action.places),
        request=action.request(),
        may_be_repeated=action.may_be_repeated,
        action=PlannedChange(action, figures.on_hand or 0, location),
    )


def _subject(action: StockAction, location: str) -> str:
    """What a person calls the change."""
    cost = action.new_cost
    changed = (
        f"to {action.new_inventory_location_id}" if action.new_inventory_location_id else "",
        f"condition {action.new_condition}" if action.new_condition else "",
        f"cost {cost.amount} {cost.currency}" if cost else "",
    )
    new = ", ".join(part for part in changed if part)
    return (
        f"{action.change} {action.quantity} {action.sku} at {location}{f': {new}' if new else ''}"
    )


class StockWrites:
    """Changes of stock on one session; a ``WriteKind``. Safe to share between threads.

    ``observed_levels`` says how long the whole list of levels is; with ``lists_levels`` adjusts look into it.
    """

    name = KIND

    def __init__(self, means: Means, *, observed_levels: int, lists_levels: bool) -> None:
        self._session = means.session
        self._pacing = means.pacing
        self._late_commit_wait = means.late_commit_wait
        self._reader = LevelReader(means.session, means.pacing)
        self._pages = list_pages(observed_levels, means.session.connection)
        self._lists_levels = lists_levels

    def look(self, write: Write[PlannedChange]) -> Look:
        """Read the levels it touches, and see whether it still fits them."""
        try:
            return self._look(write.action)
        except UnclearLevel as error:
            return Look({}, f"{error} Nothing was sent.")

    def _look(self, planned: PlannedChange) -> Look:
        place = planned.action.place
        if planned.action.may_be_repeated and self._lists_levels:
            listed = self._reader.lately(place)
            if listed is not None and _misfit(planned, listed.levels[place]) is None:
                return Look(to_json(listed))
            # The list may be half a minute old, and a row can slip between its pages: ask for this one.
        reading = self._reader.now(*planned.action.places)
        return Look(to_json(reading), _misfit(planned, reading.levels[place]))

    def send(
        self, write: Write[PlannedChange], before: JsonObject, on_new_reading: OnNewReading
    ) -> Sent:
        """Send it once; raises what ``Session.write`` raises, ``NoLongerFits`` and ``SeemsMade``."""
        latest = from_json(before)

        def look_again() -> None:
            nonlocal latest
            now = self._look_again(write, latest)
            if now.levels != latest.levels:
                on_new_reading(to_json(now))
                latest = now

        answer = self._session.write(
            CHANGE_STOCK.method,
            CHANGE_STOCK.path,
            write.request,
            stream=STREAM,
            after_waiting=look_again,
        )
        check_plain(answer, write.subject)
        return Sent(answer)

    def settle(self, request: JsonObject, before: JsonObject, *, waits: bool = True) -> Settlement:
        """Read the levels after a lost answer; twice, some time apart, to be certain of no change."""
        action = from_request(request)
        reading_before = from_json(before)
        try:
            after = self._reader.now(*action.places)
        except UnclearLevel as error:
            if waits:
                raise
            raise NoLongerFits(f"{error} Nothing was sent.") from None
        finding = judge(action, reading_before, after)
        if waits and finding.is_unmoved:
            self._pacing.sleep(self._late_commit_wait.total_seconds())
            after = self._reader.now(*action.places)
            finding = judge(action, reading_before, after)
        again = action.may_be_repeated and finding.is_unmoved
        return Settlement(finding, to_json(after), may_be_sent_again=again)

    def read_back(self, applied: Sequence[AppliedWrite[PlannedChange]]) -> ReadBack:
        """Compare every level that was changed with the account."""
        return own_changes.read_back([done.entry for done in applied], self._reader, self._pages)

    def _look_again(self, write: Write[PlannedChange], before: LevelReading) -> LevelReading:
        """The levels at which it goes out after it had to wait, if they are still such as it fits."""
        planned = write.action
        try:
            now = self._reader.now(*planned.action.places)
        except UnclearLevel as error:
            raise NoLongerFits(f"{error} Nothing was sent.") from None
        if judge(planned.action, before, now).looks_made:
            raise SeemsMade(
                "ShipStation put it off, and meanwhile the stock moved by just as much. Look at the stock "
                "and resolve the row by hand.",
                to_json(now),
            )
        misfit = _misfit(planned, now.levels[planned.action.place])
        if misfit is not None:
            raise NoLongerFits(misfit)
        return now


def _misfit(planned: PlannedChange, level: StoredLevel) -> str | None:
    """Why the change no longer fits the level that is there now; None if it does."""
    action = planned.action
    # An adjust that finds its own quantity is sent all the same: only an answer says that it was made.
    if action.may_be_repeated and level.on_hand not in (planned.on_hand, action.quantity):
        return (
            f"{action.sku} at {planned.location} went from {planned.on_hand} to {level.on_hand} on hand "
            "since the plan was made. Run `shipsync sync` and plan the row again."
        )
    try:
        check_fits(action, level, planned.location)
    except InvalidRowError as misfit:
        return str(misfit)
    return None


def open_stock(means: Means, plan: Plan) -> StockWrites:
    """The writes of a plan of stock; they read the whole list where that is cheaper than level by level."""
    adjusts = sum(from_request(row.request or {}).may_be_repeated for row in plan.ready)
    levels = plan.observation.levels if plan.observation is not None else 0
    return StockWrites(
        means,
        observed_levels=levels,
        lists_levels=reading_calls(adjusts, levels, means.session.connection) < adjusts,
    )


def _columns(request: JsonObject) -> dict[str, object]:
    return {
        "sku": request.get("sku"),
        "location": request.get("inventory_location_id"),
        "action": request.get("transaction_type"),
        "quantity": request.get("quantity"),
    }


STOCK = Kind(
    name=KIND,
    family="stock",
    open=open_stock,
    write=to_write,
    columns=_columns,
    figures=StockFigures,
    shown=("sku", "location", "action", "quantity", "on_hand", "wanted", "difference"),
    depends_on_plan=True,
)
