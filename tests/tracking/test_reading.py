"""Where is my order, asked of raw tables that hold the cases one at a time."""

from __future__ import annotations

import duckdb
import pytest

from shipsync.errors import AmbiguousOrder, DatabaseError, UnknownOrder
from shipsync.tracking import find_order, find_orders
from tracking.cases import let_go
from tracking.stored_rows import LABEL, MONDAY, SHIPMENT, STATE, TUESDAY, hold, scan


@pytest.mark.parametrize(
    "reference",
    ["10452", "#10452", " 10452 ", "se-1", "shop-77", "gid-5", "so-1", "1Z1", "1Z1-box2"],
)
def test_every_reference_of_an_order_finds_it(
    database: duckdb.DuckDBPyConnection, reference: str
) -> None:
    hold(
        database,
        shipments=[SHIPMENT, {"shipment_id": "se-2", "shipment_number": "3", "created_at": MONDAY}],
        shipment_items=[{"shipment_id": "se-1", "sales_order_id": "so-1"}],
        labels=[LABEL],
        label_packages=[{"label_id": "se-900", "tracking_number": "1Z1-box2"}],
    )

    order = find_order(database, reference)

    assert [shipment.shipment_id for shipment in order.shipments] == ["se-1"]
    assert order.order_id == "10452"


def test_a_number_that_really_begins_with_a_hash_is_found_as_it_is(
    database: duckdb.DuckDBPyConnection,
) -> None:
    hold(
        database,
        shipments=[
            {**SHIPMENT, "shipment_id": "se-1", "shipment_number": "#10"},
            {**SHIPMENT, "shipment_id": "se-2", "shipment_number": "10"},
        ],
    )

    assert find_order(database, "#10").shipments[0].shipment_id == "se-1"


def test_a_split_order_is_one_order_with_a_shipment_for_each_part(
    database: duckdb.DuckDBPyConnection,
) -> None:
    hold(database, shipments=[{**SHIPMENT, "shipment_id": "se-2", "created_at": TUESDAY}, SHIPMENT])

    assert [s.shipment_id for s in find_order(database, "10452").shipments] == ["se-1", "se-2"]


def test_events_stand_newest_first_and_undated_ones_last(
    database: duckdb.DuckDBPyConnection,
) -> None:
    events = [scan("a", MONDAY, "first"), scan("b", None, "undated"), scan("c", TUESDAY, "second")]
    hold(database, shipments=[SHIPMENT], labels=[LABEL], tracking=[STATE], tracking_events=events)

    parcel = find_order(database, "10452").parcel

    assert parcel is not None
    assert [event.description for event in parcel.events] == ["second", "first", "undated"]
    assert (parcel.status_code, parcel.carrier, parcel.known_at) == ("IT", "ups", TUESDAY)


def test_two_shops_with_one_number_are_two_orders_and_that_is_said(
    database: duckdb.DuckDBPyConnection,
) -> None:
    other = {**SHIPMENT, "shipment_id": "se-2", "store_id": "se-8", "external_order_id": "gid-6"}
    hold(database, shipments=[SHIPMENT, other])

    with pytest.raises(AmbiguousOrder) as error:
        find_order(database, "10452")

    assert str(error.value) == (
        "'10452' means 2 orders of different shops or buyers, so nothing is told of any. Ask for one of "
        "their shipments instead: se-1, se-2."
    )
    assert find_order(database, "se-2").shipments[0].shipment_id == "se-2"
    assert find_order(database, "gid-5").shipments[0].shipment_id == "se-1"


@pytest.mark.parametrize(
    ("held", "asked"),
    [
        ("ACME-10452", "10452"),
        ("ACME-10452", "#10452"),
        ("#10452", "10452"),
        ("10452", "ACME-10452"),
        ("10452", "acme 10452"),
        ("10452", "#10452"),
        ("W10452", "10452"),
        ("A-10452-B", "a-10452-b"),
    ],
)
def test_a_shops_prefix_may_be_given_or_left_out(
    database: duckdb.DuckDBPyConnection, held: str, asked: str
) -> None:
    longer = {**SHIPMENT, "shipment_id": "se-2", "shipment_number": "ACME-910452"}
    hold(database, shipments=[{**SHIPMENT, "shipment_number": held}, longer])

    assert [s.shipment_id for s in find_order(database, asked).shipments] == ["se-1"]


def test_a_number_behind_two_prefixes_is_two_orders(database: duckdb.DuckDBPyConnection) -> None:
    hold(
        database,
        shipments=[
            {**SHIPMENT, "shipment_number": "ACME-7"},
            {**SHIPMENT, "shipment_id": "se-2", "shipment_number": "EBAY-7"},
        ],
    )

    with pytest.raises(AmbiguousOrder, match=r"se-1, se-2"):
        find_order(database, "7")


def test_a_tracking_number_printed_in_groups_and_small_letters_is_found(
    database: duckdb.DuckDBPyConnection,
) -> None:
    hold(database, shipments=[SHIPMENT], labels=[{**LABEL, "tracking_number": "1Z999AA101"}])

    assert find_order(database, " 1z 999 aa1 01 ").order_id == "10452"


def test_the_parcel_asked_for_is_the_one_the_answer_is_about(
    database: duckdb.DuckDBPyConnection,
) -> None:
    labels = [
        LABEL,
        {**LABEL, "label_id": "se-901", "shipment_id": "se-2", "tracking_number": "1Z2"},
    ]
    hold(database, shipments=[SHIPMENT, {**SHIPMENT, "shipment_id": "se-2"}], labels=labels)

    assert [find_order(database, n).parcel.tracking_number for n in ("1Z1", "1Z2", "se-1")] == [  # type: ignore[union-attr]
        *("1Z1", "1Z2", "1Z1"),
    ]
    assert len(find_order(database, "1Z1").parcels) == 2


def test_without_a_number_asked_for_it_is_the_newest_parcel_of_the_newest_shipment(
    database: duckdb.DuckDBPyConnection,
) -> None:
    labels = [
        LABEL,
        {**LABEL, "label_id": "se-901", "shipment_id": "se-2", "tracking_number": "1Z2"},
        {
            **LABEL,
            "label_id": "se-902",
            "shipment_id": "se-2",
            "tracking_number": "1Z3",
            "created_at": TUESDAY,
        },
    ]
    second = {**SHIPMENT, "shipment_id": "se-2", "created_at": TUESDAY}
    hold(database, shipments=[SHIPMENT, second], labels=labels)

    parcel = find_order(database, "10452").parcel

    assert parcel is not None
    assert parcel.tracking_number == "1Z3"


def test_many_orders_are_found_together_as_one_by_one(database: duckdb.DuckDBPyConnection) -> None:
    shipments = [
        {
            **SHIPMENT,
            "shipment_id": f"se-{n}",
            "shipment_number": f"N{n}",
            "external_order_id": None,
        }
        for n in range(1, 40)
    ]
    twin = {**SHIPMENT, "shipment_id": "se-77", "shipment_number": "N7", "store_id": "se-8"}
    hold(database, shipments=[*shipments, twin], labels=[LABEL], tracking=[STATE])

    batch = find_orders(database, ["N1", "#N2", "se-3", "1Z1", "N1", "N7", "4", "nowhere", ""])

    assert {asked: order.order_id for asked, order in batch.orders.items()} == {
        "N1": "N1",
        "#N2": "N2",
        "se-3": "N3",
        "1Z1": "N1",
        "4": "N4",
    }
    assert batch.unknown == ("nowhere", "")
    assert [len(candidates) for candidates in batch.ambiguous.values()] == [2]
    assert batch.orders["N1"] == find_order(database, "N1")


def test_an_unknown_reference_is_said_with_the_reference(
    database: duckdb.DuckDBPyConnection,
) -> None:
    hold(database)

    with pytest.raises(UnknownOrder, match=r"'nowhere'.*--live"):
        find_order(database, "nowhere")


def test_a_database_that_was_never_synced_says_so(database: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(DatabaseError, match="shipsync run"):
        find_order(database, "10452")


@pytest.mark.parametrize("reference", ["10452", "#10452", "se-1", "shop-77", "gid-5"])
def test_every_reference_of_a_shipment_that_is_gone_finds_it(
    database: duckdb.DuckDBPyConnection, reference: str
) -> None:
    hold(
        database, shipments=[SHIPMENT, {**SHIPMENT, "shipment_id": "se-2", "shipment_number": "9"}]
    )
    let_go(database, "se-1", "se-2", TUESDAY)

    order = find_order(database, reference)

    if reference in ("shop-77", "gid-5"):  # which the other shipment has too, and still is
        assert [shipment.shipment_id for shipment in order.shipments] == ["se-2"]
        return
    [shipment] = order.shipments
    assert (shipment.shipment_id, shipment.closed_because) == ("se-1", "merged")
    assert shipment.merged_into == "9"
    assert order.known_at == TUESDAY


def test_the_part_of_an_order_that_is_left_is_told_without_the_one_that_is_gone(
    database: duckdb.DuckDBPyConnection,
) -> None:
    hold(database, shipments=[SHIPMENT, {**SHIPMENT, "shipment_id": "se-2"}])
    let_go(database, "se-1", None, TUESDAY)

    assert [s.shipment_id for s in find_order(database, "10452").shipments] == ["se-2"]


def test_a_database_of_an_older_version_answers_without_knowing_what_went(
    database: duckdb.DuckDBPyConnection,
) -> None:
    hold(database, shipments=[SHIPMENT])
    database.execute("drop table ledger.gone")

    assert find_order(database, "10452").order_id == "10452"
    with pytest.raises(UnknownOrder):
        find_order(database, "10453")
