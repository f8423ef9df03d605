"""Open shipments whose change or departure no cursor shows: found in a run, and none closed in error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from shipsync import job
from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.emulator import Account, Options, Transport
from shipsync.emulator.simulation.seed import seed_account
from shipsync.job import Scope
from shipsync.sync.gone import MANY
from shipsync.sync.reports import StreamReport, SyncReport
from truth.comparison import compare_current
from truth.synced_shop import START, Shop

ONLY = frozenset({"shipments"})
STATUSES = ("pending", "on_hold", "processing")
OBSERVED = Options(hold_status="on_hold", tags_move_modified=False)
Change = Callable[[httpx.Request, httpx.Response], httpx.Response | None]


class Changed(Transport):
    """Hands every answer to ``change``, which gives another in its place, or None to let it pass."""

    def __init__(self, account: Account, change: Change) -> None:
        super().__init__(account)
        self._change = change

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        return self._change(request, response) or response


def made(folder: Path, options: Options = OBSERVED, shipments: int = 60) -> Shop:
    """A shop of which everything was synced, a day before now."""
    account = Account(seed=5, options=options, start=START)
    seed_account(account, shipments=shipments, days=20)
    shop = Shop(account, folder)
    shop.sync(Scope(only=ONLY))
    account.clock.advance(days=1)
    return shop


def synced(shop: Shop, change: Change = lambda request, response: None) -> StreamReport:
    """Another sync of the shipments, whose answers ``change`` may spoil."""
    pacing = JumpingPacing(shop.account.clock.now())
    transport = Changed(shop.account, change)
    with Session(shop.connection, transport=transport, pacing=pacing) as session:
        [report] = job.sync(shop.connection, session, Scope(only=ONLY)).streams
    return report


def open_ids(shop: Shop) -> list[str]:
    """Ids of the stored open shipments that nobody has merged or deleted."""
    found = shop.rows(
        "select shipment_id from raw.shipments where _dlt_valid_to is null "
        "and list_contains(?, shipment_status) order by shipment_id",
        list(STATUSES),
    )
    return [key for (key,) in found if key not in shop.account.orders.vanished]


def asked(shop: Shop, since: int) -> list[str]:
    """Path and query of the requests from one on."""
    return [f"{r.path}?{r.query}" for r in shop.account.requests[since:]]


def gone(shop: Shop) -> list[tuple[str, str, str | None]]:
    """What the ledger says of shipments that went."""
    return shop.rows("select entity_id, closed_because, merged_into from ledger.gone order by all")


def lines_of(shop: Shop, *ids: str) -> int:
    """How many lines of all kinds are stored for some shipments."""
    return sum(
        shop.rows(
            f"select count(*) from raw.{table} where list_contains(?, shipment_id)",  # noqa: S608
            list(ids),
        )[0][0]
        for table in ("shipment_items", "shipment_packages", "shipment_tags")
    )


def refused(status: int = 404, body: bytes | None = None) -> httpx.Response:
    """A 404 as the API gives it, or with another body."""
    error = {
        "error_source": "shipengine",
        "error_type": "validation",
        "error_code": "invalid_identifier",
        "message": "There is no such shipment.",
    }
    if body is not None:
        return httpx.Response(status, content=body)
    return httpx.Response(status, json={"request_id": "r-1", "errors": [error]})


def test_an_idle_run_costs_one_request_for_each_status_that_is_stored(tmp_path: Path) -> None:
    shop = made(tmp_path)
    statuses = {s for (s,) in shop.rows("select distinct shipment_status from raw.shipments")}
    before = len(shop.account.requests)

    report = synced(shop)

    listed = [line for line in asked(shop, before) if "shipment_status=" in line]
    assert len(listed) == len(statuses & set(STATUSES)) == 2
    assert len(shop.account.requests) - before == 3
    assert (report.rows, report.caught_late, report.gone) == (0, 0, 0)


def test_tags_alone_are_seen_in_the_next_run(tmp_path: Path) -> None:
    shop = made(tmp_path)
    changed = open_ids(shop)[:3]
    for shipment_id in changed:
        shop.account.orders.change(shipment_id, tags=[{"name": f"for {shipment_id}"}])

    report = synced(shop)

    assert report.caught_late == report.rows == 3
    compare_current(shop, "tags", ["shipments"])
    versions = shop.rows(
        "select count(*) from raw.shipments where list_contains(?, shipment_id)", changed
    )
    assert versions == [(6,)]
    assert synced(shop).rows == 0


@pytest.mark.parametrize("merged_shipment", ["not_found", "survivor"])
def test_what_is_merged_or_deleted_leaves_every_current_table(
    tmp_path: Path, merged_shipment: str
) -> None:
    options = Options(**{**vars(OBSERVED), "merged_shipment": merged_shipment})
    shop = made(tmp_path, options)
    deleted, merged, survivor, *_ = open_ids(shop)
    assert lines_of(shop, deleted, merged) > 0
    shop.account.orders.delete(deleted)
    shop.account.orders.merge(merged, survivor, notes_to_buyer="Together now.")

    report = synced(shop)

    assert report.gone == 2
    assert report.unproven is None
    compare_current(shop, "gone", ["shipments"])
    assert lines_of(shop, deleted, merged) == 0
    is_told = merged_shipment == "survivor"
    assert sorted(gone(shop)) == sorted(
        [
            (deleted, "gone", None),
            (merged, "merged" if is_told else "gone", survivor if is_told else None),
        ]
    )
    assert synced(shop).gone == 0


def test_what_comes_back_is_current_again_and_may_go_again(tmp_path: Path) -> None:
    shop = made(tmp_path)
    target = open_ids(shop)[0]

    def hides(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if request.url.path == f"/v2/shipments/{target}":
            return refused()
        if request.url.path == "/v2/shipments" and response.status_code == 200:
            body = response.json()
            kept = [row for row in body["shipments"] if row["shipment_id"] != target]
            body["total"] -= len(body["shipments"]) - len(kept)
            return httpx.Response(200, json={**body, "shipments": kept}, headers=dates(response))
        return None

    assert synced(shop, hides).gone == 1
    assert target not in open_ids(shop)

    assert synced(shop).caught_late == 1
    compare_current(shop, "back again", ["shipments"])
    assert synced(shop, hides).gone == 1
    assert shop.rows("select max(times) from ledger.gone") == [(2,)]


def dates(response: httpx.Response) -> dict[str, str]:
    return {"date": str(response.headers.get("date", ""))}


def test_what_was_sent_between_the_list_and_the_question_is_left_to_the_next_run(
    tmp_path: Path,
) -> None:
    shop = made(tmp_path)
    target = open_ids(shop)[0]

    def sends(request: httpx.Request, response: httpx.Response) -> None:
        if "shipment_status" not in request.url.params and "modified_at" in str(request.url):
            shop.account.clock.advance(seconds=5)
            shop.account.orders.change(target, shipment_status="label_purchased")

    report = synced(shop, sends)
    assert (report.gone, report.unproven) == (0, None)
    assert shop.rows(
        "select shipment_status from raw.shipments where shipment_id = ? and _dlt_valid_to is null",
        target,
    ) != [("label_purchased",)]
    synced(shop)
    compare_current(shop, "sent meanwhile", ["shipments"])


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (None, "either, which it has"),
        (b"", "named no error"),
        (b"<html>no such page</html>", "there was no usable answer"),
        (b'{"errors": []}', "named no error"),
    ],
    ids=["every id", "empty", "a web page", "no error"],
)
def test_a_server_in_trouble_closes_nothing(tmp_path: Path, body: bytes | None, why: str) -> None:
    shop = made(tmp_path)
    shop.account.orders.delete(open_ids(shop)[0])

    def in_trouble(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        by_id = request.url.path.startswith("/v2/shipments/")
        return refused(body=body) if by_id else None

    report = synced(shop, in_trouble)

    assert report.gone == 0
    assert report.unproven is not None
    assert why in report.unproven
    assert SyncReport("r-1", [report]).needs_person
    assert gone(shop) == []
    assert synced(shop).gone == 1


def test_a_404_that_is_one_the_first_time_only_closes_nothing(tmp_path: Path) -> None:
    shop = made(tmp_path)
    shop.account.orders.delete(open_ids(shop)[0])
    target = open_ids(shop)[0]
    answers = iter([refused()])

    def wavers(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if request.url.path == f"/v2/shipments/{target}":
            return next(answers, None)
        if request.url.path == "/v2/shipments" and response.status_code == 200:
            body = response.json()
            kept = [row for row in body["shipments"] if row["shipment_id"] != target]
            body["total"] -= len(body["shipments"]) - len(kept)
            return httpx.Response(200, json={**body, "shipments": kept}, headers=dates(response))
        return None

    report = synced(shop, wavers)
    assert report.gone == 1
    assert "asked a second time" in (report.unproven or "")
    assert target in open_ids(shop)


def test_many_at_once_wait_for_an_hour_and_are_closed_then(tmp_path: Path) -> None:
    shop = made(tmp_path, shipments=260)
    leaving = open_ids(shop)[: MANY + 5]
    assert len(leaving) > MANY
    for shipment_id in leaving:
        shop.account.orders.delete(shipment_id)

    first = synced(shop)
    assert first.gone == 0
    assert "so many at once" in (first.unproven or "")
    shop.account.clock.advance(minutes=5)
    assert synced(shop).gone == 0
    shop.account.clock.advance(hours=1)
    last = synced(shop)
    assert (last.gone, last.unproven) == (len(leaving), None)
    compare_current(shop, "many", ["shipments"])


def test_a_list_that_breaks_off_closes_nothing(tmp_path: Path) -> None:
    shop = made(tmp_path)

    def breaks_off(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if "shipment_status" not in request.url.params:
            return None
        body = response.json()
        body["shipments"] = body["shipments"][1:]
        return httpx.Response(200, json=body, headers=dates(response))

    before = len(shop.account.requests)
    report = synced(shop, breaks_off)
    assert report.outcome == "failed"
    assert gone(shop) == []
    assert not any("/v2/shipments/" in line for line in asked(shop, before))


def test_a_list_that_is_empty_in_error_closes_nothing(tmp_path: Path) -> None:
    shop = made(tmp_path)
    stored = open_ids(shop)

    def is_empty(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if "shipment_status" not in request.url.params:
            return None
        body = {**response.json(), "shipments": [], "total": 0, "pages": 0}
        return httpx.Response(200, json=body, headers=dates(response))

    report = synced(shop, is_empty)
    assert (report.gone, report.rows, report.unproven) == (0, 0, None)
    assert open_ids(shop) == stored


@pytest.mark.parametrize("way", ["ignored", "refused"])
def test_a_status_that_is_no_filter_hides_nothing(tmp_path: Path, way: str) -> None:
    shop = made(tmp_path)
    deleted, edited, *_ = open_ids(shop)
    shop.account.orders.delete(deleted)
    shop.account.orders.change(edited, tags=[{"name": "seen all the same"}])

    class Unfiltered(Transport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if way == "refused" and "shipment_status" in request.url.params:
                return refused(400)
            request.url = request.url.copy_remove_param("shipment_status")
            return super().handle_request(request)

    pacing = JumpingPacing(shop.account.clock.now())
    transport = Unfiltered(shop.account)
    with Session(shop.connection, transport=transport, pacing=pacing) as session:
        [report] = job.sync(shop.connection, session, Scope(only=ONLY)).streams
    assert (report.outcome, report.gone, report.caught_late) == ("loaded", 1, 1)
    compare_current(shop, way, ["shipments"])


def test_full_refresh_asks_for_what_it_did_not_meet(tmp_path: Path) -> None:
    shop = made(tmp_path)
    [(sent,)] = shop.rows(
        "select shipment_id from raw.shipments where shipment_status = 'label_purchased' limit 1"
    )
    shop.account.orders.delete(sent)
    assert synced(shop).gone == 0

    report = shop.sync(Scope(only=ONLY, full_refresh=True)).stream("shipments")
    assert report.gone == 1
    assert gone(shop) == [(sent, "gone", None)]
    compare_current(shop, "full refresh", ["shipments"])


@pytest.mark.parametrize("by_counts", [False, True], ids=["rows", "counts"])
@pytest.mark.parametrize("merged_shipment", ["not_found", "survivor"])
def test_reconcile_finds_what_was_sent_before_it_went(
    tmp_path: Path, by_counts: bool, merged_shipment: str
) -> None:
    shop = made(tmp_path, Options(**{**vars(OBSERVED), "merged_shipment": merged_shipment}))
    [(merged,), (survivor,)] = shop.rows(
        "select shipment_id from raw.shipments where shipment_status = 'label_purchased' "
        "and _dlt_valid_to is null order by modified_at limit 2"
    )
    shop.account.orders.merge(merged, survivor)
    assert synced(shop).gone == 0

    pacing = JumpingPacing(shop.account.clock.now())
    with Session(shop.connection, transport=Transport(shop.account), pacing=pacing) as session:
        compared = job.reconcile(shop.connection, session, only=ONLY, by_counts=by_counts)

    assert all(window.agrees and not window.unproven for window in compared)
    assert sum(window.found.get("extra", 0) for window in compared) == 1
    is_told = merged_shipment == "survivor"
    assert gone(shop) == [(merged, "merged" if is_told else "gone", survivor if is_told else None)]
    compare_current(shop, "reconciled", ["shipments"])
