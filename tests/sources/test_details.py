"""What a list leaves out of its rows is asked for by id, and only where it can have changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.connection import Connection, Secret
from shipsync.errors import Unavailable
from shipsync.set_aside import SetAside
from shipsync.sources.details import with_details
from shipsync.sources.streams import STREAMS

STREAM = STREAMS["purchase_orders"]
ROW = {"purchase_order_id": "se-1", "status": "open", "order_number": "1"}
SETTLED = ROW | {"status": "closed"}
BODY = {"purchase_order_id": "se-1", "products": [{"sku": "MUG", "quantity": 2}]}


def read(
    row: Mapping[str, Any], stored: Mapping[str, str], status: int = 200
) -> tuple[dict[str, Any], str, list[SetAside], int]:
    """The row with its details, its hash, what was set aside, and the number of requests."""
    asked: list[str] = []
    aside: list[SetAside] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(status, json=BODY if status == 200 else {"errors": []})

    connection = Connection("default", Secret("key"), Path())
    transport = httpx.MockTransport(answer)
    with Session(connection, transport=transport, pacing=JumpingPacing()) as session:
        (item,), (digest,) = with_details(
            session, STREAM, [dict(row)], lambda _: stored, aside.append
        )
    assert set(asked) <= {f"/v2/purchase_orders/{row['purchase_order_id']}"}
    return dict(item), digest, aside, len(asked)


def test_a_row_that_is_not_settled_is_asked_for_each_time() -> None:
    item, digest, aside, asked = read(ROW, {})
    assert (item, aside, asked) == ({**ROW, **BODY}, [], 1)
    assert read(ROW, {"se-1": digest})[1:] == (digest, [], 1)


def test_a_settled_row_is_asked_for_once() -> None:
    item, digest, _, asked = read(SETTLED, {})
    assert (item["products"], asked) == (BODY["products"], 1)
    assert read(SETTLED, {"se-1": digest}) == (SETTLED, digest, [], 0)


def test_a_settled_row_that_changed_is_asked_for_again() -> None:
    before = read(SETTLED, {})[1]
    changed = SETTLED | {"order_number": "2"}
    _, digest, _, asked = read(changed, {"se-1": before})
    assert asked == 1
    assert (digest == before, digest[16:] == before[16:]) == (False, True)


@pytest.mark.parametrize("stored", [{}, {"se-1": "f" * 32}], ids=["new", "stored"])
def test_one_that_is_not_shown_by_itself_is_set_aside(stored: dict[str, str]) -> None:
    item, digest, (aside,), _ = read(ROW, stored, status=404)
    assert item == ROW
    assert (aside.stream, aside.row_id) == ("purchase_orders", "se-1")
    assert digest == stored.get("se-1", digest)
    assert digest != read(ROW, {})[1]


@pytest.mark.parametrize("key", [" ", "..", "."])
def test_one_whose_id_is_no_place_of_a_path_is_set_aside(key: str) -> None:
    row = ROW | {"purchase_order_id": key}
    item, _, aside, asked = read(row, {})
    assert (item, asked) == (row, 0)
    # What is blank is no id at all, which is seen to where rows are told from each other.
    assert [thing.row_id for thing in aside] == ([] if key == " " else [key])


@pytest.mark.parametrize("status", [{"a": 1}, ["closed"], None, 7])
def test_an_odd_status_is_not_settled(status: object) -> None:
    row = ROW | {"status": status}
    digest = read(row, {})[1]
    assert read(row, {"se-1": digest})[2:] == ([], 1)


def test_another_ones_body_is_set_aside() -> None:
    row = ROW | {"purchase_order_id": "se-2"}
    item, _, (aside,), _ = read(row, {})
    assert (item, aside.row_id) == (row, "se-2")


def test_one_that_the_server_fails_at_is_set_aside() -> None:
    item, _, (aside,), asked = read(ROW, {}, status=500)
    assert (item, aside.row_id) == (ROW, "se-1")
    assert asked > 1


def test_three_on_end_that_the_server_fails_at_are_a_server_in_trouble() -> None:
    aside: list[SetAside] = []
    answered = httpx.MockTransport(lambda request: httpx.Response(500))
    connection = Connection("default", Secret("key"), Path())
    rows = [ROW | {"purchase_order_id": f"se-{number}"} for number in range(5)]
    with (
        Session(connection, transport=answered, pacing=JumpingPacing()) as session,
        pytest.raises(Unavailable),
    ):
        with_details(session, STREAM, rows, lambda _: {}, aside.append)
    assert [thing.row_id for thing in aside] == ["se-0", "se-1"]
