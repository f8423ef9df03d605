"""Which parcels are asked for, and when: a table of states, and what a small budget is spent on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipsync.sync.parcel_state import ParcelState
from shipsync.sync.polling_policy import (
    FINISHED,
    POLL_INTERVALS,
    PollChoice,
    PolledParcel,
    choose,
    plan,
    plans,
)

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
FINISHED_AFTER = timedelta(days=60)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def _parcel(
    code: str | None,
    detail: str | None = None,
    *,
    asked_ago: timedelta = timedelta(0),
    silent: timedelta = HOUR,
    age: timedelta = 3 * DAY,
    expected_on: date | None = None,
    parcel_id: str = "se-1",
) -> PolledParcel:
    polled = NOW - asked_ago
    return PolledParcel(
        parcel_id, NOW - age, code, detail, None, expected_on, polled, polled - silent, "ups"
    )


def _next(parcel: PolledParcel) -> timedelta | None:
    """How long after now the parcel may be asked for."""
    planned = plan(parcel, FINISHED_AFTER)
    return planned.next_poll_at - NOW if planned else None


@pytest.mark.parametrize(
    ("parcel", "hours"),
    [
        (_parcel("IT", "OUT_FOR_DELIVERY"), 2),
        (_parcel("IT", "OUT_FOR_DELIVERY", silent=4 * DAY), 6),
        (_parcel("IT"), 6),
        (_parcel("IT", silent=4 * DAY), 12),
        (_parcel("IT", silent=11 * DAY), 24),
        (_parcel("IT", expected_on=date(2026, 3, 2)), 3),
        (_parcel("IT", expected_on=date(2026, 2, 27)), 3),
        (_parcel("IT", expected_on=date(2026, 3, 3)), 6),
        (_parcel("IT", expected_on=date(2026, 3, 6)), 12),
        (_parcel("IT", expected_on=date(2026, 2, 27), silent=4 * DAY), 12),
        (_parcel("EX"), 6),
        (_parcel("AT"), 6),
        (_parcel("SP"), 8),
        (_parcel("AC"), 12),
        (_parcel("NY", silent=4 * DAY), 24),
        (_parcel("ZZ"), 12),
        (_parcel("EX", "RETURN_TO_SENDER"), 24),
        (_parcel("DE", "DELIVERED_IN_PART"), 6),
    ],
)
def test_how_long_until_the_next_call(parcel: PolledParcel, hours: int) -> None:
    assert _next(parcel) == hours * HOUR


@pytest.mark.parametrize(
    "parcel",
    [
        _parcel("DE"),
        _parcel("DE", "DELIVERED_TO_NEIGHBOUR"),
        _parcel("EX", "CANCELLED"),
        _parcel("DE", "RETURN_TO_SENDER"),
    ],
)
def test_what_has_ended_is_finished(parcel: PolledParcel) -> None:
    assert _next(parcel) is None


@pytest.mark.parametrize(
    ("code", "detail", "days"),
    [
        ("IT", None, 45),
        ("EX", None, 45),
        ("IT", "OUT_FOR_DELIVERY", 30),
        ("SP", None, 30),
        ("NY", None, 30),
        ("UN", None, 20),
        ("EX", "RETURN_TO_SENDER", 30),
    ],
)
def test_silent_for_too_long_is_finished(code: str, detail: str | None, days: int) -> None:
    assert _next(_parcel(code, detail, silent=(days - 1) * DAY)) == DAY
    assert _next(_parcel(code, detail, silent=(days - 1) * DAY + HOUR)) is None


def test_the_setting_can_only_end_it_sooner() -> None:
    silent = _parcel("IT", silent=15 * DAY)
    assert plan(silent, 10 * DAY) is None
    assert plan(silent, 900 * DAY) == plan(silent, FINISHED_AFTER)


def test_a_label_never_asked_for_is_due_six_hours_after_it_was_made_however_old() -> None:
    for age in (HOUR, 900 * DAY):
        planned = plan(PolledParcel("se-1", NOW - age), FINISHED_AFTER)
        assert planned is not None
        assert planned.next_poll_at == NOW - age + 6 * HOUR


def test_every_state_has_a_pace_or_an_end() -> None:
    assert set(POLL_INTERVALS) | FINISHED == set(ParcelState)
    assert {ParcelState.DELIVERED, ParcelState.CANCELLED} == FINISHED


@given(
    code=st.sampled_from([None, "UN", "AC", "NY", "IT", "EX", "AT", "SP", "DE", "ZZ"]),
    detail=st.sampled_from([None, "OUT_FOR_DELIVERY", "RETURN_TO_SENDER", "INFORMATION", "NEW"]),
    silent=st.integers(0, 60 * 24),
    longer=st.integers(0, 60 * 24),
)
def test_the_longer_it_is_silent_the_less_it_is_asked_for(
    code: str | None, detail: str | None, silent: int, longer: int
) -> None:
    sooner, later = (
        plan(_parcel(code, detail, silent=hours * HOUR), FINISHED_AFTER)
        for hours in (silent, silent + longer)
    )
    assert later is None or (sooner is not None and later.every >= sooner.every)


def _choose(parcels: list[PolledParcel], budget: int) -> PollChoice:
    return choose(plans(parcels, FINISHED_AFTER), NOW, budget=budget)


def test_a_small_budget_goes_to_the_most_overdue_and_months_old_ones_come_last() -> None:
    parcels = [
        _parcel("IT", asked_ago=7 * HOUR, parcel_id="a little late"),
        _parcel("IT", asked_ago=24 * HOUR, parcel_id="late by three intervals"),
        _parcel("AC", asked_ago=24 * HOUR, parcel_id="late by one interval"),
        _parcel("IT", asked_ago=5 * HOUR, parcel_id="not due"),
        _parcel("IT", asked_ago=900 * HOUR, age=80 * DAY, parcel_id="months old"),
        _parcel("DE", asked_ago=900 * HOUR, parcel_id="delivered"),
    ]
    wanted = ["late by three intervals", "late by one interval", "a little late", "months old"]
    for budget in (10, 2, 0):
        choice = _choose(parcels, budget)
        assert [parcel.parcel_id for parcel in choice.chosen] == wanted[:budget]
        assert (choice.followed, choice.due, choice.saved) == (5, 4, 1)
        assert choice.put_off == 4 - len(choice.chosen)
