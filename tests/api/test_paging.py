from __future__ import annotations

from itertools import islice
from typing import Any

import httpx
import pytest

from shipsync.api.endpoints import CARRIERS, PRODUCTS
from shipsync.api.page import object_of
from shipsync.api.page_sizes import LearntSize
from shipsync.api.paging import SNAPSHOT_ATTEMPTS, Page, complete, follow
from shipsync.errors import IncompleteRead, RequestRejected

from .scripted_accounts import App, PagedList, Script, error_body, ok, open_session, products

PATH = "/v2/products"
ONE = "/v2/shipments/se-1"


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


@pytest.mark.parametrize(
    "link", ["http://[::1/v2/products?page=2", "https://[v2]/x", "//[/products"]
)
def test_a_link_that_is_no_address_makes_the_list_incomplete(link: str) -> None:
    with pytest.raises(IncompleteRead, match=r"no address|another list"):
        pages_of(Script(ok(page(1, 2, links={"next": {"href": link}}))))


def test_the_host_of_a_link_is_never_asked() -> None:
    link = "https://evil.example/v2/products?page=2"
    script = Script(ok(page(1, 2, links={"next": {"href": link}})), ok(page(2, 2)))
    assert [page.number for page in pages_of(script)] == [1, 2]
    assert {request.url.host for request in script.requests} == {"api.shipstation.com"}


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
    words = "page_size must be between 1 and 60"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if int(request.url.params["page_size"]) > self.largest:
            self.requests.append(request)
            return httpx.Response(400, json=error_body(self.words))
        return super().__call__(request)


def test_a_refused_page_size_is_lowered_and_remembered() -> None:
    account = Strict(products(120))
    session, _ = open_session(account)
    for _ in range(2):
        snapshot = complete(session, PRODUCTS)
        assert snapshot.items == products(120)
    sizes = [request.url.params["page_size"] for request in account.requests]
    assert sizes == ["100", "50", "50", "50", "50", "50", "50"]


@pytest.mark.parametrize("words", ["page_size must be between 1 and 60", "too costly", ""])
def test_a_smaller_page_is_tried_whatever_the_refusal_says(words: str) -> None:
    account = Strict(products(120))
    account.words = words
    session, _ = open_session(account)
    learnt: list[LearntSize] = []
    session.page_sizes.tell = learnt.append
    assert complete(session, PRODUCTS).items == products(120)
    assert learnt == [LearntSize("/v2/products", accepted=50, refused=100)]


def test_what_was_refused_before_is_not_asked_again() -> None:
    account = Strict(products(120))
    session, _ = open_session(account)
    session.page_sizes.know({"/v2/products": LearntSize("/v2/products", accepted=50, refused=100)})
    assert complete(session, PRODUCTS).items == products(120)
    assert {request.url.params["page_size"] for request in account.requests} == {"50"}


def test_a_smaller_page_than_the_refused_one_is_still_asked_for() -> None:
    account = Strict(products(20))
    session, _ = open_session(account, page_size=30)
    session.page_sizes.know({"/v2/products": LearntSize("/v2/products", accepted=25, refused=100)})
    complete(session, PRODUCTS)
    assert {request.url.params["page_size"] for request in account.requests} == {"30"}


def test_a_refusal_of_another_parameter_is_not_taken_for_one_of_the_page_size() -> None:
    body = error_body("it is unknown")
    body["errors"][0]["field_name"] = "sort_by"
    script = Script(httpx.Response(400, json=body))
    with pytest.raises(RequestRejected, match="unknown"):
        pages_of(script, {"page_size": 500, "sort_by": "colour"})
    assert len(script.requests) == 1


def test_another_refusal_is_told_as_it_came_first() -> None:
    script = Script(
        httpx.Response(400, json=error_body("sort_by is unknown")),
        *[httpx.Response(400, json=error_body("something else"))] * 5,
    )
    with pytest.raises(RequestRejected, match="sort_by"):
        pages_of(script, {"page_size": 500})


def test_no_smaller_page_is_tried_where_the_size_was_given_before() -> None:
    script = Script(ok(page(1, 1)), httpx.Response(400, json=error_body("no")))
    session, _ = open_session(script)
    list(follow(session, "/v2/products", {"page_size": 100}, "products", "products"))
    with pytest.raises(RequestRejected):
        list(follow(session, "/v2/products", {"page_size": 100}, "products", "products"))
    assert len(script.requests) == 2


def test_a_page_size_that_is_always_refused_ends() -> None:
    account = Strict(products(1))
    account.largest = 0
    with pytest.raises(RequestRejected, match="page_size"):
        pages_of(account, {"page_size": 500})
    assert len(account.requests) == 6


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


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(httpx.Response(207, json={"shipment_id": "se-1"}), id="a part"),
        pytest.param(ok({"errors": [{"message": "no"}]}), id="an error report"),
        pytest.param(ok([{"shipment_id": "se-1"}]), id="a list"),
    ],
)
def test_what_is_not_the_object_asked_for_is_no_object(answer: httpx.Response) -> None:
    session, _ = open_session(Script(answer))
    with pytest.raises(
        IncompleteRead, match=r"/v2/shipments/se-1 \(stream shipments\) could not be"
    ):
        object_of(session.read(ONE, stream="shipments"), ONE, "shipments")


def test_an_object_may_say_that_it_has_no_errors() -> None:
    body = {"shipment_id": "se-1", "errors": []}
    session, _ = open_session(Script(ok(body)))
    assert object_of(session.read(ONE, stream="shipments"), ONE, "shipments") == body
