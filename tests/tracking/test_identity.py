"""One number is one order only where shop and buyer agree, and a part of a number finds nothing."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from shipsync.errors import AmbiguousOrder, UnknownOrder
from shipsync.tracking import find_order, find_orders
from shipsync.tracking.references import OwnAffixes, folded
from tracking.stored_rows import LABEL, MONDAY, hold

ANN = {"ship_to_name": "Ann Lee", "ship_to_postal_code": "89501", "ship_to_country_code": "US"}
BOB = {"ship_to_name": "Bob Ray", "ship_to_postal_code": "10001", "ship_to_country_code": "US"}
NONE_SET = OwnAffixes()


def shipment(position: int, number: str | None, **more: Any) -> dict[str, Any]:
    """A shipment of store se-9, to a buyer of its own unless one is given."""
    first = {
        "shipment_id": f"se-{position}",
        "shipment_number": number,
        "store_id": "se-9",
        "shipment_status": "pending",
        "created_at": MONDAY,
        "observed_at": MONDAY,
        "ship_to_name": f"Buyer {position}",
        "ship_to_postal_code": f"{10000 + position}",
    }
    return first | more


def found(database: duckdb.DuckDBPyConnection, reference: str, own: OwnAffixes = NONE_SET) -> Any:
    """The ids of the shipments of the order found, ``None`` for none, the candidates for several."""
    batch = find_orders(database, [reference], own)
    if reference in batch.ambiguous:
        return set(batch.ambiguous[reference])
    if reference in batch.unknown:
        return None
    return [s.shipment_id for s in batch.orders[reference].shipments]


SAME_NUMBER: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "same buyer": (ANN, ANN, True),
    "same buyer, typed otherwise": (
        ANN,
        {**ANN, "ship_to_name": " ann  LEE", "ship_to_postal_code": "89501-1234"},
        True,
    ),
    "another buyer": (ANN, BOB, False),
    "another name": (ANN, {**ANN, "ship_to_name": "Bob Ray"}, False),
    "another postcode": (ANN, {**ANN, "ship_to_postal_code": "10001"}, False),
    "another buyer, one external order": (
        {**ANN, "external_order_id": "gid-7"},
        {**BOB, "external_order_id": "gid-7"},
        True,
    ),
    "an external id that only repeats the number": (
        {**ANN, "external_order_id": "1001"},
        {**BOB, "external_order_id": "#1001"},
        False,
    ),
    "another shop": (ANN, {**ANN, "store_id": "se-8"}, False),
    "another shop and one external order": (
        {**ANN, "external_order_id": "gid-7"},
        {**ANN, "external_order_id": "gid-7", "store_id": "se-8"},
        False,
    ),
    "no buyer known": (
        {"ship_to_name": None, "ship_to_postal_code": None},
        {"ship_to_name": None, "ship_to_postal_code": None},
        False,
    ),
    "no buyer known, one external order": (
        {"ship_to_name": None, "ship_to_postal_code": None, "external_order_id": "1001"},
        {"ship_to_name": None, "ship_to_postal_code": None, "external_order_id": "1001"},
        True,
    ),
    "one name, no postcode, one town": (
        {**ANN, "ship_to_postal_code": None, "ship_to_city_locality": "Central"},
        {**ANN, "ship_to_postal_code": "", "ship_to_city_locality": "CENTRAL"},
        True,
    ),
    "one name, no postcode, other towns": (
        {**ANN, "ship_to_postal_code": None, "ship_to_city_locality": "Central"},
        {**ANN, "ship_to_postal_code": None, "ship_to_city_locality": "Kowloon"},
        False,
    ),
    "one name and nothing else": (
        {"ship_to_name": "Ann Lee", "ship_to_postal_code": None},
        {"ship_to_name": "Ann Lee", "ship_to_postal_code": None},
        False,
    ),
    "written with and without a hash": (ANN, {**BOB, "shipment_number": "#1001"}, False),
    "written with a blank": (ANN, {**BOB, "shipment_number": " 10 01 "}, False),
    "written with and without a hash, same buyer": (
        ANN,
        {**ANN, "shipment_number": "\uff031001"},
        True,
    ),
}


@pytest.mark.parametrize("case", SAME_NUMBER)
def test_a_number_is_one_order_where_shop_and_buyer_agree(
    database: duckdb.DuckDBPyConnection, case: str
) -> None:
    one, other, is_one = SAME_NUMBER[case]
    hold(
        database,
        shipments=[shipment(1, "1001", **one), shipment(2, "1001", **other), shipment(3, "1002")],
        labels=[{**LABEL, "shipment_id": "se-2", "tracking_number": "1Z2"}],
    )

    if is_one:
        for reference in ("1001", "#1001", "se-1", "se-2", "1Z2"):
            assert found(database, reference) == ["se-1", "se-2"]
    else:
        for reference in ("1001", "#1001", " 1001"):
            assert found(database, reference) == {"se-1", "se-2"}
        assert found(database, "se-1") == ["se-1"]
        assert found(database, "se-2") == found(database, "1Z2") == ["se-2"]


def test_an_ambiguous_answer_names_shipments_and_nothing_of_their_buyers(
    database: duckdb.DuckDBPyConnection,
) -> None:
    hold(database, shipments=[shipment(1, "1001", **ANN), shipment(2, "1001", **BOB)])

    with pytest.raises(AmbiguousOrder) as error:
        find_order(database, "1001")

    assert "se-1, se-2" in str(error.value)
    for value in (*ANN.values(), *BOB.values(), "pending", "se-9"):
        assert str(value) not in str(error.value)
    assert error.value.exit_code == 3


def test_three_parts_hang_together_through_the_one_in_the_middle(
    database: duckdb.DuckDBPyConnection,
) -> None:
    gift = {**BOB, "external_order_id": "gid-7"}
    hold(
        database,
        shipments=[
            shipment(1, "1001", **ANN),
            shipment(2, "1001", **ANN, external_order_id="gid-7"),
            shipment(3, "1001", **gift),
            shipment(4, "1001"),
        ],
    )

    assert found(database, "se-3") == ["se-1", "se-2", "se-3"]
    assert found(database, "1001") == {"se-1", "se-4"}


NUMBERS = {
    "amazon": ["112-1234567-7654321", "112-1234567-1111111", "113-2222222-7654329"],
    "dated": ["2026/00012", "2026/00013", "2025/00099"],
    "padded": ["00012", "00013", "00100"],
    "plain": ["12", "13", "100"],
    "shopify": ["#1001", "#1002", "#1003"],
    "affixed": ["SHOP-1001-EU", "SHOP-1002-EU", "SHOP-1003-EU"],
    "letters": ["RMABCD", "QXZ", "RMA BCE"],
    "mixed": ["X7K9P2", "Q4T1A8", "1001"],
    "once": [*(str(number) for number in range(200, 400)), "TEST-7"],
    "po": ["PO-2026-0001", "PO-2026-0002", "PO-2026-0003"],
    "dotted": ["AB.100.2", "AB.100.3", "AB.100.4"],
}
ASKED = [
    ("amazon", "112-1234567-7654321", True),
    ("amazon", " 112 - 1234567 - 7654321 ", True),
    ("amazon", "112\u20131234567\u20137654321", True),
    ("amazon", "112-1234567-765432\uff11", True),
    ("amazon", "7654321", False),
    ("amazon", "1234567-7654321", False),
    ("amazon", "11212345677654321", False),
    ("amazon", "2-1234567-7654321", False),
    ("amazon", "0112-1234567-7654321", False),
    ("dated", "2026/00012", True),
    ("dated", "00012", False),
    ("dated", "12", False),
    ("dated", "2026/12", False),
    ("dated", "202600012", False),
    ("padded", "00012", True),
    ("padded", "#00012", True),
    ("padded", "12", True),
    ("padded", "012", False),
    ("padded", "000012", False),
    ("plain", "12", True),
    ("plain", "00012", False),
    ("plain", "2", False),
    ("plain", "١٢", True),
    ("shopify", "#1001", True),
    ("shopify", "1001", True),
    ("shopify", "\uff031001", True),
    ("shopify", "##1001", True),
    ("shopify", "#\uff11\uff10\uff10\uff11", True),
    ("shopify", "001", False),
    ("shopify", "SHOP-1001", False),
    ("affixed", "SHOP-1001-EU", True),
    ("affixed", "shop-1001-eu", True),
    ("affixed", "1001", True),
    ("affixed", "1001-EU", True),
    ("affixed", "SHOP-1001", True),
    ("affixed", "#1001", True),
    ("affixed", "Shop 1001", True),
    ("affixed", "EU-1001", False),
    ("affixed", "SHOP-1001-US", False),
    ("affixed", "HOP-1001-EU", False),
    ("affixed", "001-EU", False),
    ("letters", "rmabcd", True),
    ("letters", "#RMABCD", True),
    ("letters", "ABCD", False),
    ("letters", "RMABCE", True),
    ("mixed", "x7k9p2", True),
    ("mixed", "7K9P2", False),
    ("mixed", "X7K9P", False),
    ("mixed", "792", False),
    ("once", "TEST-7", True),
    ("once", "7", False),
    ("once", "TEST-200", False),
    ("po", "PO-2026-0001", True),
    ("po", "2026-0001", True),
    ("po", "0001", False),
    ("po", "1", False),
    ("dotted", "100.2", True),
    ("dotted", "2", False),
]


@pytest.mark.parametrize(("kind", "reference", "is_there"), ASKED)
def test_a_part_of_a_number_finds_nothing_but_by_the_shops_own_affixes(
    database: duckdb.DuckDBPyConnection, kind: str, reference: str, is_there: bool
) -> None:
    hold(database, shipments=[shipment(n, number) for n, number in enumerate(NUMBERS[kind], 1)])
    expected = {"RMABCE": ["se-3"], "TEST-7": ["se-201"]}.get(reference, ["se-1"])

    assert found(database, reference) == (expected if is_there else None)
    many = find_orders(database, [reference, *(f"n{n}" for n in range(30))])
    assert (reference in many.orders) == is_there


def test_an_affix_is_that_of_its_shop_and_of_no_other(database: duckdb.DuckDBPyConnection) -> None:
    shops = [shipment(n, f"ACME-{n}") for n in (11, 12)]
    shops += [shipment(n, str(n), store_id="se-8") for n in (13, 14)]
    hold(database, shipments=shops)

    assert found(database, "11") == ["se-11"]
    assert found(database, "13") == ["se-13"]
    assert found(database, "ACME-13") is None


def test_a_whole_number_goes_before_one_that_lacks_an_affix(
    database: duckdb.DuckDBPyConnection,
) -> None:
    hold(database, shipments=[shipment(1, "7"), shipment(2, "ACME-7"), shipment(3, "ACME-8")])

    assert found(database, "7") == ["se-1"]
    assert found(database, "acme7") == ["se-2"]


def test_an_affix_that_was_set_counts_digits_and_all(database: duckdb.DuckDBPyConnection) -> None:
    own = OwnAffixes(prefixes=("LW24-",), suffixes=("/R2",))
    numbers = [str(number) for number in range(500, 700)]
    hold(
        database,
        shipments=[shipment(1, "LW24-1001/R2"), shipment(2, "1002")]
        + [shipment(n, number) for n, number in enumerate(numbers, 3)],
    )

    for reference in ("1001", "LW24-1001", "lw24-1001/r2", "1001/R2"):
        assert found(database, reference, own) == ["se-1"]
    assert found(database, "LW24-1002", own) == ["se-2"]
    assert found(database, "1001") is None
    assert found(database, "LW24-1002") is None
    assert found(database, "241001", own) is None


def test_a_shipment_without_a_number_is_found_by_its_ids(
    database: duckdb.DuckDBPyConnection,
) -> None:
    hold(
        database,
        shipments=[
            shipment(1, None, external_order_id="gid-1", **ANN),
            shipment(2, "  ", external_order_id="gid-1", **ANN),
            shipment(3, "", external_order_id="gid-3"),
        ],
    )

    assert found(database, "gid-1") == found(database, "se-2") == ["se-1", "se-2"]
    assert found(database, "se-3") == ["se-3"]
    for reference in ("", " ", "#", "\u200b"):
        with pytest.raises(UnknownOrder):
            find_order(database, reference)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (" #Ab-1 ", "ab-1"),
        ("\uff03\uff11\uff10\uff10\uff11", "1001"),
        ("١٢٣", "123"),
        ("१२", "12"),
        ("10\u00a045\u200b2", "10452"),
        ("A\u2011B", "a-b"),
        ("№7", "no7"),
        ("# #", ""),
    ],
)
def test_a_number_is_folded_to_what_everybody_writes(written: str, expected: str) -> None:
    assert folded(written) == expected
