"""Rates asked for as the command asks, for an office of the tests."""

from __future__ import annotations

from typing import Any

from reverse.orders_shop import Office
from shipsync.reverse.rates.compare import compare_rates
from shipsync.reverse.rates.rates import RatesAnswer


def compare(office: Office, *references: str, **how: Any) -> list[RatesAnswer]:
    with office.session() as session:
        return compare_rates(office.connection, session, references, pacing=office.pacing, **how)
