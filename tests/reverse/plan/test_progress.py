"""Planning reports every step, from its first row to its last."""

from __future__ import annotations

from pathlib import Path

from reverse.stock_shop import Shop, open_shop
from shipsync.reverse import planners, service
from shipsync.reverse.plan.progress import watched

Told = list[tuple[str, int, int | None]]


def test_the_beginning_the_end_and_some_of_the_way_are_told() -> None:
    told: Told = []
    items = watched(range(4_500), lambda *step: told.append(step), "compared", 4_500)
    assert list(items) == list(range(4_500))
    assert told == [("compared", done, 4_500) for done in (0, 2_000, 4_000, 4_500)]


def test_each_step_of_a_plan_is_told(tmp_path: Path) -> None:
    shop, told = open_shop(tmp_path), []
    file = tmp_path / "counts.csv"
    file.write_text("sku,location,quantity\nA-1,Main,5\nA-2,Main,6\n")
    plan = planned(shop, file, told)
    service.save_plan(
        plan, tmp_path / "p.json", shop.connection.database, lambda *step: told.append(step)
    )
    assert told == [
        *(("read", 0, None), ("read", 2, 2)),
        *((step, done, 2) for step in ("checked", "compared", "written") for done in (0, 2)),
    ]


def planned(shop: Shop, file: Path, told: Told) -> object:
    make = planners.stock(file, shop.connection, progress=lambda *step: told.append(step))
    return service.planned(shop.connection.database, make)
