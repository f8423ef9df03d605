"""Shipments, cancellations, voids and fulfillments whose answers are lost, by the account's journal."""

from __future__ import annotations

from pathlib import Path

import pytest

from reverse.office import Office, open_office
from reverse.write_kinds import CANCEL, CREATE, DEEDS, FULFIL, LOST_AFTER, LOST_BEFORE, VOID, Deed
from shipsync.emulator import Fault, FaultKind, Options
from shipsync.errors import KeyRefused
from shipsync.reverse.outbox.rollout import WriteProgress
from shipsync.reverse.outbox.states import Source, WriteState

each_deed = pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.name)


def open_for(deed: Deed, folder: Path, options: Options | None = None) -> Office:
    office = open_office(folder, options=options)
    deed.prepare(office)
    return office


@each_deed
def test_each_is_done_once_and_not_again(tmp_path: Path, deed: Deed) -> None:
    office = open_for(deed, tmp_path)
    keys = deed.keys(office)
    plan = deed.plan(office)
    report = deed.send(office, plan)
    assert report.counts == {WriteState.APPLIED: 3}
    assert {key: office.made()[key] for key in keys} == dict.fromkeys(keys, 1)
    sent = office.writes_sent()
    again = deed.send(office, plan)
    assert again.counts == {WriteState.APPLIED: 3}
    assert all(outcome.is_earlier for outcome in again.outcomes)
    assert office.writes_sent() == sent


@each_deed
@pytest.mark.parametrize("kind", LOST_AFTER)
def test_a_lost_answer_is_settled_by_looking(tmp_path: Path, deed: Deed, kind: FaultKind) -> None:
    office = open_for(deed, tmp_path)
    deed.lose(office, kind)
    report = deed.send(office, in_flight=1)
    assert report.counts == {WriteState.APPLIED: 3}
    assert set(office.made().values()) == {1}
    first = office.entries()[deed.keys(office)[0]]
    assert (first.source, first.attempt) == (Source.READING, 1)
    assert "The answer was lost" in (first.reason or "")


@each_deed
@pytest.mark.parametrize("kind", LOST_BEFORE)
def test_a_lost_request_is_never_taken_for_done(
    tmp_path: Path, deed: Deed, kind: FaultKind
) -> None:
    office = open_for(deed, tmp_path)
    deed.lose(office, kind)
    report = deed.send(office, in_flight=1)
    first = office.entries()[deed.keys(office)[0]]
    if deed.is_sent_again:
        assert (first.state, first.attempt) == (WriteState.APPLIED, 2)
    else:
        assert (first.state, first.source) == (WriteState.REJECTED, Source.READING)
        assert "looked for twice" in (first.reason or "")
        assert report.needs_person
        deed.send(office)
    made = office.made()
    assert {made[key] for key in deed.keys(office) if key in made} == {1}


@each_deed
def test_a_request_that_is_carried_out_late_is_found(tmp_path: Path, deed: Deed) -> None:
    """Its answer timed out, the first look finds nothing, and then the server gets round to it."""
    office = open_for(deed, tmp_path)
    key = deed.keys(office)[0]
    deed.lose(office, FaultKind.TIMEOUT)
    looks = {"create": 3, "cancel": 3, "void": 2, "fulfil": 3}[deed.name]
    deed.late(office, key, method="GET", path="*", skip=looks)
    report = deed.send(office, in_flight=1)
    assert report.counts == {WriteState.APPLIED: 3}
    assert office.made()[key] == 1
    assert office.entries()[key].attempt == 1
    assert 30.0 in office.pacing.waits


@pytest.mark.parametrize(
    ("deed", "options"),
    [
        (CREATE, Options()),
        (CREATE, Options(failed_shipment="echo")),
        (CREATE, Options(duplicate_shipment="conflict")),
        (CANCEL, Options()),
        (CANCEL, Options(repeated_cancel="refuse")),
        (CANCEL, Options(repeated_cancel="refuse", cancel_refusal_status=409)),
        (VOID, Options()),
    ],
)
def test_one_that_overtakes_its_repetition_is_done_once(
    tmp_path: Path, deed: Deed, options: Options
) -> None:
    """The first request is carried out in the instant before the second one arrives."""
    office = open_for(deed, tmp_path, options)
    key = deed.keys(office)[0]
    deed.lose(office, FaultKind.TIMEOUT)
    deed.late(office, key, method=deed.method, path=deed.path, skip=1)
    report = deed.send(office, in_flight=1)
    assert report.counts == {WriteState.APPLIED: 3}
    assert office.made()[key] == 1
    assert office.entries()[key].attempt == 2


def test_a_fulfillment_is_never_sent_twice_though_the_account_would_take_it(tmp_path: Path) -> None:
    office = open_for(FULFIL, tmp_path, Options(repeated_fulfillment="accept"))
    FULFIL.lose(office, FaultKind.RESET_AFTER, count=None)
    assert FULFIL.send(office).counts == {WriteState.APPLIED: 3}
    assert set(office.made().values()) == {1}
    assert office.writes_sent() == 3


@pytest.mark.parametrize("deed", [CREATE, FULFIL], ids=lambda deed: deed.name)
def test_what_cannot_be_read_back_is_unknown_until_it_can(tmp_path: Path, deed: Deed) -> None:
    office = open_for(deed, tmp_path)
    deed.lose(office, FaultKind.RESET_AFTER)

    keys = deed.keys(office)
    looks = {"create": 1, "fulfil": 2}[deed.name]
    office.account.faults.add(Fault(FaultKind.UNAVAILABLE, method="GET", count=None, skip=looks))
    report = deed.send(office, in_flight=1)
    assert office.entries()[keys[0]].state is WriteState.UNKNOWN
    assert report.needs_person
    office.account.faults.clear()
    assert deed.send(office).counts == {WriteState.APPLIED: 3}
    assert office.states(keys[0])[-2:] == ["unknown", "applied"]
    assert {office.made()[key] for key in keys} == {1}


@pytest.mark.parametrize("deed", [CREATE, FULFIL], ids=lambda deed: deed.name)
def test_a_refused_key_stops_the_run_and_leaves_the_rest(tmp_path: Path, deed: Deed) -> None:
    office = open_for(deed, tmp_path)
    deed.lose(office, FaultKind.KEY_REFUSED, count=None)
    plan = deed.plan(office)
    report = deed.send(office, plan, in_flight=1)
    assert isinstance(report.stopped_by, KeyRefused)
    assert report.left == 3
    assert not office.made()
    office.account.faults.clear()
    assert deed.send(office, plan).counts == {WriteState.APPLIED: 3}


@pytest.mark.parametrize("deed", [CREATE, FULFIL], ids=lambda deed: deed.name)
def test_an_interruption_begins_nothing_more_and_the_next_run_goes_on(
    tmp_path: Path, deed: Deed
) -> None:
    office = open_for(deed, tmp_path)

    def interrupt(progress: WriteProgress) -> None:
        raise KeyboardInterrupt

    plan = deed.plan(office)
    report = deed.send(office, plan, in_flight=1, progress=interrupt)
    assert report.interrupted
    assert (len(report.outcomes), report.left) == (1, 2)
    assert deed.send(office, plan).counts == {WriteState.APPLIED: 3}
    assert {office.made()[key] for key in deed.keys(office)} == {1}


@pytest.mark.parametrize("deed", [CREATE, FULFIL], ids=lambda deed: deed.name)
def test_the_first_alone_can_be_sent(tmp_path: Path, deed: Deed) -> None:
    office = open_for(deed, tmp_path)
    deed.send(office, only_first=True)
    made = office.made()
    assert [key for key in deed.keys(office) if made[key]] == deed.keys(office)[:1]
