"""A catalog of Iceberg tables that dlt's configuration names, and the folder that has one of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shipsync.errors import ConfigurationError, ExportFailed
from shipsync.publish.iceberg_catalog import IcebergPlace
from shipsync.publish.run import publish, reset
from shipsync.publish.targets import target
from shipsync.publish.verify import verify

from .lakes import change

pytest.importorskip("pyiceberg", reason="no pyiceberg: Iceberg is not proven here")


@pytest.fixture
def configured(tmp_path: Path, configure: Callable[[str], None]) -> Path:
    """A folder in which ``.dlt`` names a catalog whose tables lie in ``warehouse``."""
    folder = tmp_path
    configure(
        f"""
[destination.house.catalog]
type = "sql"
uri = "sqlite:///{folder}/of_mine.db"
warehouse = "file://{folder}/warehouse"
"s3.secret-access-key" = "hunter2hunter2"

[destination.wrong]
catalog = "a word"

[destination.odd.catalog]
type = "no such kind"
"""
    )
    return folder


def test_a_configured_catalog_is_published_into_verified_and_reset(
    configured: Path, shop: Path
) -> None:
    from pyiceberg.catalog import load_catalog

    goal = target("iceberg:destination:house")
    first = publish(shop, goal)
    change(
        shop,
        "update core.shipments set amount = 1 where shipment_id = 'se-0'",
        "alter table core.tags add column unit varchar default 'gram'",
    )
    second = publish(shop, goal)

    assert first.target == "destination:house"
    assert (first.batch, second.batch, publish(shop, goal).batch) == (1, 2, None)
    assert verify(shop, goal).differences == ()
    catalog = load_catalog("house", type="sql", uri=f"sqlite:///{configured}/of_mine.db")
    files = [
        task.file.file_path for task in catalog.load_table("core.shipments").scan().plan_files()
    ]
    assert len(files) == 3
    Path(files[0].removeprefix("file://")).unlink()
    assert len(verify(shop, goal).differences) == 1

    assert "core.shipments" in reset(goal)
    assert list(catalog.list_tables("core")) == []
    catalog.close()
    assert not list((configured / "warehouse").rglob("*.parquet"))


def test_what_the_catalog_is_got_into_with_is_kept_secret(configured: Path) -> None:
    goal = target("iceberg:destination:house")

    assert "hunter2hunter2" in [secret.reveal() for secret in goal.secrets]
    assert "hunter2" not in repr(goal)


def test_a_password_in_the_address_of_a_catalog_is_a_secret() -> None:
    properties = {"uri": "postgresql://me:hunter2hunter2@host/x", "credential": "me:tell-nobody"}
    place = IcebergPlace("house", properties, None)

    found = [secret.reveal() for secret in place.secrets]
    assert {"hunter2hunter2", properties["uri"], "tell-nobody"} <= set(found)


def test_a_store_needs_a_catalog_and_a_catalog_is_a_table(configured: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"need a catalog that is not a file"):
        target("iceberg:memory://bucket/lake")
    with pytest.raises(ConfigurationError, match=r"catalog of the destination 'wrong' is no table"):
        target("iceberg:destination:wrong")
    with (
        pytest.raises(ConfigurationError, match=r"makes no catalog .*destination:odd"),
        target("iceberg:destination:odd").writer(),
    ):
        pass


def test_a_catalog_that_cannot_be_opened_is_told_by_its_name(
    configured: Path, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESTINATION__GONE__BUCKET_URL", f"file://{configured}/lake")
    (configured / "lake").mkdir()
    (configured / "lake" / "catalog.db").write_text("no database")

    with pytest.raises(ExportFailed, match=r"lake can't be written: .*not a database"):
        publish(shop, target("iceberg:destination:gone"))
