"""Rates: asked for, put in order, kept in the ledger."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from reverse.orders_shop import Office, open_office
from reverse.write_kinds import pending
from shipsync.emulator import Fault, FaultKind, Options
from shipsync.errors import ConfigurationError, KeyRefused, UnknownOrder, UsageError
from shipsync.reverse.outbox.rollout import WriteProgress
from shipsync.reverse.rates.compare import IN_FLIGHT, compare_rates
from shipsync.reverse.rates.rates import RatesAnswer, read_rates
from shipsync.reverse.rates.request import WAITS

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


def compare(office: Office, *references: str, **how: Any) -> list[RatesAnswer]:
    with office.session() as session:
        return compare_rates(office.connection, session, references, pacing=office.pacing, **how)


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


def test_all_pending_shipments_are_asked_for_and_kept(tmp_path: Path) -> None:
    office = open_office(tmp_path, stays_open=False)
    office.account.orders.cancel(pending(office)[0])
    office.sync()
    for _ in range(2):
        answers = compare(office)
        assert {a.shipment_id for a in answers} == set(pending(office)[1:])
    with office.connect() as con:
        kept = con.execute("select count(*), count(distinct asked_at) from ledger.rates").fetchone()
        assert kept == (2 * sum(len(a.rates) for a in answers), 2)
        latest = con.execute(
            "select shipment_id, total_amount, delivery_days, price_rank, days_rank from "
            "ledger.rates_latest order by shipment_id, price_rank"
        ).fetchall()
        runs = con.execute("select distinct command, outcome from ledger.runs").fetchall()
    assert runs == [("shipments rates", "done")]
    assert len(latest) == sum(len(a.rates) for a in answers)
    first = [row for row in latest if row[0] == latest[0][0]]
    assert [row[1] for row in first] == sorted(row[1] for row in first)
    assert min(first, key=lambda row: row[4])[2] == min(row[2] for row in first)


def test_nothing_in_the_account_is_changed_by_asking(tmp_path: Path) -> None:
    office = open_office(tmp_path, stays_open=False)
    entries = len(office.account.journal)
    compare(office)
    assert len(office.account.journal) == entries


def test_carriers_can_be_chosen_and_a_shipment_named_by_its_own_id(tmp_path: Path) -> None:
    office = open_office(tmp_path, stays_open=False)
    carrier, code = (
        office.account.master_data.items("carriers")[1][n] for n in ("carrier_id", "carrier_code")
    )
    office.account.orders.change(pending(office)[0], external_shipment_id="W-1")
    [found] = compare(office, "W-1", carriers=[carrier])
    assert found.shipment_id == pending(office)[0]
    assert {rate.carrier_id for rate in found.rates} == {carrier}
    [by_code] = compare(office, found.shipment_id, carriers=[code])
    assert len(by_code.rates) == len(found.rates)


def test_a_lost_answer_is_asked_for_again(tmp_path: Path) -> None:
    office = open_office(tmp_path, stays_open=False)
    office.account.faults.add(Fault(FaultKind.RESET_AFTER, "/v2/rates", count=2))
    [found] = compare(office, pending(office)[0])
    assert found.rates
    office.account.faults.add(Fault(FaultKind.TIMEOUT, "/v2/rates", count=None))
    [none] = compare(office, pending(office)[0])
    assert "No usable answer came in 3 attempts of 10 s" in (none.problem or "")


def test_rates_that_carriers_still_think_about_are_waited_for(tmp_path: Path) -> None:
    office = open_office(tmp_path, options=Options(rates_pending_for=3), stays_open=False)
    carrier = office.account.master_data.items("carriers")[1]["carrier_id"]
    [found] = compare(office, pending(office)[0], carriers=[carrier])
    assert (found.problem, found.is_pending) == (None, False)
    assert {rate.carrier_id for rate in found.rates} == {carrier}
    assert office.pacing.waits == [1.0, 2.0, 4.0, 8.0]
    assert office.writes_sent() == 1


def test_rates_are_not_waited_for_for_ever(tmp_path: Path) -> None:
    office = open_office(tmp_path, options=Options(rates_pending_for=99), stays_open=False)
    [found] = compare(office, pending(office)[0])
    assert "still asking the carriers" in (found.problem or "")
    assert office.pacing.waits == list(WAITS)


def test_what_was_answered_is_kept_when_somebody_interrupts(tmp_path: Path) -> None:
    office = open_office(tmp_path, shipments=20, stays_open=False)

    def interrupt(progress: WriteProgress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(office, progress=interrupt)
    with office.connect() as con:
        [kept] = (
            con.execute("select count(distinct shipment_id) from ledger.rates").fetchone() or ()
        )
        runs = con.execute("select outcome from ledger.runs").fetchall()
    assert (kept, runs) == (1, [("failed",)])


def test_what_cannot_be_asked_is_said(tmp_path: Path) -> None:
    office = open_office(tmp_path, shipments=20, stays_open=False)
    with pytest.raises(UsageError, match="There is no carrier 'se-1'; the account has"):
        compare(office, carriers=["se-1"])
    with pytest.raises(UnknownOrder, match="has no shipment 'W-1'"):
        compare(office, "W-1")
    office.account.faults.add(Fault(FaultKind.KEY_REFUSED, "/v2/rates", count=None))
    asked = office.writes_sent()
    with pytest.raises(KeyRefused):
        compare(office)
    assert office.writes_sent() - asked <= IN_FLIGHT
    office.settings["read_only"] = True
    with pytest.raises(ConfigurationError, match="read_only"):
        compare(office)
