"""Which tables an export takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipsync.errors import DatabaseError, UsageError
from shipsync.export.relation import select
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
