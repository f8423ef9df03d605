"""``shipsync stock`` as a person uses it: plan, apply, status, resolve, and what each says."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest
import yaml

from cli.stock_command_line import Run, run, served
from reverse.stock_shop import MAIN, Shop
from shipsync import clock
from shipsync.emulator import Fault, FaultKind
from shipsync.warehouse import lock
from shipsync.warehouse.sql_project import sql_dir

__all__ = ["run", "served"]


def lines(text: str) -> list[list[str]]:
    return [line.split("\t") for line in text.splitlines()]


def test_the_whole_round(run: Run, served: Shop) -> None:
    planned = run("plan", "counts.csv")
    assert planned.code == 3
    header, *rows = lines(planned.out)
    assert [dict(zip(header, row, strict=True))["status"] for row in rows] == [
        "ready",
        "ready",
        "no_op",
        "invalid",
    ]
    assert rows[0][:10] == ["2", "ready", "A-1", "Main", "adjust", "25", "10", "25", "15", "1"]
    assert "2 rows ready, 1 with nothing to do, 1 invalid; 4 calls" in planned.err
    assert served.writes_sent() == 0

    applied = run("apply", "counts.plan.json")
    assert applied.code == 0
    assert [row[:4] for row in lines(applied.out)[1:]] == [
        ["count-1", "adjust 25 A-1 at Main", "applied", "1"],
        ["delivery-1", "increment 5 A-2 at Main", "applied", "1"],
    ]
    assert (served.on_hand("A-1"), served.on_hand("A-2")) == (25, 15)

    again = run("apply", "counts.plan.json")
    assert (again.code, served.writes_sent()) == (0, 2)
    assert {row[6] for row in lines(again.out)[1:]} == {"earlier"}
    assert "Done earlier" not in applied.err
    header, *rows = lines(run("status").out)
    told = [dict(zip(header, row, strict=True)) for row in rows]
    assert {row["row_key"]: row["outcome"] for row in told} == {
        "count-1": "applied",
        "delivery-1": "applied",
    }
    columns = ("sku", "location", "action", "quantity")
    assert sorted([row[name] for name in columns] for row in told) == [
        ["A-1", "Main", "adjust", "25"],
        ["A-2", "Main", "increment", "5"],
    ]


def test_a_plan_needs_no_key_and_may_come_from_a_query(
    run: Run, served: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOURCES__SHIPSTATION__SHOP__API_KEY")
    query = "select sku, inventory_location_id, on_hand + 1 as quantity from raw.inventory_levels"
    planned = run("plan", "--sql", query)
    assert planned.code == 0
    plan = orjson.loads(Path("query.plan.json").read_bytes())
    assert (plan["source"], plan["summary"]["ready"]) == ("The query", 6)
    assert run("plan", "--model", "raw.inventory_levels").err.startswith(
        "raw.inventory_levels has no column quantity"
    )
    both = run("plan", "counts.csv", "--sql", query)
    assert (both.code, both.err) == (
        2,
        "Say where the rows are: give one of FILE, --sql and --model.\n",
    )


def test_json_is_one_document_with_every_row(run: Run) -> None:
    planned = run("plan", "counts.csv", "--json", "--out", "p.json").json
    assert planned["plan"] == "p.json"
    assert planned["summary"]["ready"] == 2
    assert [row["line"] for row in planned["rows"]] == [2, 3, 4, 5]
    applied = run("apply", "p.json", "--json").json
    assert applied["counts"] == {"applied": 2}
    assert [row["key"] for row in applied["rows"]] == ["count-1", "delivery-1"]
    status = run("status", "--json").json
    assert {row["row_key"] for row in status} == {"count-1", "delivery-1"}
    assert status[0]["reading_before"]["levels"][0]["on_hand"] == 10


def test_status_and_the_model_of_outcomes_show_the_same(run: Run) -> None:
    run("plan", "counts.csv")
    run("apply", "counts.plan.json", "--one")
    described = yaml.safe_load((sql_dir() / "models/reverse/reverse.yml").read_text())
    outcomes = next(model for model in described["models"] if model["name"] == "outcomes")
    write, *_ = run("status", "--json").json
    assert {*write, "connection"} == {column["name"] for column in outcomes["columns"]}


def test_an_unknown_outcome_asks_for_a_person_who_resolves_it(run: Run, served: Shop) -> None:
    Path("counts.csv").write_text("sku,location,quantity,key\nA-2,Main,5,delivery-1\n")

    def sell(account: Any, request: object) -> None:
        account.stock.move("A-2", MAIN, delta=-1)

    served.account.faults.add(
        Fault(FaultKind.SERVER_ERROR_AFTER, "/v2/inventory", "POST"),
        Fault(FaultKind.CALL, "/v2/inventory", "GET", skip=1, call=sell),
    )
    assert run("plan", "counts.csv", "--action", "increment").code == 0
    applied = run("apply", "counts.plan.json")
    assert applied.code == 3
    assert "1 unknown" in applied.err
    assert [row[0] for row in lines(run("status", "--state", "unknown").out)[1:]] == ["delivery-1"]

    undecided = run("resolve", "delivery-1", "--because", "counted")
    assert (undecided.code, undecided.err.split(":")[0]) == (2, "Say what became of the row")
    resolved = run("resolve", "delivery-1", "--applied", "--because", "counted 14")
    assert resolved.code == 0
    assert lines(resolved.out)[1][2:5] == ["applied", "stock", "person"]
    assert lines(run("status", "--state", "unknown").out)[1:] == []
    assert run("apply", "counts.plan.json").code == 0
    assert served.writes_sent() == 1


def test_verify_tells_what_moved_since(run: Run, served: Shop) -> None:
    run("plan", "counts.csv")
    clean = run("apply", "counts.plan.json", "--verify", "--json")
    assert clean.code == 0
    assert clean.json["read_back"] == {"checked": 2, "not_comparable": 0, "drifts": []}
    served.account.stock.move("A-1", MAIN, delta=-2)
    drifted = run("apply", "counts.plan.json", "--verify")
    assert drifted.code == 3
    assert lines(drifted.out)[-1] == ["count-1", f"A-1 at {MAIN}", "25", "23"]
    assert "2 read back; 1 not as sent." in drifted.err
    assert served.writes_sent() == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param(["--max-rows", "1"], "2 rows would be sent; at most 1", id="rows"),
        pytest.param(["--max-change-percent", "100"], "by more than 100 %", id="change"),
    ],
)
def test_a_stopped_plan_says_so_and_is_not_applied(
    run: Run, served: Shop, words: list[str], sentence: str
) -> None:
    planned = run("plan", "counts.csv", *words)
    assert planned.code == 3
    assert "The plan is stopped:" in planned.err
    assert sentence in planned.err
    applied = run("apply", "counts.plan.json")
    assert applied.code == 2
    assert sentence in applied.err
    assert served.writes_sent() == 0


def test_an_old_observation_stops_the_plan_unless_allowed(run: Run, served: Shop) -> None:
    Path("counts.csv").write_text("sku,location,quantity\nA-1,Main,12\n")
    with served.connect() as con:
        yesterday = clock.now() - timedelta(hours=25)
        con.execute("update ledger.stream_runs set finished_at = ?", [yesterday])
    assert "25.0 hours ago, 24 are allowed" in run("plan", "counts.csv").err
    assert run("plan", "counts.csv", "--max-age", "48").code == 0


def test_reread_reads_the_stock_only_when_it_is_too_old(run: Run, served: Shop) -> None:
    Path("counts.csv").write_text("sku,location,quantity\nA-1,Main,12\n")
    served.connection.database.unlink()
    planned = run("plan", "counts.csv", "--reread")
    assert planned.code == 0
    assert lines(planned.out)[1][6:8] == ["10", "12"]
    sent = len(served.account.requests)
    assert {request.path for request in served.account.requests} == {
        "/v2/inventory",
        "/v2/inventory_locations",
    }
    assert run("plan", "counts.csv", "--reread").code == 0
    assert len(served.account.requests) == sent


def test_columns_that_mean_nothing_are_named(run: Run) -> None:
    Path("counts.csv").write_text("sku,location,quantity,shelf\nA-1,Main,12,top\n")
    assert "Ignored unknown columns: shelf." in run("plan", "counts.csv").err


def test_an_edited_plan_and_a_bad_file_are_usage_errors(run: Run, served: Shop) -> None:
    run("plan", "counts.csv")
    plan = Path("counts.plan.json")
    plan.write_text(plan.read_text().replace('"quantity":25', '"quantity":2500'))
    edited = run("apply", plan)
    assert (edited.code, served.writes_sent()) == (2, 0)
    assert "was changed after it was made" in edited.err
    Path("bad.csv").write_text("sku,location\nA-1,Main\n")
    bad = run("plan", "bad.csv")
    assert bad.code == 2
    assert bad.err == "bad.csv has no column quantity; it has sku, location.\n"


def test_a_read_only_connection_is_refused(
    run: Run, served: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("plan", "counts.csv")
    monkeypatch.setenv("SOURCES__SHIPSTATION__SHOP__READ_ONLY", "true")
    refused = run("apply", "counts.plan.json")
    assert refused.code == 2
    assert "read_only; nothing was sent" in refused.err
    assert served.writes_sent() == 0


def test_another_run_keeps_applying_and_resolving_out(run: Run, served: Shop) -> None:
    run("plan", "counts.csv")
    with lock.hold(served.connection.database):
        assert run("apply", "counts.plan.json").code == 4
        assert run("resolve", "count-1", "--applied", "--because", "seen").code == 4
    assert served.writes_sent() == 0


def test_a_refused_key_fails_the_run_and_says_what_is_left(run: Run, served: Shop) -> None:
    run("plan", "counts.csv")
    served.account.faults.add(Fault(FaultKind.KEY_REFUSED, count=None))
    failed = run("apply", "counts.plan.json")
    assert failed.code == 1
    assert "2 rows left: apply counts.plan.json again." in failed.err
    assert "ShipStation does not know the API key" in failed.err
    with served.connect() as con:
        runs = con.execute("select command, outcome from ledger.runs").fetchall()
    assert runs == [("stock apply", "failed")]


def test_the_run_is_in_the_ledger(run: Run, served: Shop) -> None:
    run("plan", "counts.csv")
    run("apply", "counts.plan.json", "--one")
    with duckdb.connect(str(served.connection.database)) as con:
        runs = con.execute("select command, outcome, requests from ledger.runs").fetchall()
    assert runs == [("stock apply", "done", 2)]
    assert served.writes_sent() == 1
