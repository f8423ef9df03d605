from __future__ import annotations

from itertools import islice
from typing import Any

import httpx
import pytest

from shipsync.api.endpoints import CARRIERS, INVENTORY_LEVELS, PRODUCTS, TAGS, WAREHOUSES
from shipsync.api.paging import SNAPSHOT_ATTEMPTS, Page, complete, follow
from shipsync.errors import IncompleteRead, RequestRejected

from .accounts import App, PagedList, Script, error_body, ok, open_session

PATH = "/v2/products"


def products(count: int) -> list[dict[str, object]]:
    return [{"product_id": number} for number in range(count)]


def pages_of(app: App, params: dict[str, Any] | None = None) -> list[Page]:
    session, _ = open_session(app)
    return list(follow(session, PATH, params or {}, "products", "products"))


def page(number: int, pages: int, **more: object) -> dict[str, object]:
    return {"products": [{"product_id": number}], "page": number, "pages": pages} | more


def href(query: str) -> dict[str, object]:
    return {"next": {"href": f"https://api.shipstation.com{PATH}?{query}"}}


@pytest.mark.parametrize("count", [0, 1, 24, 25, 26, 103])
@pytest.mark.parametrize("last_next", [{}, None], ids=["next is {}", "next is null"])
def test_every_row_comes_once_and_in_order(count: int, last_next: dict[str, object] | None) -> None:
    account = PagedList(products(count), last_next=last_next)
    pages = pages_of(account)
    assert [row for page in pages for row in page.items] == products(count)
    assert [page.number for page in pages] == list(range(1, max(2, -(-count // 25) + 1)))
    assert [page.more for page in pages] == [*[True] * (len(pages) - 1), False]
    assert {page.total for page in pages} == {count}
    assert len(account.requests) == len(pages)
    assert all(page.server_time is not None for page in pages)


def test_filters_go_along_even_if_the_link_forgets_them() -> None:
    script = Script(ok(page(1, 2, links=href("page=2"))), ok(page(2, 2, links={"next": {}})))
    pages_of(script, {"active": True, "page_size": 1})
    assert dict(script.requests[1].url.params) == {"active": "true", "page_size": "1", "page": "2"}


def test_only_the_query_of_a_link_is_used() -> None:
    account = PagedList(products(60), host="https://elsewhere.example")
    assert len(pages_of(account)) == 3
    assert {request.url.host for request in account.requests} == {"api.shipstation.com"}


@pytest.mark.parametrize(
    "link", ["?page=2", "/v2/products?page=2", "/gateway/v2/products?page=2"], ids=str
)
def test_a_link_may_be_relative_or_behind_a_gateway(link: str) -> None:
    script = Script(ok(page(1, 2, links={"next": {"href": link}})), ok(page(2, 2)))
    assert [page.number for page in pages_of(script)] == [1, 2]


def test_a_link_may_point_on_with_a_cursor() -> None:
    first = {"products": [{"product_id": 1}], "links": href("cursor=abc&page_size=1")}
    script = Script(ok(first), ok({"products": [{"product_id": 2}], "links": {}}))
    pages = pages_of(script, {"page": 1, "page_size": 1})
    assert [page.number for page in pages] == [1, 2]
    assert dict(script.requests[1].url.params) == {"page_size": "1", "cursor": "abc"}


def test_a_link_to_another_list_is_not_followed() -> None:
    script = Script(ok(page(1, 2, links={"next": {"href": "https://a.example/v2/labels?page=2"}})))
    with pytest.raises(IncompleteRead, match="another list"):
        pages_of(script)
    assert len(script.requests) == 1


@pytest.mark.parametrize("links", [None, {}, {"next": None}, {"next": {}}, {"next": {"href": ""}}])
def test_without_a_link_pages_are_counted(links: object) -> None:
    script = Script(*(ok(page(number, 3, links=links)) for number in (1, 2, 3)))
    assert [page.number for page in pages_of(script)] == [1, 2, 3]
    assert [request.url.params.get("page") for request in script.requests] == [None, "2", "3"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"products": [], "pages": 0, "page": 1, "total": 0}, id="pages 0"),
        pytest.param({"products": [], "pages": 1, "page": 1, "total": 0}, id="pages 1"),
        pytest.param({"products": [], "pages": 4, "page": 9, "total": 80}, id="past the end"),
        pytest.param({"products": []}, id="nothing else"),
        pytest.param([], id="a bare list"),
    ],
)
def test_an_empty_list_is_one_empty_page(body: object) -> None:
    [only] = pages_of(Script(ok(body)))
    assert only.items == []
    assert not only.more


def test_a_smaller_page_than_asked_for_is_taken() -> None:
    account = PagedList(products(250), largest=100)
    pages = pages_of(account, {"page_size": 500})
    assert [len(page.items) for page in pages] == [100, 100, 50]
    assert [request.url.params["page_size"] for request in account.requests] == [
        "500",
        "100",
        "100",
    ]


class Strict(PagedList):
    """Refuses page sizes above its largest, as a 400 that names the parameter."""

    largest = 60

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if int(request.url.params["page_size"]) > self.largest:
            self.requests.append(request)
            return httpx.Response(400, json=error_body("page_size must be between 1 and 60"))
        return super().__call__(request)


def test_a_refused_page_size_is_lowered_and_remembered() -> None:
    account = Strict(products(120))
    session, _ = open_session(account)
    for _ in range(2):
        snapshot = complete(session, PRODUCTS)
        assert snapshot.items == products(120)
    sizes = [request.url.params["page_size"] for request in account.requests]
    assert sizes == ["500", "250", "100", "50", "50", "50", "50", "50", "50"]


def test_another_refusal_is_not_taken_for_one_of_the_page_size() -> None:
    script = Script(httpx.Response(400, json=error_body("sort_by is unknown")))
    with pytest.raises(RequestRejected, match="sort_by"):
        pages_of(script, {"page_size": 500})
    assert len(script.requests) == 1


def test_a_page_size_that_is_always_refused_ends() -> None:
    account = Strict(products(1))
    account.largest = 0
    with pytest.raises(RequestRejected, match="page_size"):
        pages_of(account, {"page_size": 500})
    assert len(account.requests) == 5


@pytest.mark.parametrize(
    "queries",
    [
        pytest.param(["page=1"], id="to itself"),
        pytest.param(["page=2", "page=2"], id="the same next twice"),
        pytest.param(["page=2", "page=3", "page=1"], id="round"),
        pytest.param(["page=2&x=1", "x=1&page=2"], id="the same in another order"),
    ],
)
def test_links_that_lead_round_are_not_followed_for_ever(queries: list[str]) -> None:
    answers = [ok(page(n + 1, 9, links=href(query))) for n, query in enumerate(queries)]
    script = Script(*answers)
    with pytest.raises(IncompleteRead, match="lead back"):
        pages_of(script)
    assert len(script.requests) == len(queries)


def test_a_page_number_that_stands_still_does_not_count_for_ever() -> None:
    script = Script(ok(page(1, 5)))
    with pytest.raises(IncompleteRead, match="lead back"):
        pages_of(script)
    assert len(script.requests) == 2


def test_an_empty_page_in_the_middle_is_no_end() -> None:
    script = Script(
        ok(page(1, 3, links=href("page=2"))), ok({"products": [], "links": href("page=3")})
    )
    session, _ = open_session(script)
    walk = follow(session, PATH, {}, "products", "products")
    assert [page.number for page in islice(walk, 1)] == [1]
    with pytest.raises(IncompleteRead, match="page 2 is empty"):
        next(walk)


def test_an_empty_page_before_the_last_number_is_no_end() -> None:
    script = Script(ok(page(1, 3)), ok({"products": [], "page": 2, "pages": 3}))
    with pytest.raises(IncompleteRead, match="page 2 is empty"):
        pages_of(script)


def test_a_total_that_changes_on_the_way_proves_nothing() -> None:
    first = ok(page(1, 2, total=2))
    second = ok(page(2, 2, total=3))
    session, _ = open_session(Script(*[first, second] * SNAPSHOT_ATTEMPTS))
    with pytest.raises(IncompleteRead, match="2 rows came and its total said 3"):
        complete(session, PRODUCTS)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="no list"),
        pytest.param({"orders": []}, id="another list"),
        pytest.param({"products": None}, id="null"),
        pytest.param({"products": {"product_id": 1}}, id="an object"),
        pytest.param({"products": [{"product_id": 1}, None]}, id="null in it"),
    ],
)
def test_what_is_no_list_is_never_taken_for_an_empty_one(body: object) -> None:
    with pytest.raises(IncompleteRead, match="no list of objects named 'products'"):
        pages_of(Script(ok(body)))


@pytest.mark.parametrize(
    "partial",
    [
        pytest.param(httpx.Response(207, json={"carriers": [{"carrier_id": "se-1"}]}), id="207"),
        pytest.param(ok({"carriers": [], "errors": [{"message": "later"}]}), id="errors"),
    ],
)
def test_what_the_server_calls_partial_is_not_whole(partial: httpx.Response) -> None:
    session, _ = open_session(Script(partial))
    with pytest.raises(IncompleteRead, match="only a part"):
        complete(session, CARRIERS)


def test_a_snapshot_holds_every_row_and_the_time_it_began() -> None:
    account = PagedList(products(1200))
    session, _ = open_session(account)
    snapshot = complete(session, PRODUCTS)
    assert snapshot.items == products(1200)
    assert (snapshot.pages, snapshot.total) == (3, 1200)
    assert snapshot.server_time is not None
    assert account.requests[0].url.params["page_size"] == "500"
    assert session.requests_by_stream == {"products": 3}


@pytest.mark.parametrize("listing", [WAREHOUSES, TAGS, CARRIERS], ids=lambda it: it.stream)
def test_a_list_without_pages_is_asked_for_without(listing: Any) -> None:
    script = Script(ok({listing.items_key: [dict.fromkeys(listing.key, "a")]}))
    session, _ = open_session(script)
    snapshot = complete(session, listing)
    assert (len(snapshot.items), snapshot.total) == (1, None)
    assert script.requests[0].url.query == b""


def test_the_requests_of_a_snapshot_may_be_counted_for_another_stream() -> None:
    session, _ = open_session(PagedList(products(3)))
    complete(session, PRODUCTS, "check")
    assert session.requests_by_stream == {"check": 1}


class Restless:
    """Moves rows before page 2 of the first walks, then rests."""

    def __init__(self, walks: int, move: Any) -> None:
        self.left, self._move = walks, move

    def __call__(self, number: int, rows: list[dict[str, object]]) -> None:
        if number == 2 and self.left:
            self.left -= 1
            self._move(rows)


MOVES = [
    pytest.param(lambda rows: rows.pop(0), id="a row goes"),
    pytest.param(lambda rows: rows.insert(0, {"product_id": -len(rows)}), id="a row comes"),
    # One leaves before the cut, another comes: the total stands, a row is skipped and one new.
    pytest.param(lambda rows: rows.insert(0, rows.pop()), id="rows change places"),
]


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("walks", range(1, SNAPSHOT_ATTEMPTS))
def test_a_list_that_moves_is_read_again(move: Any, walks: int) -> None:
    account = PagedList(products(60), before_page=Restless(walks, move))
    account._largest = 25
    session, _ = open_session(account)
    snapshot = complete(session, PRODUCTS)
    assert snapshot.items == account.rows
    assert len(account.requests) == (walks + 1) * 3


@pytest.mark.parametrize("move", MOVES)
def test_a_list_that_never_rests_is_not_taken_for_whole(move: Any) -> None:
    account = PagedList(products(60), before_page=Restless(99, move), largest=25)
    session, _ = open_session(account)
    with pytest.raises(IncompleteRead, match="could not be read whole"):
        complete(session, PRODUCTS)


def test_rows_that_are_missing_against_the_total_are_not_taken_for_gone() -> None:
    row = {"sku": "A", "inventory_location_id": "l", "inventory_warehouse_id": "w"}
    script = Script(ok({"inventory": [row], "total": 2, "page": 1, "pages": 1}))
    session, _ = open_session(script)
    with pytest.raises(IncompleteRead, match="1 rows came and its total said 2"):
        complete(session, INVENTORY_LEVELS)
    assert len(script.requests) == SNAPSHOT_ATTEMPTS


def test_a_key_twice_on_one_page_is_the_servers_own_affair() -> None:
    rows = [{"name": "Red"}, {"name": "Red"}]
    session, _ = open_session(Script(ok({"tags": rows})))
    assert complete(session, TAGS).items == rows


def keys(rows: list[dict[str, object]]) -> set[tuple[str, ...]]:
    return {(str(row["product_id"]),) for row in rows}


def slip(rows: list[dict[str, object]]) -> None:
    """One row goes in front and one comes behind: counts stay even, the row between pages slips."""
    rows.append({"product_id": rows.pop(0)["product_id"] + 1000})  # type: ignore[operator]


def test_a_row_that_slipped_between_pages_is_not_taken_for_gone() -> None:
    held = products(60)
    account = PagedList(held, before_page=Restless(1, slip), largest=25)
    session, _ = open_session(account)
    assert {"product_id": 25} not in complete(session, PRODUCTS).items, "the danger is real"

    account = PagedList(held, before_page=Restless(1, slip), largest=25)
    session, _ = open_session(account)
    snapshot = complete(session, PRODUCTS, held=keys(held))
    assert snapshot.items == account.rows
    assert {"product_id": 25} in snapshot.items
    assert len(account.requests) == 9


def test_what_two_readings_lack_is_gone() -> None:
    account = PagedList(products(60), largest=25)
    session, _ = open_session(account)
    snapshot = complete(session, PRODUCTS, held=keys(products(62)))
    assert snapshot.items == products(60)
    assert len(account.requests) == 6


@pytest.mark.parametrize("held", [60, 59, 0])
def test_a_list_that_lacks_nothing_is_read_once(held: int) -> None:
    account = PagedList(products(60), largest=25)
    session, _ = open_session(account)
    complete(session, PRODUCTS, held=keys(products(held)))
    assert len(account.requests) == 3


def test_on_a_single_page_nothing_can_slip() -> None:
    account = PagedList(products(20))
    session, _ = open_session(account)
    complete(session, PRODUCTS, held=keys(products(22)))
    assert len(account.requests) == 1


def test_a_list_that_lacks_another_row_each_time_is_not_taken_for_whole() -> None:
    held = products(60)
    account = PagedList(held, before_page=Restless(99, slip), largest=25)
    session, _ = open_session(account)
    with pytest.raises(IncompleteRead, match="there in one reading and not in another"):
        complete(session, PRODUCTS, held=keys(held))
