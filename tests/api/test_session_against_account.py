"""The client against a whole account: every fault it knows, its rate limit, every list it has."""

from __future__ import annotations

import pytest

from shipsync.api import endpoints
from shipsync.api.endpoints import LISTINGS, Listing
from shipsync.api.paging import complete, follow
from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.connection import Secret
from shipsync.emulator import Account, Fault, FaultKind, Options, Transport
from shipsync.emulator.simulation.seed import seed_account
from shipsync.errors import (
    AccessDenied,
    IncompleteRead,
    KeyRefused,
    OutcomeUnknown,
    RequestRejected,
    Unavailable,
)

from .scripted_accounts import connection

KEY = "emulator-key"
PASSING = [
    FaultKind.TOO_MANY_REQUESTS,
    FaultKind.SERVER_ERROR,
    FaultKind.SERVER_ERROR_AFTER,
    FaultKind.BAD_GATEWAY,
    FaultKind.UNAVAILABLE,
    FaultKind.GATEWAY_TIMEOUT,
    FaultKind.RESET,
    FaultKind.RESET_AFTER,
    FaultKind.TIMEOUT,
    FaultKind.TIMEOUT_AFTER,
    FaultKind.CUT_CONNECTION,
    FaultKind.CUT_BODY,
    FaultKind.HTML,
    FaultKind.NOT_JSON,
    FaultKind.EMPTY,
]


def seeded(options: Options | None = None, **more: object) -> Account:
    account = Account(seed=11, options=options, **more)  # type: ignore[arg-type]
    seed_account(account, shipments=60, days=20)
    return account


def session_to(
    account: Account, pacing: JumpingPacing | None = None, **settings: object
) -> Session:
    its = connection(**({"api_key": Secret(KEY)} | settings))
    return Session(its, transport=Transport(account), pacing=pacing or JumpingPacing())


def shelf(account: Account) -> dict[str, object]:
    return account.stock.levels()[0]


def increment(session: Session, level: dict[str, object]) -> None:
    body = {
        "transaction_type": "increment",
        "sku": level["sku"],
        "inventory_location_id": level["inventory_location_id"],
        "quantity": 5,
    }
    write = endpoints.CHANGE_STOCK
    session.write(write.method, write.path, body, stream="stock")


@pytest.mark.parametrize("kind", PASSING)
def test_a_read_outlasts_every_passing_fault(kind: FaultKind) -> None:
    account = seeded()
    account.faults.add(Fault(kind, count=3))
    session = session_to(account)
    body = session.read(endpoints.TAGS.path, stream="tags").body
    assert body == session.read(endpoints.TAGS.path, stream="tags").body
    assert len(account.requests) == session.requests_sent == 5


@pytest.mark.parametrize("kind", PASSING)
def test_no_fault_makes_a_stock_movement_twice_or_hides_one(kind: FaultKind) -> None:
    account = seeded()
    before = shelf(account)
    account.faults.add(Fault(kind, method="POST"))
    session = session_to(account)
    try:
        increment(session, before)
        reported = "done"
    except OutcomeUnknown:
        reported = "unknown"
    moved = account.stock.level(str(before["sku"]), str(before["inventory_location_id"]))["on_hand"]
    moved -= before["on_hand"]
    assert moved in (0, 5)
    assert reported == "unknown" or moved == 5
    assert len(account.requests) == (2 if kind is FaultKind.TOO_MANY_REQUESTS else 1)


@pytest.mark.parametrize("retry_after", [3, 0, None, "soon"], ids=str)
@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
def test_every_kind_of_retry_after_is_waited_out(
    retry_after: int | str | None, as_date: bool
) -> None:
    account = seeded()
    told = isinstance(retry_after, int)
    kind = FaultKind.TOO_MANY_REQUESTS
    account.faults.add(Fault(kind, retry_after=retry_after, as_date=as_date and told))
    pacing = JumpingPacing()
    session_to(account, pacing).read(endpoints.TAGS.path, stream="tags")
    assert pacing.waits == [3.5 if retry_after == 3 else 3.75]


@pytest.mark.parametrize(
    ("kind", "error"),
    [(FaultKind.KEY_REFUSED, KeyRefused), (FaultKind.ACCESS_DENIED, AccessDenied)],
)
def test_who_is_not_let_in_is_told(kind: FaultKind, error: type[Exception]) -> None:
    account = seeded()
    account.faults.add(Fault(kind))
    with pytest.raises(error):
        session_to(account).read(endpoints.TAGS.path, stream="tags")


def test_a_key_the_account_does_not_know() -> None:
    with pytest.raises(KeyRefused, match="does not know the API key"):
        session_to(seeded(), api_key=Secret("another")).read(endpoints.TAGS.path, stream="tags")


@pytest.mark.parametrize("told", [False, True], ids=["untold", "told by headers"])
def test_the_limit_of_the_account_is_never_met(told: bool) -> None:
    pacing = JumpingPacing()
    options = Options(requests_per_minute=20, rate_limit_headers=told)
    account = seeded(options, rate_clock=pacing.monotonic)
    session = session_to(account, pacing, requests_per_minute=20)
    for _ in range(150):
        session.read(endpoints.TAGS.path, stream="tags")
    assert {logged.status for logged in account.requests} == {200}
    assert pacing.monotonic() < 150 / 20 * 60 * 1.05


@pytest.mark.parametrize("retry_after", [True, False], ids=["told how long", "untold"])
def test_a_limit_lower_than_ours_slows_us_down_and_stops_nothing(retry_after: bool) -> None:
    pacing = JumpingPacing()
    options = Options(requests_per_minute=20, retry_after=retry_after)
    account = seeded(options, rate_clock=pacing.monotonic)
    session = session_to(account, pacing, requests_per_minute=200)
    for _ in range(150):
        session.read(endpoints.TAGS.path, stream="tags")
    refused = [logged for logged in account.requests if logged.status == 429]
    assert 0 < len(refused) < 75


def test_what_the_headers_tell_saves_requests() -> None:
    pacing = JumpingPacing()
    options = Options(requests_per_minute=20, rate_limit_headers=True)
    account = seeded(options, rate_clock=pacing.monotonic)
    session = session_to(account, pacing, requests_per_minute=200)
    for _ in range(150):
        session.read(endpoints.TAGS.path, stream="tags")
    assert {logged.status for logged in account.requests} == {200}


@pytest.mark.parametrize("listing", LISTINGS.values(), ids=LISTINGS)
@pytest.mark.parametrize(
    "options",
    [
        pytest.param(Options(), id="as assumed"),
        pytest.param(Options(max_page_size=10), id="clamped"),
        pytest.param(Options(max_page_size=30, oversized_page="refuse"), id="refused"),
        pytest.param(Options(inventory_paging="links"), id="cursors"),
        pytest.param(Options(pages_when_empty=1), id="pages 1 when empty"),
    ],
)
def test_every_list_is_read_whole(listing: Listing, options: Options) -> None:
    account = seeded(options)
    snapshot = complete(session_to(account), listing)
    keys = {tuple(item[part] for part in listing.key) for item in snapshot.items}
    assert len(keys) == len(snapshot.items) > 0
    if listing.paged:
        assert len(snapshot.items) == snapshot.total
    expected = {
        "shipments": lambda: len(account.ids("shipments")),
        "labels": lambda: len(account.ids("labels")),
        "fulfillments": lambda: len(account.ids("fulfillments")),
        "inventory_levels": lambda: sum(level["on_hand"] > 0 for level in account.stock.levels()),
    }.get(listing.stream, lambda: len(account.master_data.items(listing.stream)))  # type: ignore[arg-type]
    assert len(snapshot.items) == expected()


@pytest.mark.parametrize("listing", LISTINGS.values(), ids=LISTINGS)
def test_an_account_without_anything_has_empty_lists(listing: Listing) -> None:
    snapshot = complete(session_to(Account()), listing)
    assert snapshot.items == []


def test_a_date_comes_with_every_page() -> None:
    account = seeded()
    pages = follow(session_to(account), "/v2/labels", {"page_size": 20}, "labels", "labels")
    assert {page.server_time for page in pages} == {account.clock.now().set(microsecond=0)}


@pytest.mark.parametrize("kind", [FaultKind.MISSING_PAGE, FaultKind.DUPLICATES])
def test_a_page_that_is_wrong_once_is_read_again(kind: FaultKind) -> None:
    account = seeded()
    account.faults.add(Fault(kind, path="/v2/labels", skip=1))
    session = session_to(account, page_size=20)
    snapshot = complete(session, endpoints.LABELS)
    assert len(snapshot.items) == len(account.ids("labels"))
    assert len(account.requests) > snapshot.pages


@pytest.mark.parametrize("kind", [FaultKind.MISSING_PAGE, FaultKind.DUPLICATES])
def test_a_page_that_is_always_wrong_is_never_taken(kind: FaultKind) -> None:
    account = seeded()
    account.faults.add(Fault(kind, path="/v2/labels", page=2, count=None))
    with pytest.raises(IncompleteRead):
        complete(session_to(account, page_size=20), endpoints.LABELS)


def test_carriers_that_come_in_part_are_not_taken() -> None:
    account = seeded(Options(carriers_partial=True))
    with pytest.raises(IncompleteRead, match="only a part"):
        complete(session_to(account), endpoints.CARRIERS)


def test_what_the_account_forbids_is_rejected_with_its_reason() -> None:
    account = seeded()
    with pytest.raises(RequestRejected) as caught:
        increment(session_to(account), shelf(account) | {"sku": "no such sku"})
    assert caught.value.status == 400
    assert caught.value.codes
    assert caught.value.request_id is not None


def test_a_write_into_a_storm_is_given_up_unexecuted() -> None:
    account = seeded()
    account.faults.add(Fault(FaultKind.TOO_MANY_REQUESTS, method="POST", count=None))
    before = shelf(account)
    with pytest.raises(Unavailable, match="It was not carried out"):
        increment(session_to(account), before)
    assert shelf(account) == before
