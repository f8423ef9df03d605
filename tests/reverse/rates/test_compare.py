"""Rates of one shipment or of all that wait: asked for, kept in the ledger."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from reverse.compared_rates import compare
from reverse.orders_shop import open_office
from reverse.write_kinds import pending
from shipsync.emulator import Fault, FaultKind
from shipsync.errors import ConfigurationError, KeyRefused, UnknownOrder, UsageError
from shipsync.reverse.outbox.rollout import WriteProgress
from shipsync.reverse.rates.compare import IN_FLIGHT


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


def test_they_are_kept_under_the_accounts_time_and_not_this_machines(tmp_path: Path) -> None:
    office = open_office(tmp_path, stays_open=False)
    # This machine's clock is forty days ahead of the account's.
    office.pacing.sleep(86_400 * 40)
    began = office.account.clock.now().replace(microsecond=0)
    for _ in range(2):
        compare(office)
    with office.connect() as con:
        kept = con.execute("select distinct asked_at from ledger.rates order by 1").fetchall()

    # The account tells whole seconds; two askings within one are told apart all the same.
    assert [at - began for (at,) in kept] == [timedelta(0), timedelta(microseconds=1)]
