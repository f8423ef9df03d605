from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from shipsync.clock import JumpingPacing
from shipsync.connection import Secret
from shipsync.feed.delivery import Delivery, Effort
from shipsync.feed.endpoint import Endpoint

from .receiver import KEY, Receiver, listening
from .shop import open_shop

Con = duckdb.DuckDBPyConnection


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty feed, open."""
    with open_shop(tmp_path) as con:
        yield con


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
