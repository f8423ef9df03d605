"""A month of parcels: what the refresh policy spends, and how late it notices a delivery."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from shipsync.emulator import Account
from shipsync.emulator.simulation.simulation import Simulation
from shipsync.sync.polling_policy import PROMISED_DELAY, PolledParcel, choose, plans
from truth.synced_shop import START

DAYS = 30
FINISHED_AFTER = timedelta(days=60)
RUN_EVERY = timedelta(hours=1)


@dataclass
class Followed:
    """A label as the database would hold it: its last answer, and when that was asked for and changed."""

    label: dict[str, Any]
    parcel: PolledParcel
    answer: dict[str, Any] | None = None
    noticed_at: datetime | None = None

    def ask(self, account: Account, now: datetime) -> None:
        """Take the account's answer of this moment."""
        answer = account.parcels.tracking_of(self.label["label_id"])
        assert answer is not None
        scans = [datetime.fromisoformat(event["occurred_at"]) for event in answer["events"]]
        first = max(scans, default=self.parcel.created_at)
        changed = first if self.answer is None else now
        if answer == self.answer:
            assert self.parcel.changed_at is not None
            changed = self.parcel.changed_at
        expected = answer["estimated_delivery_date"]
        self.parcel = PolledParcel(
            self.parcel.parcel_id,
            self.parcel.created_at,
            answer["status_code"],
            answer["status_detail_code"],
            answer["carrier_detail_code"],
            datetime.fromisoformat(expected).date() if expected else None,
            now,
            min(changed, now),
            answer["carrier_code"],
        )
        if answer["status_code"] == "DE" and self.noticed_at is None:
            self.noticed_at = now
        self.answer = answer


@dataclass
class Month:
    """What was spent and what was noticed; delays in hours."""

    calls: int = 0
    calls_of_asking_all: int = 0
    delays: list[float] = field(default_factory=list)
    spent_on: Counter[str] = field(default_factory=Counter)
    unnoticed: int = 0


def _live(seed: int, budget: int) -> Month:
    """A month of hourly runs over an account that lives; asking all means: whatever isn't delivered."""
    account = Account(seed=seed, start=START)
    simulation = Simulation(account, orders_per_day=40)
    followed: dict[str, Followed] = {}
    delivered_at: dict[str, datetime] = {}
    seen = 0
    month = Month()
    for _ in range(DAYS * 24):
        simulation.run(RUN_EVERY / timedelta(days=1))
        now = account.clock.now()
        for entry in account.journal[seen:]:
            if entry.kind == "labels":
                label = entry.body
                created = datetime.fromisoformat(label["created_at"])
                held = followed.setdefault(
                    entry.entity_id, Followed(label, PolledParcel(entry.entity_id, created))
                )
                held.label = label
            elif entry.kind == "tracking" and entry.body["status_code"] == "DE":
                delivered_at.setdefault(entry.entity_id, entry.at)
        seen = len(account.journal)
        live = {key: one for key, one in followed.items() if not one.label["voided"]}
        month.calls_of_asking_all += sum(
            delivered_at.get(key, now) > now - RUN_EVERY for key in live
        )
        choice = choose(
            plans((one.parcel for one in live.values()), FINISHED_AFTER), now, budget=budget
        )
        for parcel in choice.chosen:
            month.spent_on[parcel.state] += 1
            followed[parcel.parcel_id].ask(account, now)
        month.calls += len(choice.chosen)
    for key, at in delivered_at.items():
        noticed = followed[key].noticed_at
        if noticed is None:
            month.unnoticed += not followed[key].label["voided"]
        else:
            month.delays.append((noticed - at).total_seconds() / 3600)
    return month


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_quarter_of_the_calls_notices_deliveries_in_time(seed: int) -> None:
    month = _live(seed, budget=300)
    share = month.calls / month.calls_of_asking_all
    median = statistics.median(month.delays)
    tenth = statistics.quantiles(month.delays, n=10)[-1]
    print(  # noqa: T201
        f"seed {seed}: {month.calls} calls, {share:.1%} of {month.calls_of_asking_all} for asking all;"
        f" {len(month.delays)} deliveries noticed after {median:.1f} h (median), {tenth:.1f} h (nine of"
        f" ten), {month.unnoticed} not yet; spent on {dict(month.spent_on)}"
    )
    assert len(month.delays) > 500
    assert share <= 0.25
    assert median * timedelta(hours=1) < PROMISED_DELAY
    assert month.unnoticed < len(month.delays) / 50
