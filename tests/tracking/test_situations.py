"""What buyers are told, situation by situation: ``answers.txt`` holds every answer in full."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from shipsync.tracking import find_order, told
from tracking.cases import ASKED, NOW
from tracking.situations import CASES

EXPECTED = {
    name: text.strip()
    for name, _, text in (
        part.partition("\n")
        for part in (Path(__file__).parent / "answers.txt").read_text().split("== ")[1:]
    )
}


@pytest.mark.parametrize("name", CASES)
def test_a_situation_is_told_in_these_words(
    situations: duckdb.DuckDBPyConnection, name: str
) -> None:
    assert told(find_order(situations, name), NOW) == EXPECTED[name]


def test_no_answer_is_without_its_situation() -> None:
    assert set(EXPECTED) == set(CASES)
    assert len(CASES) >= 20


def test_an_old_answer_says_of_when_it_is_unless_it_cannot_change(
    situations: duckdb.DuckDBPyConnection,
) -> None:
    later = ASKED + timedelta(hours=25)

    assert told(find_order(situations, "in_transit"), later).endswith(
        "This is what was known on Thursday 12 March."
    )
    assert "what was known" not in told(find_order(situations, "delivered"), later)


def test_time_that_nobody_looked_is_not_the_carriers_silence(
    situations: duckdb.DuckDBPyConnection,
) -> None:
    a_month_later = told(find_order(situations, "in_transit"), ASKED + timedelta(days=30))

    assert "on its way" in a_month_later
    assert "no scan" not in a_month_later
    assert "expected on" not in a_month_later


def test_a_day_of_another_year_is_told_with_its_year(
    situations: duckdb.DuckDBPyConnection,
) -> None:
    answer = told(find_order(situations, "delivered"), ASKED + timedelta(days=300))

    assert "on Wednesday 11 March 2026" in answer


def test_a_parcel_that_was_delivered_long_ago_does_not_make_the_answer_old(
    situations: duckdb.DuckDBPyConnection,
) -> None:
    order = find_order(situations, "delivered")
    (shipment,) = order.shipments
    long_ago = ASKED - timedelta(days=60)
    parcels = tuple(replace(parcel, known_at=long_ago) for parcel in shipment.parcels)
    older = replace(order, shipments=(replace(shipment, parcels=parcels),))

    assert older.known_at == ASKED
