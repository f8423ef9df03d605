"""A row over which the server fails each time costs that row; a server in trouble costs no good row."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection

import httpx
import pytest

from shipsync.api.endpoints import SHIPMENTS
from shipsync.api.paging import follow
from shipsync.api.session import Session
from shipsync.errors import ShipsyncError, Unavailable
from shipsync.set_aside import SetAside

from .scripted_accounts import HTML, PagedList, open_session

Failure = Callable[[httpx.Request], httpx.Response]


def status(code: int) -> Failure:
    return lambda request: httpx.Response(code)


def broken_off(request: httpx.Request) -> httpx.Response:
    raise httpx.RemoteProtocolError("peer closed connection", request=request)


def cut(request: httpx.Request) -> httpx.Response:
    headers = {"content-length": "4000"}
    return httpx.Response(200, headers=headers, stream=httpx.ByteStream(b'{"shipments": ['))


def silent(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("nothing came", request=request)


FAILURES: dict[str, Failure] = {
    "500": status(500),
    "502 with a web page": lambda request: httpx.Response(502, html=HTML.text),
    "503": status(503),
    "504": status(504),
    "broken off": broken_off,
    "cut": cut,
    "silent": silent,
}


class FailingList:
    """A list of ``count`` shipments whose server fails over every page that shows one of ``failing``."""

    def __init__(self, count: int, failing: Collection[int], failure: Failure) -> None:
        rows = [
            {"shipment_id": f"se-{number}", "modified_at": f"2026-11-01T00:00:{number % 60:02d}Z"}
            for number in range(count)
        ]
        self._inner = PagedList(rows, items_key="shipments")
        self.failing = {f"se-{number}" for number in failing}
        self._failure = failure
        self.requests = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        answer = self._inner(request)
        shown = {row["shipment_id"] for row in answer.json()["shipments"]}
        return self._failure(request) if shown & self.failing else answer


def read(
    app: Callable[[httpx.Request], httpx.Response], size: int, **query: str
) -> tuple[list[str], list[SetAside], Session]:
    session, _ = open_session(app, page_size=size, requests_per_minute=1_000_000)
    aside: list[SetAside] = []
    session.sets_aside = aside.append
    params = {"page_size": size, **query}
    pages = follow(session, SHIPMENTS.path, params, "shipments", "shipments")
    return [item["shipment_id"] for page in pages for item in page.items], aside, session


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("failing", [{0}, {11}, {3, 4, 18}, {19}, {0, 19}])
def test_each_is_found_and_the_others_come(failing: set[int], failure: Failure) -> None:
    served = FailingList(20, failing, failure)
    # The next page shows rows too, so that no end of the list helps to tell a row from the server.
    rows, aside, _ = read(served, 25)
    assert rows == [f"se-{number}" for number in range(20) if number not in failing]
    assert [thing.position for thing in aside] == [number + 1 for number in sorted(failing)]
    assert all("asked for by itself" in thing.reason for thing in aside)
    assert len({str(thing) for thing in aside}) == len(failing)


@pytest.mark.parametrize("size", [2, 3, 7, 25, 500])
def test_in_pages_of_any_size(size: int) -> None:
    rows, [thing], _ = read(FailingList(40, {17}, status(500)), size)
    assert rows == [f"se-{number}" for number in range(40) if number != 17]
    assert "500" in thing.reason


def test_it_is_known_by_the_rows_beside_it() -> None:
    _, [thing], _ = read(FailingList(20, {11}, status(500)), 25, sort_by="modified_at")
    assert thing.row_id is None
    assert str(thing).startswith("shipments, row 12 of its answer, behind se-10 and before se-12: ")
    beside = thing.neighbours
    assert beside is not None
    assert beside.anchor == "se-10"
    assert (beside.earliest, beside.latest) == ("2026-11-01T00:00:10Z", "2026-11-01T00:00:12Z")


def test_in_a_list_from_the_newest_on_the_older_neighbour_tells_it() -> None:
    order = {"sort_by": "modified_at", "sort_dir": "desc"}
    _, [thing], _ = read(FailingList(20, {11}, status(500)), 25, **order)
    assert thing.neighbours is not None
    assert thing.neighbours.anchor == "se-12"


def test_a_list_of_one_row_that_fails_has_no_rows() -> None:
    rows, [thing], _ = read(FailingList(1, {0}, status(500)), 500)
    assert rows == []
    assert "with no other beside it" in str(thing)


def test_finding_one_row_of_500_costs_no_more_than_it_must() -> None:
    served = FailingList(500, {321}, status(500))
    rows, [thing], _ = read(served, 500)
    assert len(rows) == 499
    assert thing.position == 322
    # Five for the page, one to see that the server is well, eight halves that fail and their other
    # sides, three for the row; each side that came once more, and four times the row and another.
    assert served.requests <= 5 + 1 + 8 + 11 + 3 + 11 + 8


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_a_server_that_fails_over_everything_has_its_time_and_few_requests(
    failure: Failure,
) -> None:
    served = FailingList(5000, range(5000), failure)
    with pytest.raises(Unavailable, match="give_up_after_seconds is 300"):
        read(served, 500)
    # Without a look at single rows it is 12 or 13 requests.
    assert served.requests <= 13 + 5 + 2 * 3


def test_a_page_of_which_no_row_comes_is_no_matter_of_a_row() -> None:
    served = FailingList(5000, range(500), status(500))
    with pytest.raises(Unavailable):
        read(served, 500)
    assert served.requests <= 13 + 5 + 2 * 3


def test_where_many_rows_fail_it_is_the_server_and_the_search_ends() -> None:
    served = FailingList(500, range(0, 500, 2), status(500))
    with pytest.raises(Unavailable):
        read(served, 500)
    assert served.requests < 200


def test_no_row_is_set_aside_where_nobody_takes_it() -> None:
    served = FailingList(20, {3}, status(500))
    session, _ = open_session(served, page_size=25)
    with pytest.raises(Unavailable):
        list(follow(session, SHIPMENTS.path, {"page_size": 25}, "shipments", "shipments"))


@pytest.mark.parametrize("share", [0.3, 0.6, 0.8, 0.9, 0.97])
def test_a_storm_takes_no_good_row(share: float) -> None:
    failed = 0
    for seed in range(60):
        chance = random.Random(seed)
        inner = FailingList(60, (), status(500))
        sent = 0

        def app(
            request: httpx.Request, chance: random.Random = chance, inner: FailingList = inner
        ) -> httpx.Response:
            nonlocal sent
            sent += 1
            return httpx.Response(500) if chance.random() < share else inner(request)

        session, _ = open_session(app, page_size=25, requests_per_minute=1_000_000)
        aside: list[SetAside] = []
        session.sets_aside = aside.append
        pages = follow(session, SHIPMENTS.path, {"page_size": 25}, "shipments", "shipments")
        rows: list[str] = []
        try:
            rows.extend(item["shipment_id"] for page in pages for item in page.items)
        except ShipsyncError:
            failed += 1
        else:
            assert rows == [f"se-{number}" for number in range(60)]
        assert aside == []
        assert sent < 250
    assert failed < 60 or share > 0.9


def test_a_server_that_asks_to_be_left_alone_is_not_asked_for_rows() -> None:
    sent = 0

    def app(request: httpx.Request) -> httpx.Response:
        nonlocal sent
        sent += 1
        return httpx.Response(503, headers={"retry-after": "60"})

    with pytest.raises(Unavailable):
        read(app, 500)
    assert sent <= 8
