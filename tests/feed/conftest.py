from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from shipsync.clock import JumpingPacing
from shipsync.connection import Secret
from shipsync.feed.delivery import Delivery, Effort
from shipsync.feed.endpoint import Endpoint
from shipsync.feed.webhook_keys import WebhookKeys
from shipsync.warehouse.database import connect

from .made_events import open_shop
from .receiver import KEY, Receiver, listening
from .signed_webhooks import save_keys

Con = duckdb.DuckDBPyConnection


@pytest.fixture(scope="session")
def empty_feed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty feed, for copies."""
    folder = tmp_path_factory.mktemp("feed")
    open_shop(folder).close()
    return folder / "shop.duckdb"


@pytest.fixture
def con(empty_feed: Path, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty feed, open."""
    with connect(Path(shutil.copy(empty_feed, tmp_path))) as con:
        yield con


@pytest.fixture
def keys(tmp_path: Path) -> WebhookKeys:
    """ShipStation's keys, as a file would have them."""
    return WebhookKeys(save_keys(tmp_path / "jwks.json"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder that bodies are dropped into."""
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that takes everything until it is told otherwise."""
    with listening(Receiver()) as receiver:
        yield receiver


@pytest.fixture
def hook(con: Con, receiver: Receiver) -> Iterator[Delivery]:
    """Deliveries to the receiver, ten events a batch, on a clock that jumps over every wait."""
    pacing = JumpingPacing()
    endpoint = Endpoint(
        receiver.url,
        source="/shipsync/shop",
        secret=Secret(f"whsec_{KEY}"),
        timeout_seconds=0.5,
        pacing=pacing,
    )
    with closing(endpoint):
        yield Delivery(con, "hook", endpoint, Effort(batch_size=10), pacing)
