"""What spreadsheets do to cells is found, and what only looks like it is not."""

from __future__ import annotations

import pytest

from shipsync.reverse.plan.problems import InvalidRowError, Problem
from shipsync.reverse.plan.spoiled_cells import check_cells

P = Problem

SPOILT = [
    *[
        (column, text, P.SPREADSHEET_ERROR)
        for column in ("quantity", "sku", "ship_to_name", "tracking_number", "ship_date", "target")
        for text in (
            "#REF!",
            "#N/A",
            "#n/a",
            "#VALUE!",
            "#DIV/0!",
            "#NAME?",
            "#NV",
            "#BEZUG!",
            "#####",
        )
    ],
    ("ship_to_name", "Ann #REF!", P.SPREADSHEET_ERROR),
    ("notes", "#N/A", P.SPREADSHEET_ERROR),
    ("sku", "#¡VALOR!", P.SPREADSHEET_ERROR),
    ("item_name", "Err:502", P.SPREADSHEET_ERROR),
    *[
        (column, text, P.FORMULA)
        for column in (
            "tracking_number",
            "sku",
            "ship_to_name",
            "quantity",
            "ship_date",
            "carrier_code",
        )
        for text in ('="1Z999AA10123456784"', "=A1&B1", "= VLOOKUP(A1,B:C,2)", "{=SUM(A1:A3)}")
    ],
    *[
        (column, text, P.SCIENTIFIC)
        for column in (
            *("tracking_number", "sku", "item_sku", "ship_to_phone", "key", "external_shipment_id"),
            *(
                "shipment_number",
                "ship_to_postal_code",
                "ship_to_name",
                "carrier_code",
                "product_id",
            ),
        )
        for text in ("9.40011E+21", "1E+05", "1,55555E+10", "1.2e+10", "1E-05", "9.4E21")
    ],
    *[
        (column, text, P.DECIMAL_TAIL)
        for column in ("tracking_number", "sku", "ship_to_phone", "key", "external_shipment_id")
        for text in ("1001.0", "15555551234.0", "9400111899.00", "12,0")
    ],
    ("tracking_number", "9400111899561230000000", P.DIGITS_LOST),
    ("sku", "123456789012345000", P.DIGITS_LOST),
    ("sku", "1-Mar", P.BECAME_A_DATE),
    ("sku", "Mar-01", P.BECAME_A_DATE),
    ("sku", "03-Jan-2026", P.BECAME_A_DATE),
    ("sku", "2026-03-01", P.BECAME_A_DATE),
    ("sku", "2026-03-01 00:00:00", P.BECAME_A_DATE),
    ("tracking_number", "3/1/2026", P.BECAME_A_DATE),
    ("external_shipment_id", "1-Mar", P.BECAME_A_DATE),
    ("ship_date", "46173", P.SERIAL_DATE),
    ("ship_date", "46173.5", P.SERIAL_DATE),
    ("sku", "'0012", P.TEXT_MARK),
    ("ship_to_phone", "'+15555551234", P.TEXT_MARK),
    *[
        ("tracking_number", text, P.SEVERAL_VALUES)
        for text in (
            "1Z999AA10123456784, 1Z999AA10123456785",
            "1Z999AA10123456784;1Z999AA10123456785",
            "1Z999AA10123456784 1Z999AA10123456785",
            "1Z999AA10123456784/1Z999AA10123456785",
            "1Z999AA10123456784 / 1Z999AA10123456785",
            "1Z999AA10123456784\n1Z999AA10123456785",
            "1Z999AA10123456784 and 1Z999AA10123456785",
            "1Z999AA10123456784|1Z999AA10123456785",
        )
    ],
    *[
        ("tracking_number", text, P.PLACEHOLDER)
        for text in ("-", "N/A", "TBD", "0", "000000", "null", "None", "?", "Pending")
    ],
    ("tracking_number", "\u202a1Z999AA10123456784\u202c", P.UNSEEN_CHARACTER),
    ("tracking_number", "1Z999AA1012345\u200b6784", P.UNSEEN_CHARACTER),
    ("tracking_number", "1Z 999 AA1\u00a0012345", P.UNSEEN_CHARACTER),
    ("ship_to_phone", "\ufeff5125550142", P.UNSEEN_CHARACTER),
    ("ship_to_postal_code", "78701\u00ad", P.UNSEEN_CHARACTER),
    ("ship_to_email", "ann\u200b@example.com", P.UNSEEN_CHARACTER),
    ("sku", "A\u00a01", P.UNSEEN_CHARACTER),
    ("tracking_number", "\uff19\uff14\uff10\uff10\uff11", P.WIDE_CHARACTERS),
    ("ship_to_phone", "\u0665\u0661\u0662555\u0660142", P.WIDE_CHARACTERS),
    ("ship_to_postal_code", "\uff17\uff18\uff17\uff10\uff11", P.WIDE_CHARACTERS),
    ("item_sku", "\uff21-\uff11", P.WIDE_CHARACTERS),
    *[
        ("item_sku", text, P.BECAME_A_DATE)
        for text in ("02. Mrz", "1-Mär", "Mai 26", "3-déc", "2-mrt", "12-ene", "01.Okt", "2-Mrz-26")
    ],
    ("ship_to_email", "a@example.com; b@example.com", P.SEVERAL_VALUES),
    ("ship_to_phone", "512-555-0142 / 512-555-0143", P.SEVERAL_VALUES),
    ("ship_to_phone", "5125550142;5125550143", P.SEVERAL_VALUES),
]


@pytest.mark.parametrize(("column", "text", "problem"), SPOILT)
def test_spoilt_cells_are_found(column: str, text: str, problem: Problem) -> None:
    with pytest.raises(InvalidRowError) as refused:
        check_cells({column: text})
    assert refused.value.problem is problem
    assert repr(text.strip()) in str(refused.value)


@pytest.mark.parametrize(
    ("country", "code", "fixed"),
    [
        ("US", "2134", "02134"),
        ("us", "501", "00501"),
        ("US", "2134.0", "02134"),
        ("US", "21341234", "02134-1234"),
        ("DE", "1067", "01067"),
        ("ES", "8001", "08001"),
        ("AU", "800", "0800"),
        ("SG", "18956", "018956"),
        ("JP", "600001", "0600001"),
        ("BR", "1310100", "01310100"),
    ],
)
@pytest.mark.parametrize("whose", ["ship_to", "ship_from", "return_to"])
def test_zeros_that_a_postal_code_lost(whose: str, country: str, code: str, fixed: str) -> None:
    cells = {f"{whose}_postal_code": code, f"{whose}_country_code": country}
    with pytest.raises(InvalidRowError) as refused:
        check_cells(cells)
    assert refused.value.problem is Problem.LOST_ZEROS
    assert f"Write {fixed!r}" in str(refused.value)


SOUND = [
    *[
        ("ship_to_postal_code", code)
        for code in ("02134", "78701", "78701-1234", "SW1A 1AA", "1234 AB")
    ],
    *[("tracking_number", text) for text in ("1Z999AA10123456784", "1Z 999 AA1 01 2345 6784")],
    ("tracking_number", "9400 1118 9956 1230 1234 56"),
    ("tracking_number", "9400111899561230123456"),
    ("tracking_number", "RB123456785DE"),
    ("tracking_number", "0998/1234567/89"),
    *[
        ("sku", text)
        for text in ("A-1", "12E3", "1E5", "00012", "E+05", "MUG 1-Marble", "ABC ", "#12")
    ],
    *[
        ("ship_to_name", text)
        for text in ("'t Hooft", "Nan", "May", "E. Lee", "Ann & Bo", "#1 Fans")
    ],
    *[("ship_to_address_line2", text) for text in ("#12", "# 5", "#NUM 5", "Apt 1/2", "1E")],
    *[
        ("ship_to_phone", text)
        for text in ("+1 512 555 0142", "(512) 555-0142", "5125550142", "001234")
    ],
    *[
        ("notes", text)
        for text in ("=)", "see #REF! in the sheet", "1E+05 of them", "#SALE!", "1,2")
    ],
    *[("key", text) for text in ("count-1", "2026-03-01", "march 1", "may-2026", "1001")],
    *[("quantity", text) for text in ("12", "12.0", "0")],
    *[("ship_date", text) for text in ("2026-05-31", "2026-05-31T12:00:00Z")],
    ("external_shipment_id", "112-1234567-7654321"),
    ("ship_to_phone", "+1 204-253-9411 ext. 123"),
    ("ship_to_phone", "+49 (0) 30/1234567"),
    ("external_shipment_id", "a@b@c"),
    ("sku", "A-1, A-2"),
    ("external_shipment_id", "2026-03-01"),
    ("location", "Main 2"),
    ("item_unit_price", "12.50"),
    ("tags", "mar-2026"),
    ("tracking_number", "LOCAL PICKUP"),
    ("item_sku", "10-SET"),
    ("item_sku", "GRÖSSE-38"),
    ("item_sku", "杯子-1"),
    ("key", "盘点\uff11"),
    ("ship_to_name", "\uff11\uff12 株式会社"),
    ("ship_to_address_line1", "東京都\uff11\u2212\uff12"),
    ("ship_to_postal_code", "H3Z 2Y7"),
]


@pytest.mark.parametrize(("column", "text"), SOUND)
def test_what_only_looks_like_it_passes(column: str, text: str) -> None:
    check_cells({column: text, "ship_to_country_code": "US"})


@pytest.mark.parametrize("sku", ["1E+05", "1001.0", "1-Mar", "#REF!", "=1", "'0012"])
@pytest.mark.parametrize("column", ["sku", "item_sku"])
def test_a_sku_that_the_account_has_is_what_it_says(column: str, sku: str) -> None:
    check_cells({column: sku}, frozenset({sku}))


@pytest.mark.parametrize("text", ["A-1, A-2", "A-1;A-2", "A-1 / A-2", "A-1\nA-2"])
def test_several_known_skus_in_one_cell_are_found(text: str) -> None:
    with pytest.raises(InvalidRowError, match="which is more than one"):
        check_cells({"item_sku": text}, frozenset({"A-1", "A-2"}))
    check_cells({"item_sku": text}, frozenset({"A-1", "A-2", text}))
