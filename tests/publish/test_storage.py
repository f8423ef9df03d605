"""A folder by its address: a path, a store that fsspec knows, a destination of dlt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shipsync.errors import ConfigurationError
from shipsync.publish.run import publish, reset
from shipsync.publish.storage import Storage, storage
from shipsync.publish.targets import target
from shipsync.publish.verify import verify

from .lakes import change


@pytest.fixture
def store() -> Iterator[Storage]:
    """A store that is no folder of this machine: fsspec's own, in memory."""
    held = storage("memory://bucket/lake")
    yield held
    held.remove("")


def test_a_store_is_published_into_and_verified(store: Storage, shop: Path) -> None:
    goal = target("parquet:memory://bucket/lake")
    first = publish(shop, goal)
    change(shop, "update core.shipments set amount = 1 where shipment_id = 'se-0'")
    second = publish(shop, goal)

    assert (first.batch, second.batch, publish(shop, goal).batch) == (1, 2, None)
    assert verify(shop, goal).differences == ()
    assert "core/shipments/2026-01.2.parquet" in store.names()

    store.remove("core/shipments/2026-01.2.parquet")
    (lost,) = verify(shop, goal).differences
    assert str(lost) == "core.shipments, 2026-01: 696 rows here and 0 rows at the target."

    assert "core.shipments" in reset(goal)
    assert store.names() == []


def test_a_destination_of_dlt_names_a_folder(
    tmp_path: Path, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESTINATION__LAKE__BUCKET_URL", f"file://{tmp_path}/lake")

    report = publish(shop, target("parquet:destination:lake"))

    assert report.target == str(tmp_path / "lake")
    assert (tmp_path / "lake/manifests/0000000001.json").is_file()


@pytest.mark.parametrize("address", ["destination:nowhere", "nothing-known://bucket/x"])
def test_what_cannot_be_reached_is_told_by_its_name(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigurationError) as told:
        target(f"parquet:{address}")

    assert address in str(told.value)


def test_a_password_in_an_address_is_shown_nowhere() -> None:
    with pytest.raises(ConfigurationError) as told:
        target("delta:nothing-known://me:hunter2@host/x")
    held = Storage(None, "x", "sftp://me:hunter2@host/x")

    assert "hunter2" not in f"{told.value} {held.place}"
    assert [secret.reveal() for secret in held.secrets] == ["hunter2"]


def test_a_file_is_seen_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = storage(str(tmp_path / "new folder"))
    folder.write("a/b.json", b"one")
    folder.write("a/b.json", b"two")

    assert folder.read("a/b.json") == b"two"
    assert folder.names() == ["a/b.json"]
    folder.remove("a/none")


@pytest.mark.parametrize("kind", ["parquet", "delta", "iceberg", "ducklake"])
def test_a_file_is_no_folder_to_publish_into(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "counts.csv"
    file.write_text("sku,quantity")

    with pytest.raises(ConfigurationError, match=r"counts\.csv is a file, .*; name a folder\."):
        target(f"{kind}:{file}")
    assert file.read_text() == "sku,quantity"
