"""What a stream must have, stream by stream; docs/adding-a-stream.md tells how one is added."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from shipsync.api.endpoints import LISTINGS
from shipsync.emulator import Account, Transport
from shipsync.emulator.simulation.seed import seed_account
from shipsync.sources.streams import STREAMS, ReadsBy, Stream
from shipsync.warehouse.model_files import ModelFiles
from truth.comparison import CHILDREN, KEYS

ROOT = Path(__file__).parents[1]
EVERY_STREAM = pytest.mark.parametrize("stream", STREAMS.values(), ids=lambda stream: stream.name)
LISTED = [stream for stream in STREAMS.values() if stream.listing is not None]


@EVERY_STREAM
def test_it_has_an_endpoint(stream: Stream) -> None:
    has_none = stream.reads_by is ReadsBy.PER_PARCEL
    assert has_none or LISTINGS[stream.name] == stream.listing


@EVERY_STREAM
def test_its_models_are_written(stream: Stream) -> None:
    written = set(ModelFiles().all())
    for table in stream.tables:
        assert f"models/staging/stg_{table.name}.sql" in written
        assert f"models/core/{table.name}.yml" in written
        assert (ROOT / "sql" / "models" / "core" / f"{table.name}.sql").is_file()


@pytest.fixture(scope="module")
def account() -> Account:
    """An emulated account with its seed."""
    account = Account(seed=1)
    seed_account(account, shipments=40, days=20)
    return account


@pytest.mark.parametrize("stream", LISTED, ids=lambda stream: stream.name)
def test_the_emulator_serves_rows_of_it(account: Account, stream: Stream) -> None:
    assert stream.listing is not None
    rows = served(account, stream.listing.path)[stream.listing.items_key]
    assert rows
    assert all(set(stream.listing.key) <= set(row) for row in rows)
    keys = {tuple(row[part] for part in stream.listing.key) for row in rows}
    assert len(keys) == len(rows), "the truth compares row by row, so a key must be of one row"


def served(account: Account, path: str) -> dict[str, list[dict[str, object]]]:
    """What the account answers to a request for the list."""
    with httpx.Client(transport=Transport(account), base_url="http://127.0.0.1") as client:
        answer = client.get(path, headers={"api-key": "emulator-key"}).raise_for_status()
    found: dict[str, list[dict[str, object]]] = answer.json()
    return found


@EVERY_STREAM
def test_the_truth_compares_it_with_the_account(stream: Stream) -> None:
    assert KEYS[stream.name] == stream.table.key
    assert stream.listing is None or stream.listing.key == stream.table.key
    for lines in stream.lines:
        assert lines.table.name in {**KEYS, **CHILDREN, "tracking_events": ()}


def test_suppliers_took_seven_files() -> None:
    package = ROOT / "pipelines" / "shipsync"
    # What the emulator leaves out names writes of the API, which no stream needs.
    left_out = package / "emulator" / "routes" / "left_out.py"
    searched = {*package.rglob("*.py"), ROOT / "docs" / "query.md"} - {left_out}
    named = {path for path in searched if "suppliers" in path.read_text(encoding="utf-8")}
    page = (ROOT / "docs" / "adding-a-stream.md").read_text(encoding="utf-8")
    took = page.split("`suppliers` took seven files by hand:\n\n", 1)[1].split("\n\n", 1)[0]
    assert named == {ROOT / path for path in re.findall(r"`([\w./]+)`", took)}
    assert len(named) == 7


@EVERY_STREAM
def test_the_documentation_names_its_tables(stream: Stream) -> None:
    text = (ROOT / "docs" / "query.md").read_text(encoding="utf-8")
    assert [table.name for table in stream.tables if f"`{table.name}`" not in text] == []
