"""Plans of shipments and fulfillments that a person keeps, reads, and applies later."""

from __future__ import annotations

import hashlib
from pathlib import Path

import orjson
import pytest

from cli.orders_command_line import Run, lines, run, served, write
from reverse.orders_shop import Office
from reverse.write_kinds import pending
from shipsync.emulator import Fault, FaultKind

__all__ = ["run", "served"]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("shipments", "create", "orders.csv"), "shipments"),
        (("shipments", "cancel", "--from", "cancel.csv"), "shipments"),
        (("fulfillments", "create", "shipped.csv"), "fulfillments"),
    ],
    ids=lambda words: " ".join(words[:2]) if isinstance(words, tuple) else "",
)
def test_a_plan_is_kept_and_applied_later(
    run: Run, served: Office, words: tuple[str, ...], what: str
) -> None:
    dry = run(*words, "--out", "it.plan.json")
    assert f"shipsync {what} apply it.plan.json" in dry.err
    assert served.account.requests == []
    done = run(what, "apply", "it.plan.json", "--verify", "--json")
    assert done.code == 0
    assert served.writes_sent() == done.json["counts"]["applied"]
    assert done.json["read_back"] == {
        "checked": served.writes_sent(),
        "drifts": [],
        "not_comparable": 0,
    }
    again = run(what, "apply", "it.plan.json")
    assert (again.code, {row[2] for row in lines(again.out)[1:]}) == (0, {"applied"})
    assert set(served.made().values()) == {1}


def test_what_is_not_as_it_was_sent_needs_a_person(run: Run, served: Office) -> None:
    run("fulfillments", "create", "shipped.csv", "--out", "it.plan.json")
    run("fulfillments", "apply", "it.plan.json", "--one")
    served.account.parcels.change_fulfillment(served.account.ids("fulfillments")[0], voided=True)
    done = run("fulfillments", "apply", "it.plan.json", "--verify")
    assert done.code == 3
    assert "3 read back; 1 not as sent." in done.err
    assert "and is not void" in done.out


def test_what_cannot_be_read_back_is_told_all_the_same(run: Run, served: Office) -> None:
    served.account.faults.add(Fault(FaultKind.KEY_REFUSED, method="GET", count=None, skip=6))
    done = run("fulfillments", "create", "shipped.csv", "--apply", "--verify", "--json")
    assert done.code == 1
    assert done.json["counts"] == {"applied": 3}
    assert "3 applied" in done.err


def test_each_plan_names_the_command_that_applies_it(run: Run, served: Office) -> None:
    run("shipments", "create", "orders.csv", "--out", "it.plan.json")
    wrong = run("stock", "apply", "it.plan.json")
    assert wrong.code == 2
    assert wrong.err == (
        "it.plan.json is a plan of shipments; apply it with `shipsync shipments apply`.\n"
    )
    assert run("fulfillments", "apply", "it.plan.json").code == 2
    assert run("shipments", "apply", "orders.csv").code == 2
    assert served.account.requests == []


def test_a_stopped_plan_is_kept_and_refused(run: Run, served: Office) -> None:
    words = ("shipments", "cancel", "--from", "cancel.csv", "--max-rows", "2")
    assert run(*words, "--out", "it.plan.json").code == 3
    refused = run("shipments", "apply", "it.plan.json")
    assert refused.code == 2
    assert "3 rows would be sent; at most 2 are allowed (--max-rows)." in refused.err
    assert served.account.requests == []


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (("--one",), "--one means something with --apply only."),
        (("--verify",), "--verify means something with --apply only."),
        (("--apply", "--out", "it.plan.json"), "give one."),
        (("--out", "none/it.plan.json"), "Give another place with --out."),
        (("--set", "shipment_id=se-1"), "give one of FILE, --sql, --model and --set."),
    ],
)
def test_options_that_contradict_each_other(
    run: Run, served: Office, extra: tuple[str, ...], said: str
) -> None:
    done = run("fulfillments", "create", "shipped.csv", *extra)
    assert done.code == 2
    assert said in done.err
    assert served.account.requests == []


def test_a_single_row_needs_no_file(run: Run, served: Office) -> None:
    first = pending(served)[0]
    row = ("--set", f"shipment_id={first}", "--set", "tracking_number=1Z 9", "--set")
    done = run("fulfillments", "create", *row, f"carrier_code={served.carrier}", "--apply")
    assert done.code == 0
    assert set(served.made()) == {f"{first}:1Z 9"}
    slip = run("fulfillments", "create", *row, "carrier_code=ups", "--set", "colour=red")
    assert (slip.code, slip.err) == (2, "There is no column 'colour' to --set.\n")
    address = {"name": "Bo", "address_line1": "1 Elm", "city_locality": "Austin"}
    address |= {"state_province": "TX", "postal_code": "78701", "country_code": "US"}
    cells = {f"ship_to_{name}": value for name, value in address.items()}
    cells |= {"external_shipment_id": "W-9", "warehouse_id": served.warehouse, "item_sku": "MUG"}
    words = [word for name, value in cells.items() for word in ("--set", f"{name}={value}")]
    assert run("shipments", "create", *words, "--apply").code == 0
    assert served.made()["W-9"] == 1


def test_what_is_cancelled_may_come_from_a_query(run: Run, served: Office) -> None:
    query = "select shipment_id, 'c-' || shipment_id as key from raw.shipments"
    done = run("shipments", "cancel", "--sql", query, "--apply")
    assert done.code == 0
    assert [row[0] for row in lines(done.out)[1:]] == [f"c-{i}" for i in pending(served)]
    assert set(served.made().values()) == {1}


def test_a_key_of_ones_own_is_carried_out_once(run: Run, served: Office) -> None:
    first, second, _ = pending(served)
    row = {"shipment_id": first, "tracking_number": "T1", "carrier_code": served.carrier}
    write("keyed.csv", [{**row, "key": "dispatch-1"}])
    assert run("fulfillments", "create", "keyed.csv", "--apply").code == 0
    [entry] = run("writes", "status", "--json").json
    assert (entry["row_key"], entry["outcome"]) == ("dispatch-1", "applied")
    again = run("fulfillments", "create", "keyed.csv", "--apply")
    assert [row[2] for row in lines(again.out)[1:]] == ["no_op"]
    write("keyed.csv", [{**row, "shipment_id": second, "key": "dispatch-1"}])
    other = run("fulfillments", "create", "keyed.csv", "--apply")
    assert other.code == 3
    assert "The key 'dispatch-1' was used on " in other.out
    assert served.writes_sent() == 1


def test_a_plan_applied_again_tells_what_is_new(run: Run, served: Office) -> None:
    run("fulfillments", "create", "shipped.csv", "--out", "it.plan.json")
    run("fulfillments", "apply", "it.plan.json", "--one")
    rest = run("fulfillments", "apply", "it.plan.json", "--json").json
    assert (rest["counts"], rest["counts_earlier"]) == ({"applied": 3}, {"applied": 1})
    assert [row["is_earlier"] for row in rest["rows"]] == [True, False, False]
    assert [row["tracking_number"] for row in rest["rows"]] == [
        f"T{i[3:]}" for i in pending(served)
    ]


def test_a_plan_that_was_edited_and_sealed_again_is_refused(run: Run, served: Office) -> None:
    run("fulfillments", "create", "shipped.csv", "--out", "it.plan.json")
    path = Path("it.plan.json")
    kept = orjson.loads(path.read_bytes())
    kept["rows"][0]["request"]["tracking_number"] = "T-FORGED"
    signed = {name: kept[name] for name in kept if name not in ("digest", "signature")}
    canonical = orjson.dumps(signed, option=orjson.OPT_SORT_KEYS)
    kept["digest"] = f"sha256:{hashlib.sha256(canonical).hexdigest()}"
    path.write_bytes(orjson.dumps(kept))
    refused = run("fulfillments", "apply", "it.plan.json")
    assert refused.code == 2
    assert "is not signed with the key of this database" in refused.err
    assert served.account.requests == []


@pytest.mark.parametrize("number", ["9.40011E+21", "#N/A", '="1Z999AA1"', "1Z999AA1, 1Z999AA2"])
def test_what_a_spreadsheet_spoilt_is_not_sent(run: Run, served: Office, number: str) -> None:
    first = pending(served)[0]
    row = {"shipment_id": first, "tracking_number": number, "carrier_code": served.carrier}
    write("spoilt.csv", [row])
    refused = run("fulfillments", "create", "spoilt.csv", "--apply")
    assert refused.code == 3
    assert repr(number) in refused.err
    assert served.writes_sent() == 0


def test_one_number_on_two_shipments_is_said(run: Run, served: Office) -> None:
    first, second, _ = pending(served)
    row = {"tracking_number": "1Z999AA1", "carrier_code": served.carrier}
    write("twice.csv", [{**row, "shipment_id": i} for i in (first, second)])
    told = run("fulfillments", "create", "twice.csv")
    assert told.code == 0
    assert "Tracking number 1Z999AA1 stands on lines 2, 3, for 2 shipments." in told.err


def test_a_kind_that_there_is_not_is_a_usage_error(run: Run) -> None:
    wrong = run("writes", "status", "--kind", "stocks")
    assert wrong.code == 2
    assert wrong.err.startswith(
        "There is no kind 'stocks' of write; it can be stock, create_shipment,"
    )
