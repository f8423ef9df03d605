"""Which labels are asked, and when: a table of states, and what a small budget is spent on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shipsync.sources.polling import Parcel, due_labels, next_poll_at

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
FINISHED = timedelta(days=60)
HOUR = timedelta(hours=1)


def _parcel(
    code: str | None,
    *,
    asked_ago: timedelta = timedelta(0),
    silent: timedelta = HOUR,
    age: timedelta = timedelta(days=3),
    detail: str | None = None,
    label_id: str = "se-1",
) -> Parcel:
    polled = NOW - asked_ago
    return Parcel(label_id, NOW - age, code, detail, polled, polled - silent)


@pytest.mark.parametrize(
    ("parcel", "hours"),
    [
        (_parcel("AT"), 2),
        (_parcel("IT", detail="OUT_FOR_DELIVERY"), 2),
        (_parcel("IT"), 6),
        (_parcel("EX"), 6),
        (_parcel("AC"), 12),
        (_parcel("NY"), 12),
        (_parcel("ZZ"), 12),
        (_parcel("IT", silent=timedelta(days=11)), 20),
        (_parcel("AT", silent=timedelta(days=40)), 20),
    ],
)
def test_how_long_until_the_next_call(parcel: Parcel, hours: int) -> None:
    assert next_poll_at(parcel, FINISHED) == NOW + hours * HOUR


def test_delivered_is_finished() -> None:
    assert next_poll_at(_parcel("DE"), FINISHED) is None


def test_silent_for_too_long_is_finished() -> None:
    assert next_poll_at(_parcel("IT", silent=timedelta(days=60)), FINISHED) is None
    assert next_poll_at(_parcel("IT", silent=timedelta(days=59)), FINISHED) is not None


def test_a_label_never_asked_is_asked_once_however_old() -> None:
    old = Parcel("se-1", NOW - timedelta(days=900))
    assert due_labels([old], NOW, finished_after=FINISHED, budget=5) == ["se-1"]


def test_a_small_budget_goes_to_the_most_overdue_and_months_old_ones_come_last() -> None:
    parcels = [
        _parcel("IT", asked_ago=7 * HOUR, label_id="a little late"),
        _parcel("IT", asked_ago=24 * HOUR, label_id="late by three intervals"),
        _parcel("AC", asked_ago=24 * HOUR, label_id="late by one interval"),
        _parcel("IT", asked_ago=5 * HOUR, label_id="not due"),
        _parcel("IT", asked_ago=900 * HOUR, age=timedelta(days=80), label_id="months old"),
    ]
    asked = due_labels(parcels, NOW, finished_after=FINISHED, budget=10)
    assert asked == [
        "late by three intervals",
        "late by one interval",
        "a little late",
        "months old",
    ]
    assert due_labels(parcels, NOW, finished_after=FINISHED, budget=2) == asked[:2]
    assert due_labels(parcels, NOW, finished_after=FINISHED, budget=0) == []
