"""A random account against a second reading of the rules, written in Python."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import md5
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sql.raw_tables import content_hash
from sql.story import Story, day, fulfillment, shipment

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dbt")]

DAYS = 6
PACIFIC = ZoneInfo("America/Los_Angeles")


def here(moment: datetime) -> date:
    """The day of the account."""
    return moment.astimezone(PACIFIC).date()


@dataclass
class Oracle:
    """What should have been told: ids of events, from the versions that were loaded."""

    since: datetime
    contents: dict[str, list[str]] = field(default_factory=dict)
    current: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: Counter[str] = field(default_factory=Counter)

    def load(self, kind: str, row: dict[str, Any], observed_at: datetime) -> None:
        key, held = row[f"{kind}_id"], content_hash(row)
        contents = self.contents.setdefault(key, [])
        self.current[key] = row
        if contents and contents[-1] == held:
            return
        contents.append(held)
        if len(contents) > 1:
            self._tell(f"{kind}_modified/{key}/{held}/{contents.count(held)}")
        elif row["created_at"] >= self.since and observed_at > self.since:
            self._tell(f"new_{kind}/{key}")

    def build(self, now: datetime) -> None:
        for key, row in self.current.items():
            name = f"fulfillment_shipped/{key}"
            if "fulfillment_id" not in row or row["voided"] or self._id(name) in self.told:
                continue
            ships = row["ship_date"].date()  # written at T07: of that day
            recent = row["created_at"] >= self.since or ships > here(self.since)
            if ships <= here(now) and recent:
                self._tell(name)

    def _tell(self, name: str) -> None:
        self.told[self._id(name)] += 1

    @staticmethod
    def _id(name: str) -> str:
        return md5(name.encode()).hexdigest()


def random_shipment(random: Random, number: int) -> dict[str, Any]:
    created = day(1, 0).subtract(days=3).add(hours=13 * number)
    changes = {
        "shipment_status": random.choice(["pending", "cancelled"]),
        "zone": random.choice([1, 2]),
    }
    return dict(shipment(number, created, created.add(days=20), **changes))


def random_fulfillment(random: Random, number: int) -> dict[str, Any]:
    created = day(1, 0).subtract(days=3).add(hours=17 * number)
    voided = random.random() < 0.3
    return dict(fulfillment(number, created, ships=random.randint(-2, 8), voided=voided))


@pytest.mark.parametrize("seed", [11])
def test_events_are_what_the_rules_say(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    story = Story(tmp_path / "random.duckdb")
    oracle = Oracle(since=day(1))
    for number in range(1, DAYS + 1):
        now = day(number)
        seen = [n for n in range(14) if day(1, 0).subtract(days=3).add(hours=17 * n) <= now]
        rows = [("shipment", random_shipment(random, n)) for n in seen if random.random() < 0.6]
        rows += [
            ("fulfillment", random_fulfillment(random, n)) for n in seen if random.random() < 0.6
        ]
        for kind, row in rows:
            story.raw.load(f"{kind}s", row, load_id=f"{number}.0", observed_at=now)
            oracle.load(kind, row, now)
        # Some days pass without a build.
        if number in (1, 2, 4, DAYS):
            select = "+changes" if number == 1 else "changes"
            story.build(str(number), now, select=select, run_tests=False)
            oracle.build(now)
    assert Counter(event["event_id"] for event in story.events()) == oracle.told
    triggers = {event["trigger"] for event in story.events()}
    assert len(triggers) == 5
