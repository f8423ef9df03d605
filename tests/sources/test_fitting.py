"""Values that are not written as their column wants them: which are taken, and which are left."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipsync.sources.fitting import Fitted, fit, fit_column, fit_optional_key, key_text
from shipsync.sources.instants import EARLIEST, LATEST, parse_instant, parse_wall_clock
from shipsync.sources.schema import ColumnKind

NOT_TAKEN = Fitted(None, is_whole=False)


def exact(number: str) -> Fitted:
    return Fitted(Decimal(number))


def rounded(number: str) -> Fitted:
    return Fitted(Decimal(number), is_whole=False)


@pytest.mark.parametrize(
    ("came", "held"),
    [
        (17.169999999999998, exact("17.1700")),
        (15.0000000001, exact("15.0000")),
        (0.1 + 0.2, exact("0.3000")),
        (19.99 * 3, exact("59.9700")),
        (1e9 + 0.1 + 0.2, exact("1000000000.3000")),
        (4.35 * 100, exact("435.0000")),
        (1.23456, rounded("1.2346")),
        (0.00005, rounded("0.0000")),
        (0.00015, rounded("0.0002")),
        (2.00025, rounded("2.0002")),
        (-2.00035, rounded("-2.0004")),
        (12.3450001, rounded("12.3450")),
        (-0.0, exact("0")),
        (1e-320, exact("0")),
        (5, exact("5")),
        ("12.50", exact("12.50")),
        (" 12.5 ", exact("12.5")),
        ("1,234.50", rounded("1234.5")),
        ("-1,234,567.891", rounded("-1234567.891")),
        ("1.5e2", exact("150")),
        (99_999_999_999_999.98, exact("99999999999999.98")),
        (1e14, NOT_TAKEN),
        ("99999999999999.99999", NOT_TAKEN),
        (1e300, NOT_TAKEN),
        ("1e999", NOT_TAKEN),
        ("1e999999999", NOT_TAKEN),
        ("1,234", NOT_TAKEN),
        ("12,50", NOT_TAKEN),
        ("$12", NOT_TAKEN),
        ("NaN", NOT_TAKEN),
        (float("nan"), NOT_TAKEN),
        (float("inf"), NOT_TAKEN),
        (10**400, NOT_TAKEN),
        (True, NOT_TAKEN),
        ([12.5], NOT_TAKEN),
        ({}, NOT_TAKEN),
        ("9" * 5000, NOT_TAKEN),
        (None, Fitted(None)),
    ],
)
def test_money_is_never_lost_to_arithmetic(came: object, held: Fitted) -> None:
    assert fit(ColumnKind.MONEY, came) == held


@pytest.mark.parametrize(
    ("kind", "came", "held"),
    [
        (ColumnKind.NUMBER, "12.5", Fitted(12.5)),
        (ColumnKind.NUMBER, 10**400, NOT_TAKEN),
        (ColumnKind.NUMBER, float("nan"), NOT_TAKEN),
        (ColumnKind.NUMBER, "12,5", NOT_TAKEN),
        (ColumnKind.NUMBER, False, NOT_TAKEN),
        (ColumnKind.WHOLE, "12", Fitted(12)),
        (ColumnKind.WHOLE, "12.0", Fitted(12)),
        (ColumnKind.WHOLE, 12.0, Fitted(12)),
        (ColumnKind.WHOLE, 2.5, NOT_TAKEN),
        (ColumnKind.WHOLE, "2.5", NOT_TAKEN),
        (ColumnKind.WHOLE, 1e300, NOT_TAKEN),
        (ColumnKind.WHOLE, 1.0e16, NOT_TAKEN),
        (ColumnKind.WHOLE, 2**63, NOT_TAKEN),
        (ColumnKind.WHOLE, -(2**63) + 1, Fitted(-(2**63) + 1)),
        (ColumnKind.WHOLE, True, NOT_TAKEN),
        (ColumnKind.TEXT, 7, Fitted("7")),
        (ColumnKind.TEXT, 7.0, Fitted("7")),
        (ColumnKind.TEXT, 7.5, Fitted("7.5")),
        # Digits after the sixteenth would be made up.
        (ColumnKind.TEXT, 1.0e16, NOT_TAKEN),
        (ColumnKind.TEXT, 1e308, NOT_TAKEN),
        (ColumnKind.TEXT, True, NOT_TAKEN),
        (ColumnKind.TEXT, ["a"], NOT_TAKEN),
        (ColumnKind.TEXT, "a status nobody has heard of", Fitted("a status nobody has heard of")),
        (ColumnKind.BOOLEAN, "True", Fitted(True)),
        (ColumnKind.BOOLEAN, "false", Fitted(False)),
        (ColumnKind.BOOLEAN, 1, NOT_TAKEN),
        (ColumnKind.BOOLEAN, "yes", NOT_TAKEN),
        (ColumnKind.INSTANT, "", Fitted(None)),
        (ColumnKind.INSTANT, 17, NOT_TAKEN),
    ],
)
def test_a_value_is_taken_where_its_meaning_is_clear(
    kind: ColumnKind, came: object, held: Fitted
) -> None:
    assert fit(kind, came) == held


NEVER = [
    "9999-12-31T23:59:59.9999999-08:00",
    "9999-12-31T23:59:59-08:00",
    "9999-12-31",
    "0001-01-01T00:00:00",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "0000-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "2016-12-31T23:59:60Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01 24:00",
    "2026-13-01T00:00:00Z",
    "2026-02-30",
    "2026-01-01T00:00:00+99:00",
    "2026-01-01T00:00:00 \ud83d",
    "tomorrow, about noon",
    "\uff12\uff10\uff12\uff16-01-01T00:00:00Z",
    "1" * 10_000_000,
]


@pytest.mark.parametrize("text", NEVER, ids=lambda text: ascii(text[:40]))
@pytest.mark.parametrize("kind", [ColumnKind.INSTANT, ColumnKind.LOCAL_TIME])
def test_what_no_calendar_holds_is_no_time(kind: ColumnKind, text: str) -> None:
    assert fit(kind, text) == NOT_TAKEN
    assert fit_column(kind, ["2026-01-01T00:00:00Z", text]) is None


def test_the_first_and_the_last_instant_are_taken() -> None:
    for moment in (EARLIEST, LATEST):
        text = moment.isoformat()
        assert fit(ColumnKind.INSTANT, text) == Fitted(moment)
        array = fit_column(ColumnKind.INSTANT, [text.replace("+00:00", "Z"), None])
        assert array is not None
        assert array.to_pylist() == [moment, None]


@given(
    st.text(max_size=40)
    | st.from_regex(r"\A\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?\Z")
)
def test_no_text_makes_a_time_fail_and_each_fits_every_zone(text: str) -> None:
    parse_wall_clock(text)
    instant = parse_instant(text)
    if instant is not None:
        assert instant.tzinfo is UTC
        assert isinstance(instant.replace(tzinfo=None), datetime)


NUMBERS = (
    st.none() | st.integers() | st.floats() | st.decimals(allow_nan=False, places=2).map(float)
)


@given(st.sampled_from(list(ColumnKind)), st.lists(NUMBERS | st.booleans() | st.text(max_size=9)))
def test_at_once_and_one_by_one_give_the_same(kind: ColumnKind, values: list[Any]) -> None:
    if kind is ColumnKind.DOCUMENT:
        return
    at_once = fit_column(kind, values)
    one_by_one = [fit(kind, value) for value in values]
    if at_once is not None:
        assert [one.value for one in one_by_one] == at_once.to_pylist()
        assert all(
            one.is_whole or value == "" for one, value in zip(one_by_one, values, strict=True)
        )


@pytest.mark.parametrize(
    ("kind", "came", "key"),
    [
        (ColumnKind.TEXT, "se-1", "se-1"),
        (ColumnKind.TEXT, " ABC ", " ABC "),
        (ColumnKind.TEXT, 17, "17"),
        (ColumnKind.WHOLE, "17", "17"),
        (ColumnKind.WHOLE, 17.0, "17"),
        (ColumnKind.WHOLE, "A17", None),
        (ColumnKind.TEXT, 2**53 + 1, "9007199254740993"),
        (ColumnKind.TEXT, float(2**53 - 1), "9007199254740991"),
        # The same number again may be written otherwise, so it would be another row.
        (ColumnKind.TEXT, 1.0e16, None),
        (ColumnKind.WHOLE, 1.0e16, None),
        (ColumnKind.TEXT, "", None),
        (ColumnKind.TEXT, "  ", None),
        (ColumnKind.TEXT, None, None),
        (ColumnKind.TEXT, True, None),
        (ColumnKind.TEXT, {"id": 1}, None),
    ],
)
def test_a_key_is_what_can_be_told_from_others(
    kind: ColumnKind, came: object, key: str | None
) -> None:
    assert key_text(kind, came) == key


@pytest.mark.parametrize(
    ("came", "held"),
    [
        ("se-1", Fitted("se-1")),
        (17, Fitted("17")),
        (None, Fitted(None)),
        ("", Fitted(None)),
        ("  ", NOT_TAKEN),
        (1.0e16, NOT_TAKEN),
    ],
)
def test_what_is_missing_of_a_key_is_null_in_its_column(came: object, held: Fitted) -> None:
    assert fit_optional_key(ColumnKind.TEXT, came) == held
    assert (key_text(ColumnKind.TEXT, came) or None) == held.value
