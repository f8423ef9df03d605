"""Answers that don't say plainly what is so: none of them is taken for yes, no or nothing there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from reverse.changed_answers import Answering, refusal, rows
from reverse.orders_shop import open_office
from reverse.stock_rows import PLUS_5, TO_25
from reverse.stock_shop import Shop
from reverse.write_kinds import (
    CANCEL,
    CREATE,
    FULFIL,
    VOID,
    cancel_with_labels,
    pending,
    with_labels,
)
from shipsync.emulator import Fault, FaultKind
from shipsync.reverse.outbox.states import Source, WriteState

ERROR = {"errors": [{"message": "Something failed."}]}


def instead(status: int, body: Any) -> Any:
    """Every answer to a change replaced by this one, whether or not the change was made."""

    def change(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        return httpx.Response(status, json=body) if request.method != "GET" else None

    return change


@pytest.mark.parametrize(("status", "body"), [(200, ERROR), (202, {}), (207, ERROR)])
def test_a_stock_change_is_settled_by_reading(shop: Shop, status: int, body: Any) -> None:
    shop.transport = Answering(shop.account, instead(status, body))
    shop.apply(shop.plan(PLUS_5))
    entry = shop.entries()["k"]
    assert (entry.state, entry.source) == (WriteState.APPLIED, Source.READING)


@pytest.mark.parametrize(("status", "body"), [(200, ERROR), (202, {}), (207, ERROR)])
def test_a_cancel_that_was_not_made_is_not_reported_made(
    tmp_path: Path, status: int, body: Any
) -> None:
    office = open_office(tmp_path)
    plan = CANCEL.plan(office)
    answer = httpx.Response(status, json=body)
    fault = Fault(FaultKind.TIMEOUT, CANCEL.path, CANCEL.method, count=None)
    office.account.faults.add(fault)

    class Promising(Answering):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "PUT":
                return answer
            return super().handle_request(request)

    office.transport = Promising(office.account, lambda request, response: None)
    report = CANCEL.send(office, plan)
    assert report.counts == {WriteState.REJECTED: 3}
    assert not office.made()


def test_an_empty_answer_in_chunks_is_whole(shop: Shop) -> None:
    def chunked(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if request.method == "GET":
            return None
        headers = {"transfer-encoding": "chunked"}
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(b""))

    shop.transport = Answering(shop.account, chunked)
    shop.apply(shop.plan(PLUS_5))
    assert shop.entries()["k"].source is Source.ANSWER


@pytest.mark.parametrize(
    "edit",
    [
        lambda row: row.pop("inventory_location_id"),
        lambda row: row.update(inventory_location_id=None),
        lambda row: row.pop("sku"),
        lambda row: row.update(sku=row["sku"].lower()),
    ],
    ids=["no_location", "null_location", "no_sku", "other_letters"],
)
@pytest.mark.parametrize("row", [PLUS_5, TO_25], ids=["increment", "adjust"])
def test_a_level_that_is_not_plainly_named_is_not_nothing(
    shop: Shop, edit: Any, row: dict[str, object]
) -> None:
    shop.transport = Answering(shop.account, rows("inventory", edit))
    others = {"sku": "A-2", "location": "Main", "quantity": 1, "action": "increment", "key": "o"}
    shop.apply(shop.plan(row, others))
    entry = shop.entries()["k"]
    assert (entry.state, entry.source) == (WriteState.REJECTED, Source.CHECK)
    assert "ShipStation lists 'A-1' in other letters, or without its location" in (
        entry.reason or ""
    )
    assert shop.writes_sent() == 0


def test_levels_of_others_that_are_not_plainly_named_do_no_harm(shop: Shop) -> None:
    def edit(row: dict[str, Any]) -> None:
        if row["sku"] == "A-3":
            row["sku"] = "a-3"

    shop.transport = Answering(shop.account, rows("inventory", edit))
    counts = [{"sku": f"A-{n}", "location": "Main", "quantity": 12} for n in (1, 2, 4)]
    assert shop.apply(shop.plan(*counts)).counts == {WriteState.APPLIED: 3}


def test_a_total_that_heeds_no_filter_does_not_stop_a_change(shop: Shop) -> None:
    def whole(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if request.method != "GET" or b"sku=" not in request.url.query:
            return None
        return httpx.Response(200, json={**response.json(), "total": 6})

    shop.transport = Answering(shop.account, whole)
    shop.apply(shop.plan(PLUS_5))
    assert shop.entries()["k"].state is WriteState.APPLIED


def test_a_row_that_may_not_be_looked_at_does_not_stop_the_others(shop: Shop) -> None:
    def unknown(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        is_it = request.method == "GET" and b"sku=A-1" in request.url.query
        return refusal(404, "No such SKU.") if is_it else None

    shop.transport = Answering(shop.account, unknown)
    plus = [{**PLUS_5, "sku": f"A-{n}", "key": f"k-{n}"} for n in (1, 2, 3)]
    report = shop.apply(shop.plan(*plus))
    assert report.counts == {WriteState.REJECTED: 1, WriteState.APPLIED: 2}
    assert "could not be looked at before it was sent" in (shop.entries()["k-1"].reason or "")


@pytest.mark.parametrize(
    "row",
    [{}, {"shipment_id": None}, {"error": "on hold"}, {"status": "failed"}],
    ids=["nothing", "no_id", "an_error_by_another_name", "a_status"],
)
def test_a_fulfillment_row_that_names_nothing_is_no_yes(tmp_path: Path, row: Any) -> None:
    office = open_office(tmp_path)
    plan = FULFIL.plan(office)

    class Vague(Answering):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "POST":
                return httpx.Response(200, json={"has_errors": False, "fulfillments": [row]})
            return super().handle_request(request)

    office.transport = Vague(office.account, lambda request, response: None)
    assert FULFIL.send(office, plan).counts == {WriteState.REJECTED: 3}
    assert not office.made()


@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_fulfillment_that_is_there_was_not_refused(tmp_path: Path, status: int) -> None:
    office = open_office(tmp_path)
    plan = FULFIL.plan(office)

    def refused(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        return refusal(status) if request.method == "POST" else None

    office.transport = Answering(office.account, refused)
    assert FULFIL.send(office, plan).counts == {WriteState.APPLIED: 3}
    assert set(office.made().values()) == {1}


def test_a_fulfillment_listed_under_another_number_is_not_missing(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    plan = FULFIL.plan(office)
    FULFIL.lose(office, FaultKind.RESET_AFTER)

    def edit(row: dict[str, Any]) -> None:
        row["tracking_number"] = f"0{row['tracking_number']}"

    office.transport = Answering(office.account, rows("fulfillments", edit))
    report = FULFIL.send(office, plan, in_flight=1)
    assert report.counts == {WriteState.UNKNOWN: 1, WriteState.APPLIED: 2}
    assert "is fulfilled by now, with tracking number 0T" in (report.outcomes[0].reason or "")


def test_a_refused_cancel_is_one_though_its_labels_cannot_be_listed(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    plan = CANCEL.plan(office)

    def change(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if request.method == "PUT":
            return refusal(400, "Labels are live.")
        listed = rows("labels", lambda row: row.update(shipment_id="se-0"))
        return listed(request, response)

    with_labels(office)
    office.account.orders.change(pending(office)[0], shipment_status="pending")
    office.transport = Answering(office.account, change)
    report = CANCEL.send(office, plan, in_flight=1, only_first=True)
    assert report.counts == {WriteState.REJECTED: 1}
    assert report.outcomes[0].reason == "Labels are live."


@pytest.mark.parametrize(("write_case", "what"), [(CANCEL, "shipment"), (VOID, "label")])
def test_what_is_not_shown_any_more_is_left_to_a_person(
    tmp_path: Path, write_case: Any, what: str
) -> None:
    office = open_office(tmp_path)
    write_case.prepare(office)
    plan, asked = write_case.plan(office), write_case.keys(office)[0]
    write_case.lose(office, FaultKind.RESET_AFTER)

    def gone(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        is_it = request.method == "GET" and request.url.path.endswith(asked)
        return httpx.Response(404) if is_it and office.writes_sent() else None

    office.transport = Answering(office.account, gone)
    report = write_case.send(office, plan, in_flight=1)
    assert report.outcomes[0].state is WriteState.UNKNOWN
    assert f"does not show the {what} any more" in (report.outcomes[0].reason or "")


def test_a_label_list_that_is_behind_a_void_does_not_forbid_the_cancel(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    with_labels(office)
    behind = rows(
        "labels", lambda row: row.update(voided=False, voided_at=None, status="completed")
    )
    office.account.options = office.account.options.__class__(status_after_void="label_purchased")
    office.transport = Answering(office.account, behind)
    assert office.send(cancel_with_labels(office)).counts == {WriteState.APPLIED: 3}


def test_an_unknown_external_id_may_be_called_malformed(tmp_path: Path) -> None:
    office = open_office(tmp_path)

    def change(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        is_it = "/external_shipment_id/" in request.url.path and response.status_code == 404
        return refusal(400, "Malformed.") if is_it else None

    office.transport = Answering(office.account, change)
    CREATE.lose(office, FaultKind.RESET_AFTER)
    assert CREATE.send(office).counts == {WriteState.APPLIED: 3}
    assert set(office.made().values()) == {1}


def test_any_object_is_no_shipment(tmp_path: Path) -> None:
    office = open_office(tmp_path)
    CREATE.lose(office, FaultKind.RESET)
    looks = iter(range(100))

    def change(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        is_it = "/external_shipment_id/" in request.url.path and next(looks) > 0
        return httpx.Response(200, json={"message": "ok"}) if is_it else None

    office.transport = Answering(office.account, change)
    CREATE.send(office, in_flight=1)
    assert office.entries()["W-1"].state is WriteState.UNKNOWN
    assert not office.made()
