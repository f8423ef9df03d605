from __future__ import annotations

from typing import Any

import httpx
import pytest

from shipsync.api.endpoints import CARRIERS, INVENTORY_LEVELS, PRODUCTS, TAGS, WAREHOUSES
from shipsync.api.paging import SNAPSHOT_ATTEMPTS, complete
from shipsync.errors import IncompleteRead

from .scripted_accounts import PagedList, Script, ok, open_session, products


def test_a_snapshot_holds_every_row_and_the_time_it_began() -> None:
    account = PagedList(products(1200))
    session, _ = open_session(account)
    snapshot = complete(session, PRODUCTS)
    assert snapshot.items == products(1200)
    assert (snapshot.pages, snapshot.total) == (12, 1200)
    assert snapshot.server_time is not None
    assert account.requests[0].url.params["page_size"] == "100"
    assert session.requests_by_stream == {"products": 12}


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
    with pytest.raises(IncompleteRead, match="1 row came and its total said 2"):
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


def read_as(*pages: list[int], total: int) -> list[httpx.Response]:
    """One reading: its pages with the ids of their rows."""
    return [
        ok(
            {
                "products": [{"product_id": number} for number in ids],
                "page": page,
                "pages": len(pages),
                "total": total,
            }
        )
        for page, ids in enumerate(pages, start=1)
    ]


def test_what_the_third_reading_is_the_first_to_show_is_confirmed_by_a_fourth() -> None:
    empty, twice = read_as([], [3], total=3)[:1], read_as([1, 2], [2, 3], total=4)
    even = read_as([1, 2], [3], total=3)
    script = Script(*empty, *twice, *even, *even)
    session, _ = open_session(script)
    snapshot = complete(session, PRODUCTS, held=[("1",), ("2",), ("3",), ("4",)])
    assert [item["product_id"] for item in snapshot.items] == [1, 2, 3]
    assert len(script.requests) == 1 + 2 + 2 + 2


def test_a_fourth_reading_that_lacks_something_else_proves_nothing() -> None:
    empty, twice = read_as([], [3], total=3)[:1], read_as([1, 2], [2, 3], total=4)
    third, fourth = read_as([1, 2], [3], total=3), read_as([1, 2], [4], total=3)
    script = Script(*empty, *twice, *third, *fourth)
    session, _ = open_session(script)
    with pytest.raises(IncompleteRead, match="there in one reading and not in another"):
        complete(session, PRODUCTS, held=[("1",), ("2",), ("3",), ("4",)])
    assert len(script.requests) == 1 + 2 + 2 + 2
