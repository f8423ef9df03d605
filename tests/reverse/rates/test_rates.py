"""Rates as the API answers them, put in order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from shipsync.reverse.rates.rates import RatesAnswer, read_rates

USD = {"currency": "usd", "amount": 0.0}


RATE = {
    "rate_id": "se-1",
    "carrier_id": "se-2",
    "carrier_code": "ups",
    "service_code": "ups_ground",
    "delivery_days": 4,
    "shipping_amount": {"currency": "usd", "amount": 7.1},
    "insurance_amount": {"currency": "usd", "amount": 0.2},
    "confirmation_amount": USD,
    "other_amount": {"currency": "usd", "amount": 0.15},
    "validation_status": "valid",
}


def answer(*rates: dict[str, Any], **more: object) -> RatesAnswer:
    return read_rates("se-9", {"rate_response": {"rates": list(rates), "errors": [], **more}})


def test_the_price_is_the_sum_of_its_parts() -> None:
    [rate] = answer(RATE).rates
    assert (rate.total_amount, rate.total_amount_currency) == (Decimal("7.45"), "usd")
    assert (rate.shipping_amount, rate.delivery_days, rate.is_usable) == (Decimal("7.1"), 4, True)


@pytest.mark.parametrize(
    ("change", "total", "currency"),
    [
        ({"tax_amount": {"currency": "usd", "amount": 1}}, Decimal("8.45"), "usd"),
        ({"insurance_amount": {"currency": "eur", "amount": 1}}, None, "usd"),
        ({"insurance_amount": {"currency": "eur", "amount": 0}}, Decimal("7.25"), "usd"),
        ({"other_amount": None}, Decimal("7.30"), "usd"),
    ],
)
def test_currencies_are_not_added_up(change: Any, total: Decimal | None, currency: str) -> None:
    [rate] = answer({**RATE, **change}).rates
    assert (rate.total_amount, rate.total_amount_currency) == (total, currency)


def test_rates_are_sorted_by_price_and_days_and_unusable_ones_come_last() -> None:
    found = answer(
        {
            **RATE,
            "rate_id": "dear",
            "shipping_amount": {"currency": "usd", "amount": 30},
            "delivery_days": 1,
        },
        {**RATE, "rate_id": "bad", "error_messages": ["No."], "shipping_amount": USD},
        {**RATE, "rate_id": "slow", "delivery_days": None},
        RATE,
        invalid_rates=[{**RATE, "rate_id": "invalid"}],
    )
    assert [rate.rate_id for rate in found.rates] == ["se-1", "slow", "dear", "bad", "invalid"]
    by_days = sorted(found.rates, key=lambda rate: rate.by_days)
    assert [rate.rate_id for rate in by_days] == ["dear", "se-1", "slow", "bad", "invalid"]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "holds no rates"),
        ([], "holds no rates"),
        ({"rate_response": {"rates": []}}, "No carrier offers anything"),
        ({"rate_response": {"errors": [{"message": "No weight."}]}}, "No weight."),
        ({"rate_response": {"status": "working", "rates": [RATE]}}, "still asking"),
    ],
)
def test_a_shipment_without_rates_has_a_problem(body: object, problem: str) -> None:
    assert problem in (read_rates("se-9", body).problem or "")
