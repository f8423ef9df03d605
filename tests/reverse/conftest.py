"""Fixtures of the tests of writing back."""

from __future__ import annotations

from pathlib import Path

import pytest

from reverse.stock_shop import Shop, open_shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Six SKUs with ten units each in Main, observed by the database."""
    return open_shop(tmp_path)
