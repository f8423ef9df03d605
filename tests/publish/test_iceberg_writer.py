"""What is of Iceberg alone: its catalog, its types and snapshots, and pyiceberg as a reader."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from shipsync.errors import ExportFailed
from shipsync.publish.run import publish, reset
from shipsync.publish.verify import verify

from .lakes import CHANGES, Lake, change, here, sorted_rows, there

pytest.importorskip("pyiceberg", reason="no pyiceberg: Iceberg is not proven here")


def test_a_table_of_iceberg_that_something_else_made_is_left_alone(
    shop: Path, tmp_path: Path
) -> None:
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
    lake = Lake("iceberg", tmp_path / "lake")
    change(
        shop,
        "comment on column core.tags.name is 'What it is called.'",
        "comment on table core.tags is 'Words of the merchant.'",
    )
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
    assert tags.properties["comment"] == "Words of the merchant."
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
