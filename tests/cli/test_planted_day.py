"""A day of every command under a policy: no mark that the account planted is in any file or output.

Two sorts of marks: those that the account plants wherever a buyer may be named, and the operator's own,
in the rows of new shipments that he gives. The latter may stand in his own file alone, and in a plan that
was not sent yet.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import httpx
import orjson
import pendulum
import pytest

from cli.planting_server import PlantingServer
from feed.receiver import Receiver, listening
from feed.signed_webhooks import drop, save_keys, signed
from parameters import in_prove
from shipsync import clock
from shipsync.cli import boundary
from shipsync.emulator import Account
from shipsync.emulator.simulation.seed import seed_account
from shipsync.emulator.simulation.simulation import Simulation
from sync.planted import MARK, found_in
from sync.served_over_http import listening as answering

KEY = "emulator-key"
OPERATOR = "OPERATOR"
SECRET = "whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
ADDRESS = (
    "ship_to_name,ship_to_company_name,ship_to_phone,ship_to_address_line1,ship_to_city_locality,"
    "ship_to_state_province,ship_to_postal_code,ship_to_country_code"
)


class Day:
    """One day at one account: commands are run, and all that they print is kept in ``said``."""

    def __init__(
        self,
        account: Account,
        server: PlantingServer,
        capfd: pytest.CaptureFixture[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        self.account = account
        self.server = server
        self.said: dict[str, str] = {}
        self.unexpected: list[str] = []
        self._capfd = capfd
        self._caplog = caplog

    def alerted(self, request: httpx.Request) -> httpx.Response:
        """Takes an alert."""
        self.said["alerts"] = self.said.get("alerts", "") + request.content.decode()
        return httpx.Response(204)

    def run(self, *words: str, codes: tuple[int, ...] = (0,)) -> str:
        """Run one command line with all that it may say; returns its standard output."""
        self._capfd.readouterr()
        with self._caplog.at_level("DEBUG"):
            code = boundary.run(["--debug", *words], {})
        out, err = self._capfd.readouterr()
        line = " ".join(words)
        self.said[line] = self.said.get(line, "") + out + err + self._caplog.text
        self._caplog.clear()

        if code not in codes:
            self.unexpected.append(f"{line}: {code}\n{err[:2000]}")
        return out


@pytest.fixture
def day(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Day]:
    monkeypatch.chdir(tmp_path)
    for variable in [name for name in os.environ if name.startswith("SOURCES__")]:
        monkeypatch.delenv(variable)
    account = Account(seed=3, start=pendulum.now("UTC"), api_keys=(KEY,))
    seed_account(account, shipments=30)
    server = PlantingServer(account)
    values = {
        "api_key": KEY,
        "base_url": server.url,
        "deliver_secret": SECRET,
        "requests_per_minute": 1_000_000,
        "give_up_after_seconds": 1,
        "tracking_calls_per_run": 10,
    }
    for name, value in values.items():
        monkeypatch.setenv(f"SOURCES__SHIPSTATION__{name.upper()}", str(value))
    day = Day(account, server, capfd, caplog)
    with answering(day.alerted) as url:
        monkeypatch.setenv("ALERTS__URL", f"{url}/alerts")
        yield day
    server.close()


def ids(query: str) -> list[str]:
    with duckdb.connect("data/default.duckdb", read_only=True) as con:
        return [str(value) for (value,) in con.sql(query).fetchall()]


def first_runs(day: Day) -> None:
    no_id = day.server.marks.planted(
        "fulfillments", {"created_at": "2026-11-01T00:00:00Z"}, "no id"
    )
    day.run("check")
    day.server.odd = {
        "fulfillments": [no_id],
        "tags": [day.server.marks.at("a tag that is a text")],
    }
    day.run("check", codes=(1,))
    day.run("sync", codes=(3,))
    day.run("build")
    day.server.odd = {}
    Simulation(day.account).run(days=2)
    [label, *_] = ids("select label_id from raw.labels where not voided order by created_at desc")
    day.server.broken = {f"/v2/labels/{label}/track": 400}
    day.run("run", codes=(0, 3))
    day.run("sync", "--json", codes=(0, 3))


def feed(day: Day) -> None:
    day.run("changes", "list")
    for words in ((), ("--format", "cloudevents"), ("--json",)):
        day.run("changes", "read", "--consumer", "reader", "--with-object", *words)
    for name, to in (("lines", "events.jsonl"), ("parquet", "events/")):
        day.run("changes", "deliver", "--consumer", name, "--to", to, "--with-object")
    with listening(Receiver()) as receiver:
        day.run("changes", "deliver", "--consumer", "hook", "--to", receiver.url, "--with-object")
    assert receiver.messages, "something was delivered"
    day.said["received over HTTP"] = repr([message.body for message in receiver.messages])
    refusing = Receiver(decide=lambda number, ids: 422)
    with listening(refusing) as receiver:
        to = ("--to", receiver.url, "--limit", "3", "--attempts", "1", "--budget", "0")
        day.run("changes", "deliver", "--consumer", "dead", *to, codes=(1, 3))
    day.run("changes", "consumers", "--json")


def webhooks(day: Day) -> None:
    marks = day.server.marks
    [label, *_] = ids("select label_id from raw.labels where tracking_status = 'in_transit'")
    [shipment, *_] = ids("select shipment_id from raw.shipments")
    url = "https://api.shipstation.com/v2/"
    tracked = marks.answer(
        "webhook", {"label_id": label, "status_code": "IT", "tracking_number": "T1", "events": [{}]}
    )
    bodies = {
        "tracked": {
            "resource_url": f"{url}tracking?carrier_code=ups&tracking_number=T1&name={marks.at('url')}",
            "resource_type": "API_TRACK",
            "data": tracked,
        },
        "label": {
            "resource_url": f"{url}labels/{label}",
            "resource_type": "LABEL_CREATED_V2",
            "data": {"ship_to": {"name": marks.at("hook name")}},
            "more": {"nested": [{"deep": marks.at("hook nested")}]},
        },
        "elsewhere": {
            "resource_url": f"{url}customers/{marks.at('hook customer')}",
            "resource_type": marks.at("hook type"),
        },
        "shipment": {"resource_url": f"{url}shipments/{shipment}", "resource_type": "X"},
        "text": marks.at("hook text"),
        "list": [{"errors": [{"field_value": marks.at("hook error")}]}],
    }
    for name, body in bodies.items():
        content = orjson.dumps(body)
        drop(Path("inbox"), name, content, signed(content, clock.now()))
    drop(Path("inbox"), "broken", b'{"name": "' + marks.at("hook broken").encode() + b'"')
    keys = str(save_keys(Path("jwks.json")))
    day.run("inbox", "inbox", "--keys", keys, codes=(0, 3))
    day.run("inbox", "inbox", "--keys", keys, "--json", codes=(0, 3))
    day.run("sync", codes=(0, 3))


def orders(day: Day) -> None:
    [warehouse, *_] = ids("select warehouse_id from raw.warehouses")
    rows = [
        f"W-{n},{warehouse},MUG,{n + 1},{OPERATOR}name{n},{OPERATOR}firm{n},555{n}000,{OPERATOR}street{n},"
        "Austin,TX,78756,US"
        for n in range(6)
    ]
    header = f"external_shipment_id,warehouse_id,item_sku,item_quantity,{ADDRESS}"
    Path("orders.csv").write_text("\n".join((header, *rows[:4])) + "\n")
    Path("more.csv").write_text("\n".join((header, *rows[4:])) + "\n")
    Path("bad.csv").write_text(
        f"{header}\nW-9,{OPERATOR}house,MUG,x{OPERATOR},{OPERATOR}name,,,,Austin,TX,78756,{OPERATOR}land\n"
    )
    day.run("shipments", "create", "bad.csv", codes=(2, 3))
    day.run("shipments", "create", "orders.csv")
    day.run("shipments", "create", "orders.csv", "--json")
    day.run("shipments", "create", "orders.csv", "--out", "orders.plan.json")
    assert OPERATOR in Path("orders.plan.json").read_text(), "it is sent as it was given"
    day.run("shipments", "apply", "orders.plan.json", "--one")
    assert OPERATOR in Path("orders.plan.json").read_text(), "the others are to be sent yet"
    day.server.refused_writes = 1
    day.run("shipments", "apply", "orders.plan.json", "--verify", codes=(3,))
    day.run("shipments", "apply", "orders.plan.json", "--json", codes=(3,))
    day.run("shipments", "create", "more.csv", "--apply", "--verify")
    day.run("shipments", "get", "W-1")
    day.run("shipments", "get", "W-1", "--json")
    day.run("shipments", "rates", "W-1", codes=(0, 3))
    day.run("shipments", "rates", "--pending", "--json", codes=(0, 3))


def cancellations_and_fulfillments(day: Day) -> None:
    [voided, cancelled, shipped] = ids(
        "select shipment_id from raw.shipments where shipment_status = 'pending' "
        "and _dlt_valid_to is null order by 1 limit 3"
    )
    day.run("shipments", "cancel", cancelled, "--apply", "--verify", codes=(0, 3))
    day.run(
        "shipments", "cancel", "W-2", "--void-labels", "--out", "cancel.plan.json", codes=(0, 3)
    )
    day.run("shipments", "apply", "cancel.plan.json", codes=(0, 3))
    [carrier, *_] = ids("select carrier_code from raw.carriers")
    head = "shipment_id,tracking_number,carrier_code\n"
    Path("shipped.csv").write_text(f"{head}{shipped},1Z9999,{carrier}\n{voided},1Z9998,{carrier}\n")
    day.server.refused_writes = 1
    day.run("fulfillments", "create", "shipped.csv", "--apply", "--verify", codes=(0, 3))
    day.run("fulfillments", "create", "shipped.csv", "--out", "shipped.plan.json", codes=(0, 3))
    day.run("fulfillments", "apply", "shipped.plan.json", codes=(0, 3))


def stock(day: Day) -> None:
    [sku, *_] = ids("select sku from raw.inventory_levels where on_hand > 5")
    [place] = ids(
        f"select any_value(inventory_location_id) from raw.inventory_levels where sku = '{sku}'"  # noqa: S608
    )
    Path("counts.csv").write_text(f"sku,inventory_location_id,quantity\n{sku},{place},5\n")
    day.run("stock", "plan", "counts.csv", "--max-zeroed", "100", codes=(0, 3))
    day.server.refused_writes = 1
    day.run("stock", "apply", "counts.plan.json", "--verify", codes=(0, 3))
    day.run("stock", "increment", sku, place, "2", "--apply", codes=(0, 3))
    day.run("writes", "status")
    day.run("writes", "status", "--json")


def questions(day: Day) -> None:
    numbers = ids(
        "select shipment_number from raw.shipments where shipment_number is not null limit 3"
    )
    for number in numbers:
        for words in ((), ("--events",), ("--json",), ("--live",), ("--live", "--json")):
            day.run("track", number, *words, codes=(0, 1, 3, 5))
    day.run("quarantine", "list", "--resolved")
    day.run("quarantine", "list", "--resolved", "--json")
    day.run("quarantine", "retry", codes=(0, 3))
    day.run("reconcile", codes=(0, 3))
    day.run("status", "--json", codes=(0, 3))
    day.run("status", codes=(0, 3))
    day.run("runs")
    day.run("runs", "--json")
    day.run("dashboard", "--check")
    day.run("backup", "backups/one")
    day.run("locations")
    day.run("warehouses")


def exports(day: Day) -> None:
    for schema in ("raw", "core", "changes", "tracking"):
        for form in ("parquet", "csv"):
            day.run("export", "--to", f"{form}:exports/{form}/{schema}", "--schema", schema)


def leaks(day: Day, folder: Path) -> list[tuple[str, str]]:
    """Every place where a mark stands that may not be there, with the mark."""
    marks = list(day.server.marks.by_place.values())
    theirs = [
        path for path in folder.rglob("*") if path.suffix in (".csv",) and path.parent == folder
    ]
    kept = {path: path.read_bytes() for path in [*theirs, *folder.glob("inbox/*")]}
    for path in kept:
        path.unlink()
    try:
        in_files = [*found_in(folder, marks), *found_in(folder, [OPERATOR], OPERATOR)]
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
    said = [
        (line, word) for line, text in day.said.items() for word in (MARK, OPERATOR) if word in text
    ]
    return [*in_files, *said]


PARTS = (
    *(
        first_runs,
        feed,
        webhooks,
        orders,
        cancellations_and_fulfillments,
        stock,
        questions,
        exports,
    ),
)
POLICIES = {"drop": {"personal_data": "drop"}, "hash": {"personal_data": "hash"}, "keep": {}}


@pytest.mark.parametrize("policy", in_prove(["drop"], POLICIES))
def test_a_day_of_every_command_leaves_no_mark(
    day: Day, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policy: str
) -> None:
    monkeypatch.setenv("SOURCES__SHIPSTATION__PERSONAL_DATA", policy)
    monkeypatch.setenv("SOURCES__SHIPSTATION__PERSONAL_DATA_SALT", "sixteen bytes of salt and more")
    for part in PARTS:
        part(day)
    found = leaks(day, tmp_path)
    assert day.unexpected == []
    assert len(day.server.marks.by_place) > 60
    if policy == "keep":
        assert len({mark for _, mark in found}) > 60, "it is searched where they would be"
    else:
        assert found == [], "a mark stands where it may not"
