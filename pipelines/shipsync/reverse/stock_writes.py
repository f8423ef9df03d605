"""Stock as a kind of write: looking at the level, ``POST /v2/inventory``, and reading it back.

``POST /v2/inventory`` answers 204 without an id and takes no idempotency key (FACTS, Inventory), so a
level read before is all that a lost answer can be compared with. ``increment``, ``decrement`` and
``modify`` read it just before they are sent. An ``adjust`` may be sent twice, and needs it to see
whether the stock moved since the plan, for which a list read lately is enough. Before it is sent again
the level is read: were units sold since the first time, the second would bring them back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from shipsync.api.endpoints import CHANGE_STOCK
from shipsync.api.session import Session
from shipsync.clock import Pacing
from shipsync.errors import OutcomeUnknown
from shipsync.reverse.held import Level
from shipsync.reverse.outbox import JsonObject
from shipsync.reverse.planned import PlanRow
from shipsync.reverse.problem import InvalidRowError
from shipsync.reverse.proof import LATE_COMMIT_WAIT, Verdict, judge
from shipsync.reverse.readings import STREAM, LevelReader, from_json, reading_calls, to_json
from shipsync.reverse.stock_action import KIND, StockAction, from_request
from shipsync.reverse.stock_effect import check_fits
from shipsync.reverse.write import Look, Sent, Settlement, Write


@dataclass(frozen=True)
class PlannedChange:
    """A change of stock and the level it was planned against; ``location`` is a name for people."""

    action: StockAction
    on_hand: int
    location: str


def to_write(row: PlanRow) -> Write[PlannedChange]:
    """A ready row of a plan as a write."""
    action = row.stock_action
    location = row.location or action.inventory_location_id
    return Write(
        key=row.key or "",
        subject=_subject(action, location),
        places=tuple(str(place) for place in action.places),
        request=action.request(),
        may_be_repeated=action.may_be_repeated,
        action=PlannedChange(action, row.on_hand or 0, location),
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
    """Changes of stock through one session; a ``write.Kind``. Safe to share between threads."""

    name = KIND

    def __init__(
        self,
        session: Session,
        pacing: Pacing,
        *,
        lists_levels: bool,
        late_commit_wait: timedelta = LATE_COMMIT_WAIT,
    ) -> None:
        self._session = session
        self._pacing = pacing
        self._reader = LevelReader(session, pacing)
        self._lists_levels = lists_levels
        self._late_commit_wait = late_commit_wait

    def look(self, write: Write[PlannedChange]) -> Look:
        """Read the levels it touches, and see whether it still fits them."""
        planned = write.action
        place = planned.action.place
        if planned.action.may_be_repeated and self._lists_levels:
            reading = self._reader.lately(place)
            if _misfit(planned, reading.levels[place]) is None:
                return Look(to_json(reading))
            # The list may be minutes old, and a row can slip between its pages: ask for this one.
        reading = self._reader.now(*planned.action.places)
        return Look(to_json(reading), _misfit(planned, reading.levels[place]))

    def send(self, write: Write[PlannedChange]) -> Sent:
        """Send it once; raises what ``Session.write`` raises."""
        answer = self._session.write(
            CHANGE_STOCK.method, CHANGE_STOCK.path, write.request, stream=STREAM
        )
        # "2xx may be partial: still check the errors array" (FACTS, Auth and errors).
        if isinstance(answer.body, dict) and answer.body.get("errors"):
            raise OutcomeUnknown(
                f"ShipStation answered {write.subject} with status {answer.status} and an error in it.",
                stream=STREAM,
                attempts=1,
                request_id=answer.request_id,
            )
        return Sent(answer)

    def settle(self, request: JsonObject, before: JsonObject, *, is_last: bool) -> Settlement:
        """Read the levels after a lost answer; twice, some time apart, to be certain of no change."""
        action = from_request(request)
        reading_before = from_json(before)
        after = self._reader.now(*action.places)
        finding = judge(action, reading_before, after)
        if is_last and finding.verdict is Verdict.NOT_MADE:
            self._pacing.sleep(self._late_commit_wait.total_seconds())
            after = self._reader.now(*action.places)
            finding = judge(action, reading_before, after)
        place = action.place
        planned = PlannedChange(action, reading_before.levels[place].on_hand, str(place))
        again = action.may_be_repeated and _misfit(planned, after.levels[place]) is None
        return Settlement(finding, to_json(after), may_be_sent_again=again)


def _misfit(planned: PlannedChange, level: Level) -> str | None:
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


def lists_levels(rows: Sequence[PlanRow], observed_levels: int, session: Session) -> bool:
    """Whether reading the whole list is cheaper than reading the level of each adjusted row."""
    adjusts = sum(row.stock_action.may_be_repeated for row in rows)
    return reading_calls(adjusts, observed_levels, session.connection) < adjusts
