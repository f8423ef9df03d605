"""What is of Delta alone: tables that were vacuumed or compacted, or that are not ours."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from shipsync.errors import ExportFailed
from shipsync.publish.run import publish, reset
from shipsync.publish.verify import verify

from .lakes import CHANGES, Lake, change, forget_the_last_batch, here, there

deltalake = pytest.importorskip("deltalake", reason="no deltalake: Delta is not proven here")


def test_a_cut_off_table_whose_files_were_vacuumed_is_written_whole(
    shop: Path, tmp_path: Path
) -> None:
    lake = Lake("delta", tmp_path / "lake")
    publish(shop, lake.target)
    change(shop, CHANGES["a row changed"])
    publish(shop, lake.target)
    forget_the_last_batch(lake)
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
    lake = Lake("delta", tmp_path / "lake")
    mine = lake.folder / "core" / "tags"
    deltalake.write_deltalake(mine, pa.table({"name": ["mine"]}))

    with pytest.raises(
        ExportFailed, match=r"The Delta table core\.tags at the target was not made"
    ):
        publish(shop, lake.target)
    reset(lake.target)

    assert deltalake.DeltaTable(mine).to_pyarrow_table().to_pylist() == [{"name": "mine"}]


def test_a_table_of_delta_says_what_it_is(shop: Path, tmp_path: Path) -> None:
    lake = Lake("delta", tmp_path / "lake")
    change(shop, "comment on table core.tags is 'Words of the merchant.'")
    publish(shop, lake.target)

    told, untold = (
        deltalake.DeltaTable(lake.folder / folder).metadata()
        for folder in ("core/tags", "core/shipments")
    )
    assert (told.description, untold.description) == ("Words of the merchant.", None)


def test_what_was_compacted_is_read_and_published_on(shop: Path, tmp_path: Path) -> None:
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
