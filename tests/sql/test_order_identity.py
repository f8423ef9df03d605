"""The models tell orders apart as Python does, and know what may be left out of a number."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import duckdb
import pytest

from shipsync.tracking import find_orders
from shipsync.tracking.references import folded
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate
from shipsync.warehouse.models import build
from sql.raw_tables import RawTables
from sql.story import day, shipment
from tracking.test_identity import NUMBERS, SAME_NUMBER

pytestmark = pytest.mark.xdist_group("dbt")

MODELS = "+orders +parcels +order_references"
Rows = list[dict[str, Any]]


def cases() -> tuple[Rows, Rows]:
    """Shipments of a first load and of a second one: each case in a store of its own."""
    first, second = [], []
    for store, (one, other, _) in enumerate(SAME_NUMBER.values(), 1):
        for loaded, position, given in ((first, 1, one), (second, 2, other)):
            own = {"shipment_number": "1001", "store_id": f"se-{store}00"} | given
            if own["store_id"] == "se-8":
                own["store_id"] = f"se-{store}08"
            loaded.append(shipment(store * 10 + position, day(1), **own))
    for store, numbers in enumerate(NUMBERS.values(), 50):
        for position, number in enumerate(numbers):
            own = {"shipment_number": number, "store_id": f"se-{store}00"}
            (second if position == 1 else first).append(
                shipment(store * 1000 + position, day(1), **own)
            )
    # The number of a shipment changes: the other one is alone again.
    first.append(shipment(9001, day(1), shipment_number="77", ship_to_name="A", store_id="se-9"))
    first.append(shipment(9002, day(1), shipment_number="77", ship_to_name="B", store_id="se-9"))
    second.append(
        shipment(9002, day(1), day(2), shipment_number="78", ship_to_name="B", store_id="se-9")
    )
    return first, second


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A database built in two steps, and one built at once."""
    folder = tmp_path_factory.mktemp("identity")
    raw, files = RawTables(), (folder / "steps.duckdb", folder / "once.duckdb")
    for file in files:
        with connect(file) as con:
            migrate(con)
    for number, shipments in enumerate(cases(), 1):
        raw.load("shipments", *shipments, load_id=f"{number}.0", observed_at=day(number))
        raw.save(files[0])
        build(files[0], now=day(2), select=MODELS, run_tests=False)
    raw.save(files[1])
    build(files[1], now=day(2), select=MODELS, run_tests=False)
    return files


def orders_of(file: Path) -> dict[str, set[str]]:
    """The shipments of each order of the models, by its key."""
    with connect(file, read_only=True) as con:
        rows = con.sql("select order_key, shipment_id from tracking.parcel_states").fetchall()
    found = defaultdict(set)
    for key, shipment_id in rows:
        found[key].add(shipment_id)
    return dict(found)


def test_the_order_in_which_shipments_come_changes_nothing(built: tuple[Path, Path]) -> None:
    by_steps, at_once = (orders_of(file) for file in built)

    assert by_steps == at_once
    assert by_steps["se-9/77"] == {"se-9001"}
    assert len(by_steps) > 250


def test_models_and_python_tell_the_same_orders_apart(built: tuple[Path, Path]) -> None:
    by_key = orders_of(built[0])
    key_of = {shipment: key for key, shipments in by_key.items() for shipment in shipments}
    with connect(built[0], read_only=True) as con:
        batch = find_orders(con, key_of)
        counted = con.sql("select order_key, shipment_count from tracking.orders").fetchall()

    assert (batch.unknown, batch.ambiguous) == ((), {})
    for shipment_id, order in batch.orders.items():
        assert {s.shipment_id for s in order.shipments} == by_key[key_of[shipment_id]]
    assert dict(counted) == {key: len(shipments) for key, shipments in by_key.items()}


def test_a_reference_means_in_the_models_what_it_means_in_python(built: tuple[Path, Path]) -> None:
    with connect(built[0], read_only=True) as con:
        rows = con.sql(
            "select reference, is_exact, order_key, shipment_id from tracking.order_references"
        ).fetchall()
        references: defaultdict[str, defaultdict[bool, set[str]]] = defaultdict(
            lambda: defaultdict(set)
        )
        for reference, is_exact, key, _ in rows:
            references[reference][is_exact].add(key)
        batch = find_orders(con, references)
    by_key = orders_of(built[0])
    shortened = 0
    for reference, keys in references.items():
        meant = keys[True] or keys[False]
        shortened += not keys[True]
        if len(meant) > 1:
            assert set(batch.ambiguous[reference]) <= {s for key in meant for s in by_key[key]}
            assert len(batch.ambiguous[reference]) == len(meant)
        else:
            found = {s.shipment_id for s in batch.orders[reference].shipments}
            assert found == by_key[meant.pop()], reference

    assert shortened > 10
    assert batch.unknown == ()


def test_python_and_sql_fold_every_number_alike(built: tuple[Path, Path]) -> None:
    written = [
        *(number for numbers in NUMBERS.values() for number in numbers[:5]),
        *(" #Ab-1 ", "\uff03\uff11\uff10", "١٢٣", "१२", "10\u00a045\u200b2", "A\u2011B", "##1 #2"),
        *(
            "\uff21\uff23\uff2d\uff25\uff0d\uff17",
            "Straße 7",
            "Ä-1",
            "",
            "#",
            "1\t2\n3",
            "\u2212" + "5",
        ),
    ]
    sql = compiled("select {{ folded_number('written') }} from unnest($1) as numbers(written)")
    with duckdb.connect() as con:
        assert con.execute(sql, [written]).fetchall() == [(folded(text),) for text in written]


def compiled(text: str) -> str:
    """``text`` with our macros for order numbers put in."""
    import jinja2

    from shipsync.warehouse.sql_project import sql_dir

    macros = (sql_dir() / "macros" / "order_numbers.sql").read_text("utf-8")
    return jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(macros + text).render()
