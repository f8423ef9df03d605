"""A walk meets every row of its window, whatever the server leaves open, and says when it can't."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from shipsync.api import endpoints
from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.connection import Connection, Secret
from shipsync.errors import IncompleteRead
from shipsync.sources.account_time import AccountTime
from shipsync.sources.instants import as_parameter, parse_instant
from shipsync.sources.keyset import KeysetWalk, Walked

Row = dict[str, Any]
DAY = datetime(2026, 3, 1, tzinfo=UTC)
T0 = DAY + timedelta(hours=12)


class List:
    """A list of shipments that answers as the documents allow; ``between`` is called before each answer."""

    def __init__(
        self,
        rows: list[Row],
        *,
        inclusive: bool = True,
        ignores_start: bool = False,
        ignores_order: bool = False,
        between: Callable[[List], None] = lambda _: None,
    ) -> None:
        self.rows = rows
        self.requests: list[dict[str, str]] = []
        self._inclusive = inclusive
        self._ignores_start = ignores_start
        self._ignores_order = ignores_order
        self._between = between

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = dict(request.url.params)
        self._between(self)
        self.requests.append(query)
        found = sorted(self.rows, key=_modified) if not self._ignores_order else list(self.rows)
        found = [row for row in found if self._is_inside(_modified(row), query)]
        size, page = int(query["page_size"]), int(query.get("page", 1))
        shown = found[(page - 1) * size : page * size]
        pages = -(-len(found) // size)
        params = request.url.params.set("page", page + 1)
        following = {"href": str(request.url.copy_with(params=params))} if page < pages else {}
        body = {"shipments": shown, "total": len(found), "page": page, "pages": pages}
        headers = {"date": T0.strftime("%a, %d %b %Y %H:%M:%S GMT")}
        return httpx.Response(200, json={**body, "links": {"next": following}}, headers=headers)

    def _is_inside(self, instant: datetime, query: dict[str, str]) -> bool:
        start, end = (parse_instant(query.get(f"modified_at_{side}")) for side in ("start", "end"))
        if start and not self._ignores_start and not self._after(instant, start):
            return False
        return not (end and not self._after(end, instant))

    def _after(self, instant: datetime, bound: datetime) -> bool:
        return instant >= bound if self._inclusive else instant > bound


def _modified(row: Row) -> datetime:
    instant = parse_instant(row["modified_at"])
    assert instant is not None
    return instant


def _row(number: int, at: datetime) -> Row:
    return {"shipment_id": f"se-{number}", "modified_at": as_parameter(at), "n": number}


def _walk(served: List, *, page_size: int = 10, start: datetime | None = None) -> list[Walked]:
    connection = Connection("default", Secret("k"), Path("unused.duckdb"), page_size=page_size)
    session = Session(connection, transport=httpx.MockTransport(served), pacing=JumpingPacing())
    walk = KeysetWalk(
        session,
        endpoints.SHIPMENTS,
        AccountTime(),
        field="modified_at",
        window=("modified_at_start", "modified_at_end"),
        start=start,
    )
    return list(walk.pages())


def _ids(walked: list[Walked]) -> list[str]:
    return [item["shipment_id"] for page in walked for item in page.items]


@pytest.mark.parametrize("inclusive", [True, False], ids=["bounds inside", "bounds outside"])
@pytest.mark.parametrize("page_size", [1, 2, 7, 10, 100])
@pytest.mark.parametrize(
    "instants",
    [
        [DAY + timedelta(seconds=i) for i in range(60)],
        [DAY] * 60,
        [DAY + timedelta(seconds=i // 20) for i in range(60)],
        [DAY + timedelta(milliseconds=i // 3) for i in range(60)],
        [],
    ],
    ids=["all apart", "all tied", "ties of twenty", "ties a millisecond apart", "none"],
)
def test_every_row_is_met_once(inclusive: bool, page_size: int, instants: list[datetime]) -> None:
    served = List([_row(i, at) for i, at in enumerate(instants)], inclusive=inclusive)
    walked = _walk(served, page_size=page_size)
    assert sorted(_ids(walked)) == sorted(row["shipment_id"] for row in served.rows)


def test_a_short_list_costs_one_request() -> None:
    served = List([_row(i, DAY + timedelta(seconds=i)) for i in range(9)])
    _walk(served, start=DAY - timedelta(days=1))
    assert len(served.requests) == 1


def test_rows_past_the_accounts_time_are_left_for_the_next_run() -> None:
    served = List([_row(1, DAY), _row(2, T0), _row(3, T0 + timedelta(seconds=1))])
    walked = _walk(served)
    assert _ids(walked) == ["se-1", "se-2"]
    assert walked[-1].reached == T0


def test_rows_that_leave_a_tie_while_it_is_paged_hide_none_behind_them() -> None:
    moved = iter(range(0, 25, 5))

    def touch_one(served: List) -> None:
        number = next(moved, None)
        if len(served.requests) > 1 and number is not None:
            served.rows[number]["modified_at"] = as_parameter(T0 + timedelta(seconds=number))

    served = List([_row(i, DAY) for i in range(60)], between=touch_one)
    met = set(_ids(_walk(served)))
    left = {row["shipment_id"] for row in served.rows if _modified(row) > T0}
    assert left, "nothing moved: the test proves nothing"
    assert met | left == {row["shipment_id"] for row in served.rows}


def test_a_list_that_does_not_sort_is_refused() -> None:
    rows = [_row(i, DAY + timedelta(seconds=i * 37 % 60)) for i in range(60)]
    with pytest.raises(IncompleteRead, match="not sorted by modified_at"):
        _walk(List(rows, ignores_order=True))


def test_a_list_that_ignores_the_start_is_refused_and_not_asked_for_ever() -> None:
    served = List([_row(i, DAY + timedelta(seconds=i)) for i in range(60)], ignores_start=True)
    with pytest.raises(IncompleteRead, match="modified_at_start"):
        _walk(served)
    assert len(served.requests) < 60


def test_a_stale_page_is_asked_again() -> None:
    fresh = DAY + timedelta(seconds=15)

    def lag_behind(served: List) -> None:
        # The third answer shows one of its rows as it was a day before.
        shown = DAY - timedelta(days=1) if len(served.requests) == 2 else fresh
        served.rows[15] = {**served.rows[15], "shown": as_parameter(shown)}

    class Lagging(List):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            answer = super().__call__(request)
            body = answer.json()
            for row in body["shipments"]:
                row["modified_at"] = row.pop("shown", row["modified_at"])
            return httpx.Response(200, json=body, headers={"date": answer.headers["date"]})

    rows = [_row(i, DAY + timedelta(seconds=i)) for i in range(30)]
    walked = _walk(Lagging(rows, between=lag_behind))
    shown = {item["shipment_id"]: item["modified_at"] for page in walked for item in page.items}
    assert shown["se-15"] == as_parameter(fresh)
    assert len(shown) == 30
