"""Asking for rates: lost answers, and carriers that take their time."""

from __future__ import annotations

from pathlib import Path

from reverse.compared_rates import compare
from reverse.orders_shop import open_office
from reverse.write_kinds import pending
from shipsync.emulator import Fault, FaultKind, Options
from shipsync.reverse.rates.request import WAITS


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
