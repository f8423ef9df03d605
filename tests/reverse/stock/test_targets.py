"""Targets: what of a file is taken, what the ledger keeps of it, and what is refused."""

from __future__ import annotations

import pytest

from reverse.stock_shop import BACK, MAIN, Shop
from shipsync.errors import InputFileError
from shipsync.reverse.plan.row_sources import SqlQuery
from shipsync.reverse.stock.targets import TargetsReport, give_targets

FILE = "sku,location,target\nA-1,Main,25\nA-2,main,0\nA-3,se-902,7\n"


def give(shop: Shop, text: str, *, replace: bool = False) -> TargetsReport:
    file = shop.folder / "targets.csv"
    file.write_text(text)
    return give_targets(shop.connection.database, file, replace=replace)


def said(shop: Shop) -> list[tuple[str, str, int | None]]:
    with shop.connect() as con:
        query = (
            "select sku, inventory_location_id, target from ledger.stock_targets order by sequence"
        )
        return con.execute(query).fetchall()


def test_a_file_names_places_by_id_or_by_name(shop: Shop) -> None:
    assert give(shop, FILE) == TargetsReport(given=3, changed=3, withdrawn=0)
    assert said(shop) == [("A-1", MAIN, 25), ("A-2", MAIN, 0), ("A-3", BACK, 7)]


def test_only_what_differs_is_added(shop: Shop) -> None:
    give(shop, FILE)
    report = give(shop, "sku,location,target\nA-1,se-901,25\nA-2,Main,4\n")
    assert (report, report.unchanged) == (TargetsReport(given=2, changed=1, withdrawn=0), 1)
    assert said(shop)[3:] == [("A-2", MAIN, 4)]


def test_replace_takes_back_what_is_not_named_once(shop: Shop) -> None:
    give(shop, FILE)
    report = give(shop, "sku,location,target\nA-1,Main,26\n", replace=True)
    assert report == TargetsReport(given=1, changed=1, withdrawn=2)
    assert said(shop)[3:] == [("A-1", MAIN, 26), ("A-2", MAIN, None), ("A-3", BACK, None)]
    again = give(shop, "sku,location,target\nA-1,Main,26\n", replace=True)
    assert again == TargetsReport(given=1, changed=0, withdrawn=0)


def test_a_query_may_give_them(shop: Shop) -> None:
    query = "select sku, inventory_location_id, on_hand * 2 as target from raw.inventory_levels"
    assert give_targets(shop.connection.database, SqlQuery(query)).changed == len(shop.skus)
    assert ("A-1", MAIN, 20) in said(shop)


def test_a_file_with_a_wrong_row_is_not_taken_at_all(shop: Shop) -> None:
    rows = (
        *("A-1,Main,25", "A-2,Cellar,1", "A-3,Main,-4", "A-1,se-901,26"),
        *(",Main,1", "A-4,Main,2.5", "A-5,Main,", "A-6,Main,lots"),
    )
    with pytest.raises(InputFileError) as refused:
        give(shop, "sku,location,target\n" + "\n".join(rows))
    assert str(refused.value).removeprefix(
        f"No target of {shop.folder}/targets.csv was taken. "
    ) == (
        "line 3: The location 'Cellar' is not known, neither as an id nor as a name. See `shipsync "
        "locations`, or `shipsync sync` first if it is new. line 4: The target is -4; it must be 0 "
        "or more. line 5: A-1 at se-901 has a target on line 2 already. line 6: The sku is empty. Name "
        "the product. line 7: The target is 2.5; it must be a whole number. And 2 more."
    )
    assert said(shop) == []


def test_a_file_without_targets_says_so(shop: Shop) -> None:
    with pytest.raises(InputFileError, match="has no column target; it has sku, location"):
        give(shop, "sku,location\nA-1,Main\n")


def test_no_target_is_ever_changed_or_removed(shop: Shop) -> None:
    give(shop, FILE)
    before = said(shop)
    give(shop, FILE.replace("25", "30"), replace=True)
    assert said(shop)[: len(before)] == before
