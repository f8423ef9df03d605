"""One row that is no JSON costs that row: it is found, named and set aside, and the others come."""

from __future__ import annotations

from collections.abc import Callable, Collection

import httpx
import orjson
import pytest

from shipsync.api import narrowing
from shipsync.api.endpoints import LISTINGS, PRODUCTS, SHIPMENTS, Listing
from shipsync.api.paging import complete, follow
from shipsync.api.session import Session
from shipsync.errors import IncompleteRead, Unavailable, UnreadableAnswer
from shipsync.set_aside import SetAside

from .scripted_accounts import App, Script, open_session

# What cannot be told from the rows behind it, what ends where its bracket does, and what is no object.
UNTOLD = b'{"shipment_id": "se-%d", "name": "5" pipe"}'
TOLD = b'{"shipment_id": "se-%d", "name": none}'


class BrokenList:
    """A list of ``count`` shipments of which some are not as JSON has them.

    ``before`` is called with each request before it is answered, so that rows can go.
    """

    def __init__(
        self,
        count: int,
        broken: Collection[int],
        text: bytes = UNTOLD,
        *,
        before: Callable[[BrokenList], None] = lambda served: None,
        total: bool = True,
    ) -> None:
        self.numbers = list(range(count))
        self.requests: list[httpx.Request] = []
        self._broken = frozenset(broken)
        self._text = text
        self._before = before
        self._total = total

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self._before(self)
        page, size = (int(request.url.params.get(name, 1)) for name in ("page", "page_size"))
        shown = self.numbers[(page - 1) * size : page * size]
        rows = b", ".join(self._row(number) for number in shown)
        count = len(self.numbers)
        pages = -(-count // size)
        following = (
            {"href": f"/v2/shipments?page={page + 1}&page_size={size}"} if page < pages else {}
        )
        rest = orjson.dumps({"links": {"next": following}})[1:]
        if self._total:
            rest = b'"total": %d, "page": %d, "pages": %d, %s' % (count, page, pages, rest)
        return httpx.Response(200, content=b'{"shipments": [%s], %s' % (rows, rest))

    def _row(self, number: int) -> bytes:
        if number not in self._broken:
            return b'{"shipment_id": "se-%d"}' % number
        return self._text % number if b"%d" in self._text else self._text


def read(app: App, size: int, **settings: object) -> tuple[list[str], list[SetAside], Session]:
    session, _ = open_session(app, page_size=size, **settings)
    aside: list[SetAside] = []
    session.sets_aside = aside.append
    pages = follow(session, SHIPMENTS.path, {"page_size": size}, "shipments", "shipments")
    return [item["shipment_id"] for page in pages for item in page.items], aside, session


def ids(count: int, without: Collection[int]) -> list[str]:
    return [f"se-{number}" for number in range(count) if number not in without]


@pytest.mark.parametrize("total", [True, False])
@pytest.mark.parametrize("size", [2, 3, 7, 25, 500])
@pytest.mark.parametrize("broken", [{0}, {11}, {3, 4, 19}, {19}])
def test_a_row_whose_end_cannot_be_told_is_found_by_smaller_pages(
    size: int, broken: set[int], total: bool
) -> None:
    rows, aside, _ = read(BrokenList(20, broken, total=total), size)
    assert rows == ids(20, broken)
    assert {thing.row_id for thing in aside} == {f"se-{number}" for number in broken}
    for thing in aside:
        assert thing.reason.startswith("The row can't be read: not JSON (expecting ',' delimiter")
        assert "5" in str(thing.body)


def test_finding_one_row_of_500_costs_no_more_than_it_must() -> None:
    served = BrokenList(500, {321})
    rows, [thing], session = read(served, 500)
    assert len(rows) == 499
    assert thing.position == 322
    # Three for the page, nine halves and their other sides, two more for the row, each other once more.
    assert session.requests_sent == len(served.requests) <= 3 + 9 + 12 + 2 + 12


@pytest.mark.parametrize("broken", [{0}, {11}, {3, 4, 19}, set(range(20))])
@pytest.mark.parametrize("text", [TOLD, b'{"shipment_id": "se-%d", "a": [1 2, {"b": "]"}]}'])
def test_a_row_whose_end_can_be_told_costs_no_further_page(broken: set[int], text: bytes) -> None:
    served = BrokenList(20, broken, text)
    rows, aside, _ = read(served, 25)
    assert rows == ids(20, broken)
    assert [(thing.row_id, thing.position) for thing in aside] == [
        (f"se-{number}", number + 1) for number in sorted(broken)
    ]
    assert len(served.requests) == 3, "until it was the same three times"


@pytest.mark.parametrize("text", [b"null", b'"se-3"', b"7", b"[1, 2]"])
def test_a_row_that_is_no_object_is_set_aside(text: bytes) -> None:
    served = BrokenList(20, {3}, text)
    rows, [thing], _ = read(served, 25)
    assert rows == ids(20, {3})
    assert thing.position == 4
    assert thing.body == orjson.dumps(orjson.loads(text)).decode()
    assert "no object" in thing.reason
    assert len(served.requests) == 1


def test_a_row_that_swallowed_another_is_not_taken_for_one() -> None:
    # Two quotation marks too many, rows apart: between them text and brackets change places.
    rows, aside, _ = read(BrokenList(20, {5, 9}), 25)
    assert rows == ids(20, {5, 9})
    assert len(aside) == 2


def test_a_row_that_is_too_large_is_found_by_smaller_pages_and_set_aside() -> None:
    large = b'{"shipment_id": "se-%d", "note": "' + b"x" * 1_100_000 + b'"}'
    rows, [thing], session = read(BrokenList(20, {7}, large), 20, largest_answer_mb=1)
    assert rows == ids(20, {7})
    assert thing.position == 8
    assert "larger than answers may be" in thing.reason
    assert session.requests_sent < 30


def test_many_rows_that_are_too_large_together_come_in_smaller_pages() -> None:
    large = b'{"shipment_id": "se-%d", "note": "' + b"x" * 100_000 + b'"}'
    rows, aside, _ = read(BrokenList(40, range(40), large), 40, largest_answer_mb=1)
    assert rows == ids(40, ())
    assert aside == []


def test_too_much_that_is_broken_is_no_matter_of_rows() -> None:
    served = BrokenList(200, range(0, 200, 2))
    with pytest.raises(UnreadableAnswer, match="can't be read"):
        read(served, 200)
    assert len(served.requests) < 200


@pytest.mark.parametrize("listing", LISTINGS.values(), ids=LISTINGS)
def test_a_list_that_ends_too_early_for_a_while_is_waited_for(listing: Listing) -> None:
    whole = orjson.dumps({listing.items_key: [dict.fromkeys(listing.key, "1")]})
    for end in (len(whole) // 2, len(whole) - 1):
        cut = httpx.Response(200, content=whole[:end])
        served = Script(*[cut] * 7, httpx.Response(200, content=whole))
        session, _ = open_session(served)
        assert len(complete(session, listing).items) == 1
        assert len(served.requests) == 8


class EndsEarly:
    """The answers of ``served``, cut in the middle where ``cuts`` says so of its number and itself."""

    def __init__(self, served: BrokenList, cuts: Callable[[int, httpx.Response], bool]) -> None:
        self.served = served
        self._cuts = cuts

    def __call__(self, request: httpx.Request) -> httpx.Response:
        answer = self.served(request)
        if self._cuts(len(self.served.requests), answer):
            return httpx.Response(200, content=answer.content[: len(answer.content) // 2])
        return answer


def test_a_row_at_which_the_answer_ends_each_time_is_found() -> None:
    app = EndsEarly(BrokenList(20, ()), lambda _, answer: b'"se-7"' in answer.content)
    rows, [thing], session = read(app, 20)
    assert rows == ids(20, {7})
    assert thing.position == 8
    assert "cut off" in thing.reason
    assert session.requests_sent < 60


def test_an_outage_while_a_row_is_looked_for_is_no_further_row() -> None:
    # Three for the page; then the halves end too early for a while, the good ones too.
    app = EndsEarly(BrokenList(20, {3}), lambda number, _: 4 <= number < 11)
    rows, [thing], _ = read(app, 20)
    assert rows == ids(20, {3})
    assert thing.position == 4


def test_an_account_whose_every_list_ends_too_early_is_told_so() -> None:
    app = EndsEarly(BrokenList(200, ()), lambda *_: True)
    with pytest.raises(Unavailable, match=r"attempts: the answer was cut off ") as caught:
        read(app, 200)
    assert not isinstance(caught.value, UnreadableAnswer)
    assert len(app.served.requests) < 50


def test_a_list_that_is_garbled_as_a_whole_is_told_so_soon() -> None:
    served = Script(httpx.Response(200, content=b'{"shipments": [oops]}'))
    with pytest.raises(UnreadableAnswer) as caught:
        read(served, 500)
    assert len(served.requests) < 100
    assert caught.value.stream == "shipments"


def test_rows_that_go_meanwhile_are_noticed() -> None:
    def one_goes(served: BrokenList) -> None:
        # After the first half was read, before the second.
        if len(served.requests) == 5:
            del served.numbers[2]

    served = BrokenList(20, {15}, before=one_goes)
    rows, _, _ = read(served, 20)
    assert rows == [f"se-{number}" for number in range(20) if number not in (2, 15)]


def test_rows_that_never_keep_still_prove_nothing() -> None:
    served = BrokenList(300, {250}, before=lambda served: served.numbers.pop(0) and None)
    with pytest.raises(IncompleteRead):
        read(served, 100)


def test_without_anybody_to_take_the_row_the_list_is_incomplete() -> None:
    session, _ = open_session(BrokenList(20, {3}), page_size=25)
    with pytest.raises(IncompleteRead, match="se-3: The row can't be read"):
        list(follow(session, SHIPMENTS.path, {"page_size": 25}, "shipments", "shipments"))


def test_a_snapshot_names_what_it_lacks() -> None:
    body = b'{"products": [{"product_id": 1}, {"product_id": 2, "x": none}], "total": 2, "page": 1}'
    session, _ = open_session(Script(httpx.Response(200, content=body)))
    aside: list[SetAside] = []
    session.sets_aside = aside.append
    snapshot = complete(session, PRODUCTS, held=[("1",), ("2",)])
    assert snapshot.items == [{"product_id": 1}]
    assert [thing.row_id for thing in snapshot.unreadable] == ["2"]
    assert {thing.row_id for thing in aside} == {"2"}


@pytest.mark.parametrize(
    "kind", ["a server that ignores page_size", "one that refuses small pages"]
)
def test_where_smaller_pages_do_not_help_it_is_the_answer_that_cannot_be_read(kind: str) -> None:
    whole = BrokenList(20, {3})

    def app(request: httpx.Request) -> httpx.Response:
        if request.url.params["page_size"] == "20":
            return whole(request)
        if kind.startswith("one"):
            return httpx.Response(400)
        return BrokenList(20, ())(httpx.Request("GET", request.url.copy_set_param("page_size", 20)))

    with pytest.raises(UnreadableAnswer):
        read(app, 20)


def test_the_number_of_rows_that_are_looked_for_is_bounded() -> None:
    assert narrowing.MOST_BROKEN < 50
