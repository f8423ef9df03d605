"""``shipsync quarantine``: the list on a database of any age, and the exit codes of asking again."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from cli.conftest import Run
from shipsync.set_aside import SetAside
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate
from shipsync.warehouse.quarantine import Quarantine


@pytest.mark.usefixtures("account")
def test_what_waits_is_listed_and_asked_for_again(run: Run, folder: Path) -> None:
    file = folder / "data" / "default.duckdb"
    with connect(file) as con:
        con.execute("create schema ledger")
    assert run("quarantine", "list", "--json").out == "[]\n"

    with connect(file) as con:
        migrate(con)
        Quarantine(con, "run-1").put(
            SetAside("tags", "It has no name.", {"color": "red"}, position=2)
        )
        Quarantine(con, "run-1").put(SetAside("webhooks", "It is no JSON.", row_id="a.json"))
    listed = run("quarantine", "list")
    assert (listed.code, "row 2 of its answer" in listed.out) == (0, True)
    [tag] = orjson.loads(run("quarantine", "list", "--only", "tags", "--json").out)
    assert orjson.loads(tag["body"]) == {"color": "red"}

    ran = run("quarantine", "retry", "--json")
    assert (ran.code, orjson.loads(ran.out)["resolved"]) == (3, 1)
    assert "1 row or parcel still waits" in ran.err
    ran = run("quarantine", "retry", "--only", "tags")
    assert ran.code == 0
    resolved = run("quarantine", "list", "--resolved", "--only", "tags")
    assert "gone" in resolved.out
