"""The models compiled once for all dialects, and the Postgres of the exports' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from export.conftest import server as server
from shipsync.dialects.compiled import Compiled, compiled
from shipsync.merchant import Merchant


@pytest.fixture(scope="session")
def found() -> Iterator[Compiled]:
    """The models with settings as they are unless somebody sets them."""
    with compiled(Merchant()) as models:
        yield models
