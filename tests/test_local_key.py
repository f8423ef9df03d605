"""The key beside a database: one file, a key of its own for each purpose."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipsync.errors import DatabaseError
from shipsync.local_key import key_file, local_key


def test_each_purpose_and_each_database_has_a_key_of_its_own(tmp_path: Path) -> None:
    database, other = tmp_path / "data" / "shop.duckdb", tmp_path / "data" / "other.duckdb"
    key = local_key(database, "hashes")
    assert key == local_key(database, "hashes")
    assert len({key, local_key(database, "plans"), local_key(other, "hashes")}) == 3
    assert key not in key_file(database).read_bytes()


@pytest.mark.parametrize("content", ["", "short", "g" * 64])
def test_a_file_that_holds_no_key_is_refused(tmp_path: Path, content: str) -> None:
    database = tmp_path / "shop.duckdb"
    key_file(database).write_text(content)
    with pytest.raises(DatabaseError, match="holds no key; restore it"):
        local_key(database, "hashes")
