"""An export never empties what a target holds unless that was asked for."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from shipsync.cli import boundary
from shipsync.errors import UsageError
from shipsync.export.folder import Folder
from shipsync.export.run import export
from shipsync.sources.streams import STREAMS
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate


def read(database: Path, *streams: str) -> None:
    """Note that these streams were read, and that the others failed."""
    with connect(database) as con:
        migrate(con)
        for stream in STREAMS:
            outcome = "loaded" if stream in streams else "failed"
            con.execute(
                "insert into ledger.stream_runs by name select 'run' as run_id, $stream as stream, "
                "$outcome as outcome, now() as finished_at, 0 as rows, 0 as unchanged, 0 as stale, "
                "0 as caught_late, 0 as pages, 0 as requests, 0 as packages",
                {"stream": stream, "outcome": outcome},
            )


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_table_that_would_be_emptied_is_named_and_nothing_is_written(
    database: Path, tmp_path: Path, form: str
) -> None:
    target = Folder(tmp_path / "out", form)  # type: ignore[arg-type]
    export(database, target)
    before = {file: file.read_bytes() for file in target.path.rglob("*.*")}
    with connect(database) as con:
        con.execute("delete from core.values")

    with pytest.raises(UsageError, match=r"core\.values would be emptied.*--allow-empty"):
        export(database, target)
    assert {file: file.read_bytes() for file in target.path.rglob("*.*")} == before
    export(database, target, allow_empty=True)
    assert sum(t.rows for t in export(database, target, allow_empty=True).tables) == 25007


def test_an_empty_database_is_not_exported(database: Path, tmp_path: Path) -> None:
    with connect(database) as con:
        for table in ("core.many", "core.values", "core.recent", "changes.events"):
            if table != "core.recent":
                con.execute(f"delete from {table}")  # noqa: S608
    out = Folder(tmp_path / "out", "parquet")

    with pytest.raises(UsageError, match="no table that was chosen has a row"):
        export(database, out, tables=["core.many", "core.nothing"])
    assert not out.path.exists()
    export(database, out, tables=["core.many", "core.nothing"], allow_empty=True)
    assert pq.read_metadata(out.path / "core" / "many.parquet").num_rows == 0


@pytest.mark.parametrize(
    ("streams", "named"),
    [
        ((), "changes.events, core.shipments"),
        (("labels",), "changes.events, core.shipments"),
        (("shipments",), "changes.events"),
    ],
)
def test_a_list_that_was_never_read_to_its_end_is_not_exported(
    database: Path, tmp_path: Path, streams: tuple[str, ...], named: str
) -> None:
    with connect(database) as con:
        con.execute("create table core.shipments as select 'se-1' as shipment_id")
    read(database, *streams)
    out = Folder(tmp_path / "out", "parquet")

    with pytest.raises(UsageError, match=f"^Nothing was exported: {named} stand for lists"):
        export(database, out)
    assert not out.path.exists()
    assert export(database, out, allow_empty=True).rows > 0


def test_a_database_whose_lists_were_read_is_exported(database: Path, tmp_path: Path) -> None:
    read(database, *STREAMS)

    assert export(database, Folder(tmp_path / "out", "parquet")).rows == 25011


def test_the_command_refuses_with_a_sentence_and_takes_the_word_for_it(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["export", "--to", str(tmp_path / "out"), "--table", "core.nothing"]
    words += ["--database", str(database)]

    assert boundary.run(words, {}) == 2
    assert "Nothing was exported" in capsys.readouterr().err
    assert boundary.run([*words, "--allow-empty"], {}) == 0
