"""``shipsync run``, ``sync`` and ``build`` on an account on loopback."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from shipsync import queries
from shipsync.emulator import Account
from shipsync.emulator.http.faults import Fault, FaultKind
from shipsync.sources.streams import STREAMS
from shipsync.warehouse import lock
from shipsync.warehouse.database import connect

from .conftest import Run, lines


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
    account.faults.add(Fault(FaultKind.ACCESS_DENIED, path="/v2/products"))
    synced = run("sync", "--only", "products", "--only", "tags")

    assert synced.code == 1
    assert synced.err.startswith("Failed: products. ")
    assert [row[:2] for row in lines(synced.out)[1:]] == [
        ["products", "failed"],
        ["tags", "loaded"],
    ]


def test_a_run_steps_aside_in_silence_and_the_second_time_says_so(
    run: Run, account: Account, folder: Path
) -> None:
    database = folder / "data" / "default.duckdb"
    with lock.hold(database):
        first, as_json, third = run("run"), run("run", "--json"), run("run")

    # Cron mails whatever is printed: to meet a long run once is no trouble.
    assert (first.code, first.out, first.err) == (4, "", "")
    assert as_json.json["error"]["exit_code"] == 4
    assert third.code == 4
    assert "Another run is at work" in third.err
    assert str(os.getpid()) in third.err
    assert "3 commands in a row stepped aside for another run" in third.err
    assert account.requests == []


@pytest.mark.xdist_group("dbt")
def test_a_command_makes_everything_for_its_owner_alone(
    run: Run, account: Account, folder: Path, set_connection: Callable[..., None]
) -> None:
    set_connection(deliver_to="events/feed.jsonl")
    before = os.umask(0)
    try:
        ran = run("run", "--changes-since", "2000-01-01")
        after = os.umask(0)
    finally:
        os.umask(before)

    assert (ran.code, after) == (0, 0)
    made = [path for path in folder.rglob("*") if not path.is_symlink()]
    assert {"default.duckdb", "default.duckdb.lock", "default.duckdb.dlt", "feed.jsonl"} <= {
        path.name for path in made
    }
    assert [path for path in made if path.stat().st_mode & 0o077] == []
