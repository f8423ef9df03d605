"""Shipments, cancellations, voids and fulfillments whose answers are lost, by the account's journal."""

from __future__ import annotations

from pathlib import Path

import pytest

from reverse.orders_shop import Office, open_office
from reverse.write_kinds import (
    CANCEL,
    CREATE,
    FULFIL,
    LOST_AFTER,
    LOST_BEFORE,
    VOID,
    WRITE_CASES,
    WriteCase,
)
from shipsync.emulator import Fault, FaultKind, Options
from shipsync.errors import KeyRefused
from shipsync.reverse.outbox.rollout import WriteProgress
from shipsync.reverse.outbox.states import Source, WriteState

each_write_case = pytest.mark.parametrize(
    "write_case", WRITE_CASES, ids=lambda write_case: write_case.name
)


def open_for(write_case: WriteCase, folder: Path, options: Options | None = None) -> Office:
    office = open_office(folder, options=options)
    write_case.prepare(office)
    return office


@each_write_case
def test_each_is_done_once_and_not_again(tmp_path: Path, write_case: WriteCase) -> None:
    office = open_for(write_case, tmp_path)
    keys = write_case.keys(office)
    plan = write_case.plan(office)
    report = write_case.send(office, plan)
    assert report.counts == {WriteState.APPLIED: 3}
    assert {key: office.made()[key] for key in keys} == dict.fromkeys(keys, 1)
    sent = office.writes_sent()
    again = write_case.send(office, plan)
    assert again.counts == {WriteState.APPLIED: 3}
    assert all(outcome.is_earlier for outcome in again.outcomes)
    assert office.writes_sent() == sent


@each_write_case
@pytest.mark.parametrize("kind", LOST_AFTER)
def test_a_lost_answer_is_settled_by_looking(
    tmp_path: Path, write_case: WriteCase, kind: FaultKind
) -> None:
    office = open_for(write_case, tmp_path)
    write_case.lose(office, kind)
    report = write_case.send(office, in_flight=1)
    assert report.counts == {WriteState.APPLIED: 3}
    assert set(office.made().values()) == {1}
    first = office.entries()[write_case.keys(office)[0]]
    assert (first.source, first.attempt) == (Source.READING, 1)
    assert "The answer was lost" in (first.reason or "")


@each_write_case
@pytest.mark.parametrize("kind", LOST_BEFORE)
def test_a_lost_request_is_never_taken_for_done(
    tmp_path: Path, write_case: WriteCase, kind: FaultKind
) -> None:
    office = open_for(write_case, tmp_path)
    write_case.lose(office, kind)
    report = write_case.send(office, in_flight=1)
    first = office.entries()[write_case.keys(office)[0]]
    if write_case.is_sent_again:
        assert (first.state, first.attempt) == (WriteState.APPLIED, 2)
    else:
        assert (first.state, first.source) == (WriteState.REJECTED, Source.READING)
        assert "looked for twice" in (first.reason or "")
        assert report.needs_person
        write_case.send(office)
    made = office.made()
    assert {made[key] for key in write_case.keys(office) if key in made} == {1}


@each_write_case
def test_a_request_that_is_carried_out_late_is_found(tmp_path: Path, write_case: WriteCase) -> None:
    """Its answer timed out, the first look finds nothing, and then the server gets round to it."""
    office = open_for(write_case, tmp_path)
    key = write_case.keys(office)[0]
    write_case.lose(office, FaultKind.TIMEOUT)
    looks = {"create": 3, "cancel": 3, "void": 2, "fulfil": 3}[write_case.name]
    write_case.late(office, key, method="GET", path="*", skip=looks)
    report = write_case.send(office, in_flight=1)
    assert report.counts == {WriteState.APPLIED: 3}
    assert office.made()[key] == 1
    assert office.entries()[key].attempt == 1
    assert 30.0 in office.pacing.waits


@pytest.mark.parametrize(
    ("write_case", "options"),
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
    tmp_path: Path, write_case: WriteCase, options: Options
) -> None:
    """The first request is carried out in the instant before the second one arrives."""
    office = open_for(write_case, tmp_path, options)
    key = write_case.keys(office)[0]
    write_case.lose(office, FaultKind.TIMEOUT)
    write_case.late(office, key, method=write_case.method, path=write_case.path, skip=1)
    report = write_case.send(office, in_flight=1)
    assert report.counts == {WriteState.APPLIED: 3}
    assert office.made()[key] == 1
    assert office.entries()[key].attempt == 2


def test_a_fulfillment_is_never_sent_twice_though_the_account_would_take_it(tmp_path: Path) -> None:
    office = open_for(FULFIL, tmp_path, Options(repeated_fulfillment="accept"))
    FULFIL.lose(office, FaultKind.RESET_AFTER, count=None)
    assert FULFIL.send(office).counts == {WriteState.APPLIED: 3}
    assert set(office.made().values()) == {1}
    assert office.writes_sent() == 3


@pytest.mark.parametrize("write_case", [CREATE, FULFIL], ids=lambda write_case: write_case.name)
def test_what_cannot_be_read_back_is_unknown_until_it_can(
    tmp_path: Path, write_case: WriteCase
) -> None:
    office = open_for(write_case, tmp_path)
    write_case.lose(office, FaultKind.RESET_AFTER)

    keys = write_case.keys(office)
    looks = {"create": 1, "fulfil": 2}[write_case.name]
    office.account.faults.add(Fault(FaultKind.UNAVAILABLE, method="GET", count=None, skip=looks))
    report = write_case.send(office, in_flight=1)
    assert office.entries()[keys[0]].state is WriteState.UNKNOWN
    assert report.needs_person
    office.account.faults.clear()
    assert write_case.send(office).counts == {WriteState.APPLIED: 3}
    assert office.states(keys[0])[-2:] == ["unknown", "applied"]
    assert {office.made()[key] for key in keys} == {1}


@pytest.mark.parametrize("write_case", [CREATE, FULFIL], ids=lambda write_case: write_case.name)
def test_a_refused_key_stops_the_run_and_leaves_the_rest(
    tmp_path: Path, write_case: WriteCase
) -> None:
    office = open_for(write_case, tmp_path)
    write_case.lose(office, FaultKind.KEY_REFUSED, count=None)
    plan = write_case.plan(office)
    report = write_case.send(office, plan, in_flight=1)
    assert isinstance(report.stopped_by, KeyRefused)
    assert report.left == 3
    assert not office.made()
    office.account.faults.clear()
    assert write_case.send(office, plan).counts == {WriteState.APPLIED: 3}


@pytest.mark.parametrize("write_case", [CREATE, FULFIL], ids=lambda write_case: write_case.name)
def test_an_interruption_begins_nothing_more_and_the_next_run_goes_on(
    tmp_path: Path, write_case: WriteCase
) -> None:
    office = open_for(write_case, tmp_path)

    def interrupt(progress: WriteProgress) -> None:
        raise KeyboardInterrupt

    plan = write_case.plan(office)
    report = write_case.send(office, plan, in_flight=1, progress=interrupt)
    assert report.interrupted
    assert (len(report.outcomes), report.left) == (1, 2)
    assert write_case.send(office, plan).counts == {WriteState.APPLIED: 3}
    assert {office.made()[key] for key in write_case.keys(office)} == {1}


@pytest.mark.parametrize("write_case", [CREATE, FULFIL], ids=lambda write_case: write_case.name)
def test_the_first_alone_can_be_sent(tmp_path: Path, write_case: WriteCase) -> None:
    office = open_for(write_case, tmp_path)
    write_case.send(office, only_first=True)
    made = office.made()
    assert [key for key in write_case.keys(office) if made[key]] == write_case.keys(office)[:1]
