"""Which targets of an export there are, and how one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipsync.errors import UsageError
from shipsync.export.folder import Folder
from shipsync.export.targets import KNOWN, target


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("out/here", Folder(Path("out/here"), "parquet")),
        ("parquet:/srv/x", Folder(Path("/srv/x"), "parquet")),
        ("./a:b", Folder(Path("a:b"), "parquet")),
        ("csv:out", Folder(Path("out"), "csv")),
    ],
)
def test_a_folder_is_a_target(text: str, folder: Folder) -> None:
    assert target(text) == folder


@pytest.mark.parametrize(
    "text", ["snowflake://me:secret@host/db", "s3://bucket/secret", "delta:secret"]
)
def test_an_unknown_target_is_told_with_those_there_are(text: str) -> None:
    with pytest.raises(UsageError) as error:
        target(text)

    assert str(error.value).startswith(
        f"There is no export to '{text.split(':')[0]}'. Give --to one"
    )
    assert all(known in str(error.value) for known in KNOWN)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "csv:",
        "",
        "postgresql://:secret@/db",
        "postgresql://me:secret@host",
        "postgresql://me:secret@host:port/db",
        "postgresql://me:secret@host/db/more",
    ],
)
def test_an_incomplete_target_is_told_without_its_password(text: str) -> None:
    with pytest.raises(UsageError) as error:
        target(text)

    assert "secret" not in str(error.value)
