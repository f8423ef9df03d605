"""``shipsync export`` as it is called: what it prints, and the sentences of a call that can't be done."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from shipsync.queries import fetch
from shipsync.warehouse import lock
from shipsync.warehouse.database import connect

from .conftest import Demo, Run

CHANGES = {"events", "fulfillments_shipped", "new_fulfillments", "new_shipments", "shipments_gone"}


def test_core_and_changes_go_to_a_folder(run: Run, demo: Demo, folder: Path) -> None:
    ran = run("export", "--to", "out", "--database", demo.database, "--json")

    assert (ran.code, ran.err) == (0, "")
    assert ran.json["target"] == "out"
    held = {table["table"]: table["rows"] for table in ran.json["tables"]}
    with connect(demo.database, read_only=True) as con:
        for name, rows in held.items():
            assert fetch(con, "table_rows", {"name": name}).rows == [(rows,)]
    files = {path.stem for path in (folder / "out" / "changes").iterdir()}
    assert files == CHANGES | {"shipments_modified"}
    assert pq.read_metadata(folder / "out/core/shipments.parquet").num_rows > 0
    assert ran.json["rows"] == sum(held.values())


def test_the_table_of_an_export_names_the_files(run: Run, demo: Demo, folder: Path) -> None:
    ran = run("export", "--to", "csv:x", "--table", "core.tags", "--database", demo.database)

    assert ran.code == 0
    assert ran.out == f"table\trows\tplace\ncore.tags\t5\t{folder / 'x/core/tags.csv'}\n"


def test_a_missing_database_and_a_run_at_work_get_the_usual_sentences(
    run: Run, folder: Path
) -> None:
    missing = run("export", "--to", "out", "--database", "none.duckdb")
    connect(folder / "held.duckdb").close()
    with lock.hold(folder / "held.duckdb"):
        held = run("export", "--to", "out", "--database", "held.duckdb")

    assert (missing.code, missing.out) == (2, "")
    assert missing.err.startswith("There is no database none.duckdb yet.")
    assert (held.code, held.out) == (4, "")
    assert held.err.startswith("Another run is at work on held.duckdb")
    assert not (folder / "out").exists()
