"""A folder of Parquet and lakes of three kinds, kept equal by batches: row by row, whatever changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from shipsync.errors import ExportFailed, LockHeld
from shipsync.publish.run import publish, reset
from shipsync.publish.verify import verify

from .lakes import CHANGES, Lake, change, forget_the_last_batch, here, need_ducklake, there

BY_MONTHS = ("parquet", "delta", "iceberg")
by_months = pytest.mark.parametrize("lake", BY_MONTHS, indirect=True)


@pytest.fixture(params=[*BY_MONTHS, "ducklake"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    if request.param == "delta":
        pytest.importorskip("deltalake", reason="no deltalake: Delta is not proven here")
    if request.param == "iceberg":
        pytest.importorskip("pyiceberg", reason="no pyiceberg: Iceberg is not proven here")
    if request.param == "ducklake":
        need_ducklake()
    return Lake(request.param, tmp_path / "a lake")


def test_a_first_batch_is_the_source_and_a_repeat_writes_nothing(lake: Lake, shop: Path) -> None:
    first = publish(shop, lake.target)
    files = _files(lake.folder)
    again = publish(shop, lake.target)

    assert there(lake.rows, shop) == here(shop)
    assert (first.batch, again.batch, lake.batch()) == (1, None, 1)
    assert {t.table: (t.rows, t.deleted, t.inserted) for t in first.tables} == {
        "changes.events": (100, 0, 100),
        "core.nothing": (0, 0, 0),
        "core.odd": (3, 0, 3),
        "core.shipment_items": (4001, 0, 4001),
        "core.shipments": (2000, 0, 2000),
        "core.shipments_history": (2000, 0, 2000),
        "core.tags": (5, 0, 5),
    }
    assert {(t.deleted, t.inserted) for t in again.tables} == {(0, 0)}
    assert _files(lake.folder) == files


@pytest.mark.parametrize("changed", CHANGES.values(), ids=CHANGES)
def test_what_changed_is_there_after_the_next_batch(lake: Lake, shop: Path, changed: str) -> None:
    publish(shop, lake.target)
    change(shop, changed)

    report = publish(shop, lake.target)

    assert there(lake.rows, shop) == here(shop)
    assert (report.batch, lake.batch()) == (2, 2)
    assert publish(shop, lake.target).batch is None


@by_months
def test_a_batch_writes_the_months_that_changed_and_no_other(lake: Lake, shop: Path) -> None:
    publish(shop, lake.target)
    before = _files(lake.folder)
    change(
        shop,
        "update core.shipments set amount = 1 where created_at < '2026-01-05'",
        "delete from core.shipment_items where shipment_id = 'se-3'",
    )

    publish(shop, lake.target)

    written = {name for name in _files(lake.folder) - before if name.endswith(".parquet")}
    months = sorted(name.split("/")[1:] for name in written if not name.startswith("_shipsync"))
    assert [table for table, *_ in months] == ["shipment_items", "shipments"]
    assert all("2026-01" in "/".join(rest) for _, *rest in months)


def test_a_changed_type_is_refused_by_name_and_nothing_is_published(lake: Lake, shop: Path) -> None:
    publish(shop, lake.target)
    before = there(lake.rows, shop)
    change(
        shop,
        "insert into changes.events values (101, null)",
        "alter table core.shipments alter column amount set data type double",
    )

    with pytest.raises(
        ExportFailed, match=r"amount of core.shipments is DECIMAL\(18,4\) .* DOUBLE"
    ):
        publish(shop, lake.target)

    assert there(lake.rows, shop) == before
    assert lake.batch() == 1


def test_tables_that_a_batch_leaves_out_stay_as_they_are(lake: Lake, shop: Path) -> None:
    publish(shop, lake.target)
    before = lake.rows("core.tags")
    change(shop, "delete from core.tags", "delete from changes.events where sequence > 50")

    report = publish(shop, lake.target, tables=["changes.events"])

    assert [table.table for table in report.tables] == ["changes.events"]
    assert len(lake.rows("changes.events")) == 50
    assert lake.rows("core.tags") == before


def test_what_differs_at_the_target_is_found_by_table_and_month(lake: Lake, shop: Path) -> None:
    before = verify(shop, lake.target)
    publish(shop, lake.target)
    equal = verify(shop, lake.target)
    change(
        shop,
        "update core.shipments set amount = 1 where shipment_id = 'se-0'",
        "delete from core.shipment_items where shipment_id = 'se-1999'",
    )
    differing = verify(shop, lake.target)

    assert before.batch is None
    assert {difference.part for difference in before.differences} == {"not published"}
    assert (equal.batch, equal.differences) == (1, ())
    assert all(table.equal for table in equal.tables)
    assert [str(difference) for difference in differing.differences] == [
        "core.shipment_items, 2026-03: 1,262 rows here and 1,264 rows at the target.",
        "core.shipments, 2026-01: 696 rows here and there, but not with the same values.",
    ]


@by_months
def test_a_file_that_was_changed_or_lost_is_found(lake: Lake, shop: Path) -> None:
    publish(shop, lake.target)
    files = sorted((lake.folder / "core/shipments").rglob("*.parquet"))
    assert len(files) == 3
    files[0].write_bytes(b"no file of Parquet")
    files[1].unlink()

    found = verify(shop, lake.target, tables=["core.shipments"])

    assert [(d.part, d.rows_there) for d in found.differences] == [("2026-01", 0), ("2026-02", 0)]


def test_a_reset_target_starts_anew_and_what_is_not_ours_stays(lake: Lake, shop: Path) -> None:
    publish(shop, lake.target)
    change(shop, "alter table core.shipments alter column amount set data type double")
    stranger = lake.folder / "core" / "notes" / "mine.parquet"
    stranger.parent.mkdir(parents=True)
    stranger.write_text("mine")

    removed = reset(lake.target)

    assert removed == tuple(here(shop))
    assert _files(lake.folder) <= {"core/notes/mine.parquet", ".lock", *lake.keeps}
    assert publish(shop, lake.target).batch == 1
    assert there(lake.rows, shop) == here(shop)
    assert stranger.read_text() == "mine"


@by_months
def test_what_a_batch_left_that_was_cut_off_is_undone(
    lake: Lake, shop: Path, tmp_path: Path
) -> None:
    publish(shop, lake.target)
    before, first = here(shop), tmp_path / "first.duckdb"
    shutil.copy(shop, first)
    change(shop, CHANGES["a row changed"], CHANGES["a line removed"], "drop table core.tags")
    publish(shop, lake.target)
    forget_the_last_batch(lake)
    assert there(lake.rows, first) == before
    shutil.copy(first, shop)

    # Nothing differs from the last whole batch, but tables with versions are ahead of it.
    report = publish(shop, lake.target)

    assert report.batch == (None if lake.kind == "parquet" else 2)
    assert there(lake.rows, shop) == before
    assert publish(shop, lake.target).batch is None
    assert verify(shop, lake.target).differences == ()


@by_months
def test_what_was_cut_off_is_undone_after_a_batch_that_left_the_table_out(
    lake: Lake, shop: Path, tmp_path: Path
) -> None:
    publish(shop, lake.target)
    before, first = here(shop), tmp_path / "first.duckdb"
    shutil.copy(shop, first)
    change(shop, CHANGES["a row changed"], CHANGES["a month emptied"])
    publish(shop, lake.target)
    forget_the_last_batch(lake)
    shutil.copy(first, shop)
    change(shop, CHANGES["an event"])
    publish(shop, lake.target, tables=["changes.events"])
    assert lake.batch() == 2
    shutil.copy(first, shop)

    publish(shop, lake.target)

    assert there(lake.rows, shop) == before
    assert verify(shop, lake.target).differences == ()
    # Nor does the table itself keep what the batch left that was cut off.
    change(shop, CHANGES["a touch"])
    publish(shop, lake.target)
    assert there(lake.rows, shop) == here(shop)


def test_one_publish_at_a_time(lake: Lake, shop: Path) -> None:
    with lake.target.writer(), pytest.raises(LockHeld, match="Another publish is at work on"):
        publish(shop, lake.target)


@by_months
def test_files_belong_to_their_owner_alone(lake: Lake, shop: Path) -> None:
    publish(shop, lake.target)

    ours = [path for path in lake.folder.rglob("*.parquet") if path.parts[-3] == "core"]
    assert {path.stat().st_mode & 0o777 for path in ours} <= {0o600}


def test_a_large_table_without_a_date_is_divided_by_its_first_column(
    lake: Lake, shop: Path
) -> None:
    change(
        shop,
        "create table core.levels as select 'sku ' || n as sku, 1 as on_hand from range(150000) as r(n)",
    )
    publish(shop, lake.target, tables=["core.levels"])
    change(shop, "update core.levels set on_hand = 2 where sku = 'sku 7'")

    (done,) = publish(shop, lake.target, tables=["core.levels"]).tables

    assert done.rows == 150_000
    assert 0 < done.inserted < 100_000
    assert lake.rows("core.levels") == here(shop)["core.levels"]


@pytest.mark.parametrize("library", ["polars", "pandas"])
def test_other_libraries_count_and_sum_the_same(
    lake: Lake, shop: Path, tmp_path: Path, library: str
) -> None:
    pytest.importorskip(library, reason=f"no {library}: reading with it is not proven here")
    # Polars 2.1 finds no Delta table below a folder with a blank in its name.
    lake = Lake(lake.kind, tmp_path / "lake")
    publish(shop, lake.target)
    change(shop, CHANGES["a line removed"], CHANGES["a row changed"])
    publish(shop, lake.target)

    shipments = lake.frame("core.shipments", library)
    items = lake.frame("core.shipment_items", library)

    with duckdb.connect(str(shop), read_only=True) as con:
        summed = con.sql("select count(*), sum(amount) from core.shipments").fetchone()
        lines = con.sql("select count(*), sum(quantity) from core.shipment_items").fetchone()
    assert (len(shipments), float(shipments["amount"].sum())) == pytest.approx(
        tuple(map(float, summed or ()))
    )
    assert (len(items), float(items["quantity"].sum())) == pytest.approx(
        tuple(map(float, lines or ()))
    )


def test_duckdb_counts_and_sums_the_same(lake: Lake, shop: Path) -> None:
    publish(shop, lake.target)
    change(shop, CHANGES["a line removed"], CHANGES["a row changed"])
    publish(shop, lake.target)
    summed = "count(*), sum(amount), sum(hash(shipment_id)), min(created_at)"
    with duckdb.connect(str(shop), read_only=True) as con:
        ours = con.sql(f"select {summed} from core.shipments").fetchall()  # noqa: S608
        assert lake.relation(con, "core.shipments").aggregate(summed).fetchall() == ours


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
