"""Listing labels whose parcels are under way again, to see which were delivered.

A list of labels tells "delivered" for 500 parcels in one request. Where an account moves such a label to the
front of the newest changes, the labels' own walk has met it already, and this finds nothing; where it does
not, the label is found here; where labels never say it, this stops, and the daily sweep goes on to measure.

Labels made 12 hours to 10 days ago are listed, from the oldest whose parcel is under way: others are seldom
delivered, and the daily sweep lists them too. That is done every ``delivery_sweep_every_hours``, but

- half as often each time that the labels' own walk told of deliveries and this found none to add, down to
  once a day, and as ever once it finds one;
- not so often that it takes more than a request an hour for 25 parcels under way;
- not at all where lists are known to tell of none, or the day's calls are spent: each request counts as one.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from shipsync.sources.streams import LABELS
from shipsync.statements import statement
from shipsync.sync.context import StreamRun, Window
from shipsync.sync.followed_parcels import FollowedParcels, lists_read_at
from shipsync.sync.incremental import keyset
from shipsync.sync.poll_budget import calls_left, record_calls

_STATEMENTS: Final = "shipsync.sync"
YOUNGEST: Final = timedelta(hours=12)
OLDEST: Final = timedelta(days=10)
# A job that runs hourly starts a little earlier or later each time.
EARLY: Final = timedelta(minutes=5)
_HOUR: Final = timedelta(hours=1)
_SELDOM: Final = timedelta(hours=23)
_PARCELS_PER_REQUEST: Final = 25
_LONGEST_FOR_COST: Final = timedelta(hours=6)
_MOST_PATIENCE: Final = 24


@dataclass(frozen=True)
class SweepPace:
    """What the last sweep cost, and how many times the interval the next one waits."""

    requests: int = 1
    patience: int = 1

    def interval(self, every: timedelta, waiting: int) -> timedelta:
        """How long to wait between two sweeps, with so many parcels under way."""
        longest = every
        if self.requests > 1:
            for_cost = self.requests * _PARCELS_PER_REQUEST * _HOUR / max(waiting, 1)
            longest = max(longest, min(for_cost, _LONGEST_FOR_COST))
        if self.patience > 1:
            longest = max(longest, min(self.patience * max(every, _HOUR), _SELDOM))
        return longest

    def after(self, requests: int, *, told_by_walk: int, added: int) -> SweepPace:
        """The pace after a sweep that ``added`` deliveries to those the labels' own walk told since."""
        patience = 1 if added else self.patience
        if told_by_walk and not added:
            patience = min(patience * 2, _MOST_PATIENCE)
        return SweepPace(requests, patience)


def read_statuses(run: StreamRun) -> None:
    """List the labels of parcels under way again if that is due; what differs is loaded."""
    now = run.run.time.upper_bound
    last = lists_read_at(run.run.con)
    every = run.run.connection.delivery_sweep
    if last is None or now - last < every - EARLY or calls_left(run.run, now) <= 0:
        return
    followed = FollowedParcels(run.run.con, run.run.connection)
    if not followed.trust.is_worth_reading:
        return
    pace = SweepPace(**(run.state.get("sweep_pace") or {}))
    followed.refresh(now)
    oldest, waiting = _under_way(run, now)
    if oldest is None or now - last < pace.interval(every, waiting) - EARLY:
        return
    requests_before = run.run.session.requests_by_stream[LABELS.name]
    told_by_walk = _told_since(run, last)
    walk = keyset(run, Window(oldest - timedelta(seconds=1), now - YOUNGEST))
    try:
        run.report.caught_late += run.load(lambda _: walk.pages(), reads_ahead=True)
    finally:
        requests = run.run.session.requests_by_stream[LABELS.name] - requests_before
        record_calls(run.run, now, requests)
    followed.refresh(now)
    added = _told_since(run, last) - told_by_walk
    run.state.set("statuses", now)
    run.state.set(
        "sweep_pace", asdict(pace.after(requests, told_by_walk=told_by_walk, added=added))
    )


def _under_way(run: StreamRun, now: datetime) -> tuple[datetime | None, int]:
    values = {"oldest": now - OLDEST, "youngest": now - YOUNGEST}
    row = run.run.con.execute(statement(_STATEMENTS, "window_under_way"), values).fetchone()
    return row if row is not None else (None, 0)


def _told_since(run: StreamRun, since: datetime) -> int:
    query = statement(_STATEMENTS, "told_since")
    row = run.run.con.execute(query, {"since": since}).fetchone()
    return int(row[0]) if row else 0
