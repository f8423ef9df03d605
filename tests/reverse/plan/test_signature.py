"""The key that plans are signed with: made once, its owner's alone, and of one database."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shipsync.errors import InputFileError, UsageError
from shipsync.local_key import key_file
from shipsync.reverse.plan.signature import (
    checking_key,
    is_signed,
    signature,
    signing_key,
)


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    database = tmp_path / "default.duckdb"
    key = signing_key(database)
    assert key == signing_key(database) == checking_key(database, Path("p.json"))
    assert len(key) == 32
    path = key_file(database)
    assert path == tmp_path / "default.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [made.name for made in tmp_path.iterdir()] == ["default.key"]
    assert signing_key(tmp_path / "west.duckdb") != key


def test_processes_that_make_it_at_once_have_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(signing_key, [tmp_path / "default.duckdb"] * 8))
    assert len(keys) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_key_that_others_can_read_is_closed_to_them(tmp_path: Path) -> None:
    database = tmp_path / "default.duckdb"
    key = signing_key(database)
    key_file(database).chmod(0o644)
    assert signing_key(database) == key
    assert stat.S_IMODE(key_file(database).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "secret", "0" * 63, "0" * 200])
def test_what_is_no_key_is_not_used(tmp_path: Path, content: str) -> None:
    database = tmp_path / "default.duckdb"
    key_file(database).write_text(content)
    with pytest.raises(UsageError, match="it holds no key; restore it"):
        signing_key(database)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    database, elsewhere = tmp_path / "default.duckdb", tmp_path / "west.duckdb"
    signing_key(elsewhere)
    key_file(database).symlink_to(key_file(elsewhere))
    with pytest.raises(UsageError, match="cannot be used"):
        signing_key(database)


def test_without_a_key_nothing_can_be_checked(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=r"p\.json was not signed beside .*default\.duckdb"):
        checking_key(tmp_path / "default.duckdb", Path("p.json"))


def test_a_signature_is_of_its_key_and_its_contents() -> None:
    signed = signature(b"key", b"contents")
    assert is_signed(b"key", b"contents", signed)
    for key, contents, given in (
        (b"other", b"contents", signed),
        (b"key", b"content", signed),
        (b"key", b"contents", signed[:-1]),
        (b"key", b"contents", None),
    ):
        assert not is_signed(key, contents, given)
