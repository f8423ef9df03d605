"""A folder of Parquet and a lake of Delta, kept equal by batches: row by row, whatever changed."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from shipsync.errors import ExportFailed, LockHeld
from shipsync.publish.run import publish, reset
from shipsync.publish.verify import verify

from .lakes import Lake, change, here, sorted_rows, there

CHANGES = {
    "a row changed": "update core.shipments set amount = 7.5 where shipment_id = 'se-5'",
    "a line removed": "delete from core.shipment_items where shipment_id = 'se-7' and item_index = 1",
    "a row closed": "update core.shipments_history set valid_to = '2026-04-01' where shipment_id = 'se-9'",
    "a touch": "update core.shipments set shipment_status = 'pending ' where shipment_id < 'se-11'",
    "a row twice": "insert into core.shipments select * from core.shipments where shipment_id = 'se-5'",
    "a row vanished": "delete from core.shipments where shipment_id = 'se-5'",
    "a child without its parent": "update core.shipment_items set sku = 'X' where shipment_id = 'se-gone'",
    "a parent of another month": "update core.shipments set created_at = '2026-09-09' where amount < 5",
    "a date lost": "update core.shipments set created_at = null where shipment_id = 'se-5'",
    "a month emptied": "delete from core.shipments where created_at < '2026-02-01'",
    "a table emptied": "delete from core.shipments",
    "a table filled": "insert into core.nothing values ('x', null), ('y', '2026-01-01')",
    "an event": "insert into changes.events values (101, '2026-08-01')",
    "one more column": "alter table core.shipments add column unit varchar default 'gram'",
    "one column less": "alter table core.shipments drop column document",
    "all anew": "create or replace table core.tags as select 'new ' || name as name, tag_id from core.tags",
    "one more table": "create table core.more as select 1 as id",
    "a text in a list": "update core.odd set words = ['é', null, '\"']",
}


@pytest.fixture(params=["parquet", "delta", "iceberg"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    if request.param == "delta":
        pytest.importorskip("deltalake", reason="no deltalake: Delta is not proven here")
    if request.param == "iceberg":
        pytest.importorskip("pyiceberg", reason="no pyiceberg: Iceberg is not proven here")
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
    stranger.parent.mkdir()
    stranger.write_text("mine")

    removed = reset(lake.target)

    assert removed == tuple(here(shop))
    assert _files(lake.folder) <= {"core/notes/mine.parquet", ".lock"}
    assert publish(shop, lake.target).batch == 1
    assert there(lake.rows, shop) == here(shop)
    assert stranger.read_text() == "mine"


def test_what_a_batch_left_that_was_cut_off_is_undone(
    lake: Lake, shop: Path, tmp_path: Path
) -> None:
    publish(shop, lake.target)
    before, first = here(shop), tmp_path / "first.duckdb"
    shutil.copy(shop, first)
    change(shop, CHANGES["a row changed"], CHANGES["a line removed"], "drop table core.tags")
    publish(shop, lake.target)
    _forget_the_last_batch(lake)
    assert there(lake.rows, first) == before
    shutil.copy(first, shop)

    # Nothing differs from the last whole batch, but tables with versions are ahead of it.
    report = publish(shop, lake.target)

    assert report.batch == (None if lake.kind == "parquet" else 2)
    assert there(lake.rows, shop) == before
    assert publish(shop, lake.target).batch is None
    assert verify(shop, lake.target).differences == ()


def test_what_was_cut_off_is_undone_after_a_batch_that_left_the_table_out(
    lake: Lake, shop: Path, tmp_path: Path
) -> None:
    publish(shop, lake.target)
    before, first = here(shop), tmp_path / "first.duckdb"
    shutil.copy(shop, first)
    change(shop, CHANGES["a row changed"], CHANGES["a month emptied"])
    publish(shop, lake.target)
    _forget_the_last_batch(lake)
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


def test_a_cut_off_table_whose_files_were_vacuumed_is_written_whole(
    shop: Path, tmp_path: Path
) -> None:
    deltalake = pytest.importorskip("deltalake", reason="no deltalake: Delta is not proven here")
    lake = Lake("delta", tmp_path / "lake")
    publish(shop, lake.target)
    change(shop, CHANGES["a row changed"])
    publish(shop, lake.target)
    _forget_the_last_batch(lake)
    deltalake.DeltaTable(lake.folder / "core/shipments").vacuum(
        retention_hours=0, enforce_retention_duration=False, dry_run=False
    )

    report = publish(shop, lake.target)

    written = {table.table: table.inserted for table in report.tables if table.inserted}
    assert written == {"core.shipments": 2000}
    assert there(lake.rows, shop) == here(shop)


def test_a_table_of_delta_that_something_else_made_is_left_alone(
    shop: Path, tmp_path: Path
) -> None:
    deltalake = pytest.importorskip("deltalake", reason="no deltalake: Delta is not proven here")
    lake = Lake("delta", tmp_path / "lake")
    mine = lake.folder / "core" / "tags"
    deltalake.write_deltalake(mine, pa.table({"name": ["mine"]}))

    with pytest.raises(
        ExportFailed, match=r"The Delta table core\.tags at the target was not made"
    ):
        publish(shop, lake.target)
    reset(lake.target)

    assert deltalake.DeltaTable(mine).to_pyarrow_table().to_pylist() == [{"name": "mine"}]


def test_a_table_of_iceberg_that_something_else_made_is_left_alone(
    shop: Path, tmp_path: Path
) -> None:
    pytest.importorskip("pyiceberg", reason="no pyiceberg: Iceberg is not proven here")
    lake = Lake("iceberg", tmp_path / "lake")
    publish(shop, lake.target, tables=["changes.events"])
    with closing(lake.catalog()) as catalog:
        mine = pa.table({"name": ["mine"]})
        catalog.create_namespace("core")
        catalog.create_table("core.tags", mine.schema, str(tmp_path / "mine")).append(mine)

    with pytest.raises(
        ExportFailed, match=r"The Iceberg table core\.tags at the target was not made"
    ):
        publish(shop, lake.target)
    removed = reset(lake.target)

    assert removed == ("changes.events",)
    with closing(lake.catalog()) as catalog:
        assert catalog.load_table("core.tags").scan().to_arrow().to_pylist() == [{"name": "mine"}]


def test_readers_of_iceberg_have_types_comments_and_the_columns_of_each_batch(
    shop: Path, tmp_path: Path
) -> None:
    pytest.importorskip("pyiceberg", reason="no pyiceberg: Iceberg is not proven here")
    lake = Lake("iceberg", tmp_path / "lake")
    change(shop, "comment on column core.tags.name is 'What it is called.'")
    publish(shop, lake.target)
    with closing(lake.catalog()) as catalog:
        first = catalog.load_table("core.tags").metadata_location
    change(
        shop,
        "alter table core.tags drop column tag_id",
        "alter table core.tags add column size utinyint default 3",
    )
    publish(shop, lake.target)

    with closing(lake.catalog()) as catalog:
        tags, odd = catalog.load_table("core.tags"), catalog.load_table("core.odd")
        past = catalog.load_table("core.tags").scan(snapshot_id=tags.snapshots()[0].snapshot_id)
    kinds = {field.name: str(field.field_type) for field in odd.schema().fields}
    assert str(tags.schema().find_type("size")) == "int"
    assert tags.schema().find_field("name").doc == "What it is called."
    assert kinds["happened_at"] == "timestamp"
    assert kinds["words"] == "list<string>"
    assert kinds["huge"] == "decimal(38, 0)"
    assert tags.properties["shipsync.batch"] == "2"
    assert tags.properties["shipsync.rows"] == "5"
    assert {row["size"] for row in tags.scan().to_arrow().to_pylist()} == {3}
    assert [row["tag_id"] for row in past.to_arrow().sort_by("tag_id").to_pylist()] == [
        0,
        1,
        2,
        3,
        4,
    ]
    assert Path(first.removeprefix("file://")).is_file()


def test_files_that_no_snapshot_has_are_removed_when_they_are_a_week_old(
    shop: Path, tmp_path: Path
) -> None:
    pytest.importorskip("pyiceberg", reason="no pyiceberg: Iceberg is not proven here")
    lake = Lake("iceberg", tmp_path / "lake")
    old, new = (lake.folder / "core/tags/data" / name for name in ("old.parquet", "new.parquet"))
    old.parent.mkdir(parents=True)
    old.touch()
    new.touch()
    os.utime(old, (0, 0))
    before = here(shop)

    # The first batch of a day tidies up.
    publish(shop, lake.target)

    assert (old.exists(), new.exists()) == (False, True)
    assert there(lake.rows, shop) == before
    assert verify(shop, lake.target).differences == ()


def test_pyiceberg_reads_the_rows_of_every_table(shop: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyiceberg", reason="no pyiceberg: Iceberg is not proven here")
    lake = Lake("iceberg", tmp_path / "lake")
    publish(shop, lake.target)
    change(shop, CHANGES["a row changed"], CHANGES["a line removed"], CHANGES["a month emptied"])
    publish(shop, lake.target)

    def rows(table: str) -> list[str]:
        with closing(lake.catalog()) as catalog, duckdb.connect() as con:
            con.execute("set timezone = 'UTC'")
            held = con.from_arrow(catalog.load_table(table).scan().to_arrow())
            return sorted_rows(held.select("* exclude (published_part)"))

    assert there(rows, shop) == here(shop)


def test_what_was_compacted_is_read_and_published_on(shop: Path, tmp_path: Path) -> None:
    deltalake = pytest.importorskip("deltalake", reason="no deltalake: Delta is not proven here")
    lake = Lake("delta", tmp_path / "lake")
    for number in range(3):
        change(shop, f"insert into core.tags by name select 'more' as name, {number} as tag_id")
        publish(shop, lake.target)
    deltalake.DeltaTable(lake.folder / "core/tags").optimize.z_order(["name"])

    unchanged = publish(shop, lake.target)
    change(shop, "delete from changes.events where sequence = 7")
    publish(shop, lake.target)

    assert unchanged.batch is None
    assert there(lake.rows, shop) == here(shop)
    assert verify(shop, lake.target).differences == ()


def _forget_the_last_batch(lake: Lake) -> None:
    """Leave what a publish leaves that is killed before it names its batch."""
    if lake.kind == "parquet":
        max((lake.folder / "manifests").iterdir()).unlink()
        return
    if lake.kind == "iceberg":
        with closing(lake.catalog()) as catalog:
            table = catalog.load_table("_shipsync.published")
            # The last two removed the lines of the record and wrote them anew.
            table.manage_snapshots().set_current_snapshot(
                table.snapshots()[-3].snapshot_id
            ).commit()
        return
    from deltalake import DeltaTable

    named = DeltaTable(lake.folder / "_shipsync_published")
    named.restore(named.version() - 1)


def test_one_publish_at_a_time(lake: Lake, shop: Path) -> None:
    with lake.target.writer(), pytest.raises(LockHeld, match="Another publish is at work on"):
        publish(shop, lake.target)


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
