"""``shipsync shipments`` and ``fulfillments`` as a person uses them: dry first, then for good."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from cli.orders_command_line import Run, lines, run, served
from reverse.orders_shop import ADDRESS, Office
from reverse.write_kinds import pending
from shipsync.emulator import Fault, FaultKind
from shipsync.warehouse import lock

__all__ = ["run", "served"]


@pytest.mark.parametrize(
    "words",
    [
        ("shipments", "create", "orders.csv"),
        ("shipments", "cancel", "--from", "cancel.csv"),
        ("fulfillments", "create", "shipped.csv"),
    ],
    ids=" ".join,
)
def test_nothing_is_sent_without_apply(
    run: Run, served: Office, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOURCES__SHIPSTATION__SHOP__API_KEY")
    dry = run(*words)
    assert dry.code == (3 if "orders.csv" in words else 0)
    assert "Nothing was sent." in dry.err
    assert "--apply" in dry.err
    assert served.account.requests == []
    plan = run(*words, "--json").json
    ready = [row for row in plan["rows"] if row["status"] == "ready"]
    assert plan["summary"]["calls"] == (2 if words[:2] == ("shipments", "create") else 3) * len(
        ready
    )
    assert all(row["request"] for row in ready)


def test_shipments_are_created_and_looked_at(run: Run, served: Office) -> None:
    created = run("shipments", "create", "orders.csv", "--apply")
    assert created.code == 3
    rows = lines(created.out)[1:]
    assert [row[:3] for row in rows] == [
        ["W-1", "create W-1: 1 unit", "applied"],
        ["W-2", "create W-2: 2 units", "applied"],
        ["W-3", "create W-3", "invalid"],
    ]
    assert "2 applied, 1 invalid and not sent; 4 requests." in created.err
    assert served.made() == {"W-1": 1, "W-2": 1}

    again = run("shipments", "create", "orders.csv", "--apply")
    assert served.writes_sent() == 2
    assert [row[2] for row in lines(again.out)[1:]] == ["no_op", "no_op", "invalid"]

    shown = run("shipments", "get", "W-1", "--json")
    assert shown.code == 0
    assert shown.json["external_shipment_id"] == "W-1"
    by_id = run("shipments", "get", shown.json["shipment_id"])
    fields = lines(by_id.out)
    assert ["external_shipment_id", "W-1"] in fields
    assert ["ship_to", "Ada Lowe, 1 Elm St, Austin, TX, 78701, US"] in fields
    assert ["item", "1 x MUG"] in fields
    assert ["package", "12.5 ounce package"] in fields
    assert run("shipments", "get", "W-9").code == 5


def test_a_cancel_says_to_void_first_or_does(run: Run, served: Office) -> None:
    first, second, _ = pending(served)
    served.label(first)
    served.sync()
    refused = run("shipments", "cancel", first, second)
    assert refused.code == 3
    assert "Void it first, in ShipStation or with --void-labels." in refused.out
    done = run("shipments", "cancel", first, second, "--void-labels", "--apply")
    assert done.code == 0
    assert [row[1].split()[0] for row in lines(done.out)[1:]] == ["void", "cancel", "cancel"]
    assert served.made() == {"se-77": 1, first: 1, second: 1}


@pytest.mark.parametrize("words", [(), ("se-1", "--from", "cancel.csv")])
def test_a_cancel_of_nothing_or_of_two_things_is_a_usage_error(
    run: Run, words: tuple[str, ...]
) -> None:
    assert run("shipments", "cancel", *words).code == 2


def test_fulfillments_are_created_one_first(run: Run, served: Office) -> None:
    one = run("fulfillments", "create", "shipped.csv", "--apply", "--one")
    assert one.code == 0
    assert "2 rows left: run the command again." in one.err or one.err == ""
    assert sum(served.made().values()) == 1
    rest = run("fulfillments", "create", "shipped.csv", "--apply", "--json").json
    assert rest["counts"] == {"applied": 2}
    assert [row["status"] for row in rest["not_sent"]] == ["no_op"]
    assert set(served.made().values()) == {1}


def test_rows_may_come_from_a_query_and_not_be_too_many(run: Run, served: Office) -> None:
    query = (
        "select shipment_id, 'T' || shipment_id as tracking_number, 'ups' as carrier_code "
        "from raw.shipments"
    )
    words = ("fulfillments", "create", "--sql", query)
    assert run(*words).code == 0
    stopped = run(*words, "--apply", "--max-rows", "2")
    assert stopped.code == 3
    assert stopped.err == (
        "3 rows ready, 0 with nothing to do, 0 invalid; 9 calls, 0.0 minutes. Nothing was sent. The plan is "
        "stopped: 3 rows would be sent; at most 2 are allowed (--max-rows).\n"
    )
    assert served.account.requests == []
    assert run(*words, "--apply", "--max-rows", "3").code == 0
    assert len(served.made()) == 3


def test_status_and_resolve_know_every_kind(run: Run, served: Office) -> None:
    served.account.faults.add(
        Fault(FaultKind.RESET_AFTER, "/v2/fulfillments", "POST"),
        # Refused, not unavailable: nobody waits for the account to come round.
        Fault(FaultKind.ACCESS_DENIED, "/v2/fulfillments", "GET", skip=1, count=1),
    )
    lost = run("fulfillments", "create", "shipped.csv", "--apply", "--one")
    assert lost.code == 3
    [unknown] = run("writes", "status", "--state", "unknown", "--json").json
    key = f"{pending(served)[0]}:T{pending(served)[0][3:]}"
    assert (unknown["row_key"], unknown["kind"]) == (key, "create_fulfillment")
    settled = run(
        "writes", "resolve", key, "--applied", "--because", "seen in ShipStation", "--json"
    )
    assert settled.code == 0
    rows = run("writes", "status", "--kind", "create_fulfillment", "--json").json
    found = {row["row_key"]: (row["outcome"], row["settled_by"]) for row in rows}
    assert found[key] == ("applied", "person")
    assert run("writes", "status", "--kind", "stock", "--json").json == []


def test_rates_are_compared(run: Run, served: Office) -> None:
    first = pending(served)[0]
    found = run("shipments", "rates", first, "--top", "2")
    assert found.code == 0
    rows = lines(found.out)[1:]
    assert len(rows) == 2
    assert float(rows[0][4]) <= float(rows[1][4])
    every = run("shipments", "rates", "--pending", "--by", "days", "--top", "1", "--json").json
    assert [rate["shipment_id"] for rate in every["rates"]] == pending(served)
    assert run("shipments", "rates").code == 2


@pytest.mark.parametrize("setting", ["read_only", "lock"])
def test_what_may_not_write_does_not(
    run: Run, served: Office, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("fulfillments", "create", "shipped.csv", "--apply")
    if setting == "read_only":
        monkeypatch.setenv("SOURCES__SHIPSTATION__SHOP__READ_ONLY", "true")
        assert run(*words).code == 2
    else:
        with lock.hold(served.connection.database):
            assert run(*words).code == 4
    assert served.writes_sent() == 0


def test_each_run_is_in_the_ledger(run: Run, served: Office) -> None:
    run("shipments", "create", "orders.csv", "--apply")
    served.account.faults.add(Fault(FaultKind.KEY_REFUSED, method="PUT", count=None))
    failed = run("shipments", "cancel", "--from", "cancel.csv", "--apply")
    assert failed.code == 1
    assert "3 rows left: run the command again." in failed.err
    with duckdb.connect(str(served.connection.database)) as con:
        runs = con.execute(
            "select command, outcome from ledger.runs order by started_at"
        ).fetchall()
    assert runs == [("shipments create", "needs_person"), ("shipments cancel", "failed")]


@pytest.mark.parametrize("policy", ["drop", "hash", "keep"])
def test_a_plan_that_is_settled_names_nobody_and_still_tells_what_became_of_it(
    run: Run, served: Office, policy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__SHIPSTATION__SHOP__PERSONAL_DATA", policy)
    monkeypatch.setenv("SOURCES__SHIPSTATION__SHOP__PERSONAL_DATA_SALT", "a salt of sixteen bytes")
    name, street = ADDRESS["ship_to_name"], ADDRESS["ship_to_address_line1"]
    plan = Path("orders.plan.json")

    def names() -> bool:
        text = plan.read_text()
        return str(name) in text or str(street) in text

    run("shipments", "create", "orders.csv", "--out", str(plan))
    assert names()
    assert run("shipments", "apply", str(plan), "--one").code == 0
    assert names(), "another row is to be sent yet"
    first = run("shipments", "apply", str(plan), "--json")
    assert names() == (policy == "keep")
    assert ("were taken out of" in run("shipments", "apply", str(plan)).err) is False
    again = run("shipments", "apply", str(plan), "--json")
    assert [row["state"] for row in again.json["rows"]] == ["applied", "applied"]
    assert first.json["counts"] == {"applied": 2}
    assert served.writes_sent() == 2

    shown = run("shipments", "get", "W-1", "--json")
    assert (str(name) in shown.out) == (policy == "keep")
    assert shown.json["shipment_status"] == "pending"

    with duckdb.connect(str(served.connection.database)) as con:
        con.execute("delete from ledger.outbox")
    lost = run("shipments", "apply", str(plan))
    if policy != "keep":
        assert lost.code == 2
        assert "make the plan again from its rows" in lost.err
        assert served.writes_sent() == 2
