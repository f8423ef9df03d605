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
    assert set(asked) <= {"/v2/purchase_orders/se-1"}
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
