"""Which tables an export takes, and which targets there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipsync.errors import DatabaseError, UsageError
from shipsync.export.folder import Folder
from shipsync.export.relation import select
from shipsync.export.targets import KNOWN, target
from shipsync.warehouse.database import connect


def chosen(database: Path, schemas: list[str], tables: list[str]) -> list[str]:
    with connect(database, read_only=True) as con:
        return [relation.full_name for relation in select(con, schemas, tables)]


def test_bookkeeping_comes_by_name_only(database: Path) -> None:
    assert chosen(database, ["changes"], []) == ["changes.events"]
    assert chosen(database, [], ["changes.pending_changes"]) == ["changes.pending_changes"]
    assert chosen(database, ["changes"], ["core.recent", "changes.events"]) == [
        "changes.events",
        "core.recent",
    ]


@pytest.mark.parametrize(
    ("schemas", "tables", "sentence"),
    [
        (["cor"], [], "There is no schema 'cor' in the database. Did you mean core?"),
        (
            ["x"],
            [],
            "There is no schema 'x' in the database. There are: changes, core, odd.",
        ),
        (
            [],
            ["core.value"],
            "There is no table 'core.value' in the database. Did you mean core.values?",
        ),
    ],
)
def test_an_unknown_name_is_told(
    database: Path, schemas: list[str], tables: list[str], sentence: str
) -> None:
    with pytest.raises(UsageError) as error:
        chosen(database, schemas, tables)

    assert str(error.value) == sentence


def test_without_models_there_is_nothing_to_take(tmp_path: Path) -> None:
    connect(tmp_path / "new.duckdb").close()
    with pytest.raises(DatabaseError, match="`shipsync run` builds them"):
        chosen(tmp_path / "new.duckdb", [], [])


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
