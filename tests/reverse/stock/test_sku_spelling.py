"""SKUs are compared as they are: two products may differ in a blank, in case, or in a zero."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reverse.stock_shop import MAIN, Shop
from shipsync.cli import row_source
from shipsync.reverse.plan.input_files import one_row
from shipsync.reverse.plan.row import Plan, Status
from shipsync.reverse.plan.row_sources import ModelName, RowSource, SqlQuery, read_source
from shipsync.reverse.stock.planner import plan_stock
from shipsync.reverse.stock.targets import give_targets

BOTH = ("ABC", "ABC ")


def with_skus(shop: Shop, *skus: str) -> None:
    for number, sku in enumerate(skus, start=100):
        shop.account.master_data.put_product({"product_id": number, "sku": sku, "name": sku})
        shop.account.stock.move(sku, MAIN, on_hand=10)
    shop.observe()


def plan_from(shop: Shop, source: RowSource) -> Plan:
    with shop.connect() as con:
        return plan_stock(con, read_source(con, source), shop.connection, now=shop.now)


def a_file(shop: Shop, name: str, content: str) -> Path:
    path = shop.folder / name
    path.write_text(content)
    return path


def sources(shop: Shop) -> dict[str, RowSource]:
    """One row for the SKU that ends in a blank, from everywhere that rows come from."""
    pq.write_table(
        pa.table({"sku": ["ABC "], "location": ["Main"], "quantity": [5]}),
        shop.folder / "c.parquet",
    )
    with shop.connect() as con:
        con.execute(
            "create view main.due as select 'ABC ' as sku, 'Main' as location, 5 as quantity"
        )
    set_here = row_source.cells(["sku=ABC ", "location= Main", "quantity=5"])
    return {
        "csv": a_file(shop, "c.csv", 'sku,location,quantity\n"ABC ",Main,5\n'),
        "semicolons": a_file(shop, "d.csv", 'sku;location;quantity\n"ABC ";Main;5\n'),
        "jsonl": a_file(shop, "c.jsonl", '{"sku": "ABC ", "location": "Main", "quantity": 5}\n'),
        "parquet": shop.folder / "c.parquet",
        "sql": SqlQuery("select 'ABC ' as sku, 'Main' as location, 5 as quantity"),
        "model": ModelName("main.due"),
        "set": one_row("The command line", set_here),
    }


def test_a_blank_at_the_end_is_part_of_a_sku_from_every_source(shop: Shop) -> None:
    with_skus(shop, *BOTH)
    for name, source in sources(shop).items():
        [row] = plan_from(shop, source).rows
        assert (name, row.status, row.figures.sku) == (name, Status.READY, "ABC ")
    shop.apply(plan_from(shop, shop.folder / "c.csv"))
    assert (shop.on_hand("ABC"), shop.on_hand("ABC ")) == (10, 5)


def test_a_sku_that_exists_only_with_a_blank_can_be_named(shop: Shop) -> None:
    with_skus(shop, "ABC ")
    for source in sources(shop).values():
        assert plan_from(shop, source).rows[0].status is Status.READY


@pytest.mark.parametrize(
    ("known", "given", "hint"),
    [
        ("ABC", "ABC ", "'ABC'"),
        ("ABC ", "ABC", "'ABC '"),
        ("ABC", "abc", "'ABC'"),
        ("0012", "12", "'0012'"),
    ],
)
def test_another_spelling_is_unknown_with_a_hint(
    shop: Shop, known: str, given: str, hint: str
) -> None:
    with_skus(shop, known)
    row = shop.plan({"sku": given, "location": "Main", "quantity": 5}).rows[0]
    assert row.problem == "unknown_sku"
    assert f"Did you mean {hint}?" in (row.reason or "")


def test_targets_keep_the_blanks_of_a_sku_too(shop: Shop) -> None:
    with_skus(shop, *BOTH)
    file = a_file(shop, "targets.csv", 'sku,location,target\n"ABC ",Main,5\nABC,Main,7\n')
    give_targets(shop.connection.database, file)
    with shop.connect() as con:
        found = con.execute("select sku, target from ledger.stock_targets order by sku").fetchall()
    assert found == [("ABC", 7), ("ABC ", 5)]


def test_targets_that_a_spreadsheet_spoilt_are_refused(shop: Shop) -> None:
    from shipsync.errors import InputFileError

    file = a_file(shop, "targets.csv", "sku,location,target\n1E+05,Main,5\nA-1,Main,#N/A\n")
    with pytest.raises(InputFileError, match="shortened a long number") as refused:
        give_targets(shop.connection.database, file)
    assert "'#N/A', an error of the spreadsheet" in str(refused.value)
