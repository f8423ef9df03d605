from __future__ import annotations

import pytest

from sql.story import Story, tell


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Nine days, built once for all tests that read them."""
    return tell(tmp_path_factory.mktemp("story") / "shop.duckdb")
