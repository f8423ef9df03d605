"""Commands as a person types them: against an account on loopback, and against the demo's database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shipsync import queries
from shipsync.emulator import Account
from shipsync.emulator.http.faults import Fault, FaultKind
from shipsync.sources.streams import STREAMS
from shipsync.warehouse import lock
from shipsync.warehouse.database import connect

from .conftest import Demo, Run


def lines(text: str) -> list[list[str]]:
    return [line.split("\t") for line in text.splitlines()]


def test_check_asks_for_every_stream_and_writes_nothing(
    run: Run, account: Account, folder: Path
) -> None:
    checked = run("check")

    assert checked.code == 0
    assert [row[:2] for row in lines(checked.out)] == [
        ["stream", "reachable"],
        *([name, "yes"] for name in STREAMS),
    ]
    assert len(account.requests) == len(STREAMS) + 1
    assert list(folder.iterdir()) == []


@pytest.mark.xdist_group("dbt")
def test_run_syncs_and_builds_and_is_silent_on_standard_error(
    run: Run, account: Account, folder: Path
) -> None:
    ran = run("run", "--json")

    assert (ran.code, ran.err) == (0, "")
    assert {stream["outcome"] for stream in ran.json["sync"]["streams"]} == {"loaded"}
    assert {outcome["status"] for outcome in ran.json["build"]["outcomes"]} <= {"success", "pass"}
    with connect(folder / "data" / "default.duckdb", read_only=True) as con:
        assert queries.fetch(con, "table_rows", {"name": "core.shipments"}).rows == [(30,)]

    status = run("status", "--json").json
    assert [stream["stream"] for stream in status["streams"]] == list(STREAMS)
    assert [(r["command"], r["outcome"]) for r in status["runs"]] == [
        ("build", "done"),
        ("run", "done"),
    ]


@pytest.mark.slow
def test_looking_back_reports_every_shipment_once(run: Run, account: Account) -> None:
    assert run("sync", "--only", "shipments").code == 0
    assert run("build").code == 0
    assert run("changes", "list", "--json").json == []
    for _ in range(2):
        assert run("build", "--changes-since", "2000-01-01", "--select", "changes").code == 0
        events = run(
            "changes", "list", "--trigger", "new_shipment", "--limit", "9999", "--json"
        ).json
        assert sorted(e["entity_id"] for e in events) == sorted(account.ids("shipments"))


@pytest.mark.xdist_group("dbt")
def test_sync_reads_only_what_it_is_told_and_build_can_follow_without_a_key(
    run: Run, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = run("sync", "--only", "warehouses", "--only", "tags")
    monkeypatch.delenv("SOURCES__SHIPSTATION__API_KEY")
    built = run("build", "--select", "+warehouses")

    assert [row[0] for row in lines(synced.out)] == ["stream", "warehouses", "tags"]
    assert {entry.path for entry in account.requests} == {"/v2/warehouses", "/v2/tags"}
    assert (built.code, built.err) == (0, "")
    assert built.out.startswith("2 models were built and ")


def test_a_stream_that_fails_is_named_and_the_others_are_kept(run: Run, account: Account) -> None:
    account.faults.add(Fault(FaultKind.ACCESS_DENIED, path="/v2/inventory"))
    synced = run("sync", "--only", "inventory_levels", "--only", "tags")

    assert synced.code == 1
    assert synced.err.startswith("Failed: inventory_levels. ")
    assert [row[:2] for row in lines(synced.out)[1:]] == [
        ["inventory_levels", "failed"],
        ["tags", "loaded"],
    ]


def test_reconcile_finds_a_table_that_agrees(run: Run, account: Account) -> None:
    run("sync", "--only", "shipments")
    compared = run("reconcile", "--only", "shipments", "--json")

    assert compared.code == 0
    assert sum(window["account"] for window in compared.json) == 30
    assert all(window["account"] == window["held"] for window in compared.json)


def test_a_run_steps_aside_while_another_is_at_work(
    run: Run, account: Account, folder: Path
) -> None:
    database = folder / "data" / "default.duckdb"
    with lock.hold(database):
        ran = run("run")

    assert ran.code == 4
    assert "Another run is at work" in ran.err
    assert str(os.getpid()) in ran.err
    assert account.requests == []


def test_changes_are_listed_oldest_first_and_can_be_narrowed(run: Run, demo: Demo) -> None:
    every = run("changes", "list", "--limit", "1000", "--json", "--database", demo.database).json
    some = run("changes", "list", "--trigger", "shipment_modified", "--database", demo.database)
    latest = run("changes", "list", "--limit", "2", "--json", "--database", demo.database).json

    numbers = [event["sequence"] for event in every]
    assert numbers == list(range(1, len(every) + 1))
    assert [event["sequence"] for event in latest] == numbers[-2:]
    modified = [event for event in every if event["trigger"] == "shipment_modified"]
    assert len(lines(some.out)) == 1 + len(modified)
    with_fields = next(event for event in modified if event["changed_fields"])
    assert set(with_fields["before"]) == set(with_fields["after"])


def test_changes_since_a_time_after_all_of_them_are_none(run: Run, demo: Demo) -> None:
    listed = run("changes", "list", "--since", "2199-01-01", "--json", "--database", demo.database)

    assert listed.json == []


def test_track_answers_in_words_and_in_the_structure_support_reads(run: Run, demo: Demo) -> None:
    with connect(demo.database, read_only=True) as con:
        number = queries.fetch(con, "demo_order").rows[0][0]

    told = run("track", number, "--database", demo.database)
    answer = run("track", f"#{number}", "--database", demo.database, "--json").json["shipstation"]

    assert told.code == 0
    assert f"our order {number} " in told.out
    assert answer["order_id"] == number
    assert answer["tracking"]["tracking_number"] in told.out
    assert answer["tracking"]["events"]


def test_track_needs_neither_dlt_nor_dbt_nor_an_http_client(demo: Demo) -> None:
    heavy = ("dlt", "dbt", "httpx", "pyarrow", "pandas")
    script = (
        "import sys; from shipsync.cli.boundary import run; run(sys.argv[1:]);"
        f"print(sorted(set({heavy}) & set(sys.modules)))"
    )
    words = ["track", "nobody", "--database", str(demo.database)]

    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
    assert "No shipment is known as 'nobody'" in done.stderr


@pytest.mark.parametrize(
    ("name", "column"),
    [("warehouses", "warehouse_id"), ("locations", "inventory_location_id")],
)
def test_places_are_listed_as_held(run: Run, demo: Demo, name: str, column: str) -> None:
    listed = run(name, "--json", "--database", demo.database)
    in_a_pipe = run(name, "--database", demo.database)

    assert listed.code == 0
    assert len(listed.json) >= 2
    assert len({row[column] for row in listed.json}) == len(listed.json)
    assert len(lines(in_a_pipe.out)) == 1 + len(listed.json)


def test_status_of_a_database_that_was_never_synced_says_what_to_do(run: Run, folder: Path) -> None:
    status = run("status")

    assert status.code == 2
    assert status.err == (
        "There is no database data/default.duckdb yet. `shipsync sync` makes it; --connection and "
        "--database choose another.\n"
    )


def test_writes_of_another_connection_are_pointed_at(run: Run, demo: Demo) -> None:
    nothing = run("stock", "status", "--database", demo.database)
    written = run("stock", "status", "--connection", "demo", "--database", demo.database)

    assert nothing.err == (
        "Nothing was taken up for connection 'default'; this database has writes of demo: name one "
        "with --connection.\n"
    )
    assert (len(lines(nothing.out)), len(lines(written.out))) == (1, 4)
