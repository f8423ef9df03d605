"""A month of an account's parcels, and what a policy of polling spends on them and notices when.

The account lives once, in the emulator; its journal says when each label and each answer became what it was.
Over that a run each ``every`` asks what the rules of ``shipsync.sync`` say, without a database.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from shipsync.emulator import Account, Options
from shipsync.emulator.simulation.simulation import Simulation
from shipsync.sync.label_statuses import EARLY, OLDEST, YOUNGEST, SweepPace
from shipsync.sync.list_trust import TIME_TO_TELL, ListEvidence, ListTrust, judged
from shipsync.sync.polling_policy import PolledParcel, PollPlan, PollRules, plan
from truth.synced_shop import START

DAYS = 30
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FINISHED_AFTER = timedelta(days=60)
PAGE = 500
_EVIDENCE = 14 * DAY

Policy = Callable[[PolledParcel, PollRules], PollPlan | None]


@dataclass(frozen=True)
class Answer:
    """What ``/track`` said from ``at`` on."""

    at: datetime
    body: dict[str, Any]

    @property
    def is_delivered(self) -> bool:
        """Whether it says so."""
        return bool(self.body["status_code"] == "DE")


@dataclass
class Way:
    """One label's parcel: what was so, and what is known of it."""

    parcel: PolledParcel
    voided_at: datetime | None = None
    told_at: datetime | None = None
    answers: list[Answer] = field(default_factory=list)
    known: dict[str, Any] | None = None
    noticed_at: datetime | None = None
    return_noticed_at: datetime | None = None
    plan: PollPlan | None = None

    @property
    def delivered_at(self) -> datetime | None:
        """When the answer first said so."""
        return next((answer.at for answer in self.answers if answer.is_delivered), None)

    @property
    def returned_at(self) -> datetime | None:
        """When an answer after that said otherwise."""
        first = self.delivered_at
        later = (a.at for a in self.answers if first and a.at > first and not a.is_delivered)
        return next(later, None)

    def ask(self, now: datetime) -> None:
        """Take the account's answer of this moment."""
        body = [answer.body for answer in self.answers if answer.at <= now][-1]
        scans = [datetime.fromisoformat(event["occurred_at"]) for event in body["events"]]
        changed = self.parcel.changed_at
        if self.known is None:
            changed = min(now, max(scans, default=self.parcel.created_at))
        elif body != self.known:
            changed = now
        expected = body["estimated_delivery_date"]
        is_delivered = body["status_code"] == "DE"
        if is_delivered:
            self.noticed_at = self.noticed_at or now
        elif self.noticed_at is not None:
            self.return_noticed_at = self.return_noticed_at or now
        self.known = body
        self.parcel = replace(
            self.parcel,
            status_code=body["status_code"],
            status_detail_code=body["status_detail_code"],
            carrier_detail_code=body["carrier_detail_code"],
            expected_on=datetime.fromisoformat(expected).date() if expected else None,
            polled_at=now,
            changed_at=changed,
            delivered_at=self.parcel.delivered_at or (now if is_delivered else None),
        )


@dataclass
class Month:
    """What was spent and what was noticed; delays in hours.

    ``listed`` are requests for lists of labels beyond the one of each run. ``waiting``: how long what
    nobody noticed has been so.
    """

    tracked: int = 0
    listed: int = 0
    asking_all: int = 0
    spent_on: Counter[str] = field(default_factory=Counter)
    delays: list[float] = field(default_factory=list)
    waiting: list[float] = field(default_factory=list)
    returns: list[float] = field(default_factory=list)
    returns_waiting: list[float] = field(default_factory=list)
    trust: ListTrust = field(default_factory=ListTrust)

    @property
    def share(self) -> float:
        """Calls of those that asking each hour for all that is not delivered would have taken."""
        return (self.tracked + self.listed) / self.asking_all

    @property
    def median(self) -> float:
        """Half of the deliveries were noticed so soon."""
        return statistics.median(self.delays)

    @property
    def latest(self) -> float:
        """The longest that a delivery stayed unnoticed."""
        return max(*self.delays, *self.waiting, 0)

    def __str__(self) -> str:
        tenth = statistics.quantiles(self.delays, n=10)[-1]
        back = statistics.median(self.returns) if self.returns else 0
        return (
            f"{self.tracked} + {self.listed} = {self.share:.1%} of {self.asking_all}; "
            f"{len(self.delays)} deliveries: {self.median:.2f} h, nine of ten {tenth:.1f} h, "
            f"latest {self.latest:.1f} h; {len(self.returns)} returns: {back:.0f} h, "
            f"latest {max([*self.returns, *self.returns_waiting], default=0):.0f} h; "
            f"{dict(self.spent_on)}"
        )


@cache
def ways(seed: int, options: Options, days: int = DAYS) -> tuple[Way, ...]:
    """The parcels of so many days, as the journal tells them; copy before following them."""
    account = Account(seed=seed, start=START, options=options)
    Simulation(account, orders_per_day=40).run(days)
    found: dict[str, Way] = {}
    for entry in account.journal:
        at = datetime.fromisoformat(entry.at.isoformat())
        if entry.kind == "labels":
            body = entry.body
            created = datetime.fromisoformat(body["created_at"])
            parcel = PolledParcel(entry.entity_id, created, carrier_code=body["carrier_code"])
            way = found.setdefault(entry.entity_id, Way(parcel))
            if body["voided"]:
                way.voided_at = way.voided_at or at
            if body["tracking_status"] == "delivered":
                way.told_at = way.told_at or at
        elif entry.kind == "tracking":
            found[entry.entity_id].answers.append(Answer(at, entry.body))
    return tuple(found.values())


class Following:
    """A month of runs over parcels that are where the journal says."""

    def __init__(
        self,
        seed: int,
        options: Options,
        *,
        every: timedelta = HOUR,
        policy: Policy = plan,
        page_size: int = PAGE,
        sweeps: bool = True,
    ) -> None:
        self.month = Month()
        self._waiting = sorted(
            (replace(way, answers=list(way.answers)) for way in ways(seed, options)),
            key=lambda way: way.parcel.created_at,
        )
        self._moves = options.tracking_moves_labels
        self._every, self._policy, self._page_size = every, policy, page_size
        self._sweeps = sweeps
        self._live: list[Way] = []
        self._trust = ListTrust()
        self._pace = SweepPace()
        self._listed_at = self._swept_at = datetime.fromisoformat(START.isoformat())
        self._told_by_walk = 0

    def run(self) -> Month:
        """Follow them; runs once."""
        now = start = self._listed_at
        everybody = list(self._waiting)
        while now < start + DAYS * DAY:
            now += self._every
            self._take_new(now)
            if (now - start) % HOUR == timedelta(0):
                self.month.asking_all += sum(_is_under_way(way, now) for way in self._live)
            self._read_lists(now)
            self._measure()
            self._ask(now)
        for way in everybody:
            self._add_up(way, now)
        self.month.trust = self._trust
        return self.month

    def _take_new(self, now: datetime) -> None:
        while self._waiting and self._waiting[0].parcel.created_at <= now:
            way = self._waiting.pop(0)
            self._live.append(way)
            self._replan(way)
        self._live = [way for way in self._live if way.voided_at is None or way.voided_at > now]

    def _read_lists(self, now: datetime) -> None:
        if self._moves:
            self._told_by_walk += self._tell(self._live, now)
        if now - self._swept_at >= 23 * HOUR:
            self._tell(self._live, now)
            self._swept_at = self._listed_at = now
        window = [w for w in self._live if now - OLDEST < w.parcel.created_at < now - YOUNGEST]
        open_ones = [w for w in window if not w.parcel.says_delivered and not w.noticed_at]
        interval = self._pace.interval(HOUR, len(open_ones))
        is_due = now - self._listed_at >= interval - EARLY
        if not (self._sweeps and open_ones and is_due and self._trust.is_worth_reading):
            return
        added = self._tell(window, now)
        requests = -(-len(window) // self._page_size)
        self.month.listed += requests
        self._pace = self._pace.after(requests, told_by_walk=self._told_by_walk, added=added)
        self._listed_at, self._told_by_walk = now, 0

    def _tell(self, listed: list[Way], now: datetime) -> int:
        turned = [
            w for w in listed if w.told_at and w.told_at <= now and not w.parcel.says_delivered
        ]
        for way in turned:
            way.parcel = replace(way.parcel, says_delivered=True, label_changed_at=now)
            self._replan(way)
        return len(turned)

    def _measure(self) -> None:
        trust = judged(list(self._evidence()), self._trust)
        if trust != self._trust:
            self._trust = trust
            for way in self._live:
                self._replan(way)

    def _evidence(self) -> Iterator[ListEvidence]:
        counts: dict[str, list[int]] = {}
        for way in self._live:
            parcel = way.parcel
            told = counts.setdefault(parcel.carrier_code or "", [0, 0, 0])
            delivered = way.delivered_at if way.noticed_at else None
            if delivered is None:
                changed, asked = parcel.label_changed_at, parcel.polled_at
                told[2] += bool(
                    parcel.says_delivered and changed and asked and asked > changed + 6 * HOUR
                )
            elif self._listed_at - _EVIDENCE < delivered <= self._listed_at - TIME_TO_TELL:
                told[not parcel.says_delivered] += 1
        for code in sorted(counts):
            yield ListEvidence(code, *counts[code])

    def _ask(self, now: datetime) -> None:
        for way in self._live:
            planned = way.plan
            if planned is None or planned.next_poll_at > now:
                continue
            self.month.tracked += 1
            self.month.spent_on["told" if planned.is_urgent else str(planned.state)] += 1
            way.ask(now)
            self._replan(way)

    def _replan(self, way: Way) -> None:
        way.plan = self._policy(way.parcel, PollRules(FINISHED_AFTER, trust=self._trust))

    def _add_up(self, way: Way, now: datetime) -> None:
        delivered, returned = way.delivered_at, way.returned_at
        if delivered is None or (way.voided_at is not None and way.voided_at <= now):
            return
        _note(delivered, way.noticed_at, now, self.month.delays, self.month.waiting)
        if returned is not None and way.noticed_at is not None:
            noticed = way.return_noticed_at
            _note(returned, noticed, now, self.month.returns, self.month.returns_waiting)


def _is_under_way(way: Way, now: datetime) -> bool:
    return way.delivered_at is None or way.delivered_at > now - HOUR


def _note(
    happened: datetime,
    noticed: datetime | None,
    now: datetime,
    delays: list[float],
    waiting: list[float],
) -> None:
    target, until = (waiting, now) if noticed is None else (delays, noticed)
    target.append((until - happened).total_seconds() / 3600)
