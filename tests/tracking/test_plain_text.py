"""What carriers write reaches a buyer as plain text, and a day that is none reaches nobody."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipsync.tracking import document, find_order, told
from shipsync.tracking.known_dates import known
from shipsync.tracking.plain_text import LONGEST, plain_text, web_address
from shipsync.tracking.situations import Situation
from tracking.cases import ASKED, NOW, Case, fedex, hold_cases, order, said, seen, usps


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Held at <b>Reno</b>", "Held at Reno"),
        ("Smith &amp; Sons", "Smith & Sons"),
        ("Smith &amp;amp; Sons", "Smith & Sons"),
        ("&lt;b&gt;Held&lt;/b&gt;", "Held"),
        ("Front<br/>door", "Front door"),
        ("<script>alert(1)</script>Held", "Held"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Held", "Held"),
        ("<style>p { color: red }</style> Held", "Held"),
        ("<!-- note -->Held", "Held"),
        ("<a href='https://x.example'>Track</a>", "Track"),
        ("<img src=x onerror=alert(1)>Held", "Held"),
        ("Held <b", "Held"),
        ("Weight <1 lb, a < b > c", "Weight <1 lb, a < b > c"),
        ("caf&eacute; &#233; &#xe9;", "café é é"),
        ("&nbsp;two\u00a0 words\n\there ", "two words here"),
        ("right\u202eleft\u200b", "rightleft"),
        ("bell\x07\x00", "bell"),
        ("AT&T stays", "AT&T stays"),
        ("", None),
        (" <br> ", None),
        (None, None),
    ],
)
def test_markup_is_taken_out_and_entities_decoded(written: str | None, plain: str | None) -> None:
    assert plain_text(written) == plain


@given(st.text(alphabet="<>&;/!abscript=\"' amplt#-\n", max_size=80))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_whatever_is_written_no_tag_is_left_and_twice_is_once(written: str) -> None:
    plain = plain_text(written)

    assert plain is None or (plain == plain.strip() and "\n" not in plain)
    assert plain_text(plain) == plain
    assert "<script" not in (plain or "").lower()


def test_a_text_without_end_is_cut() -> None:
    assert len(plain_text("word " * 1000) or "") <= LONGEST


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("https://track.example/1?a=1&amp;b=2", "https://track.example/1?a=1&b=2"),
        ("http://track.example", "http://track.example"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("https://", None),
        ("https://x.example/<script>", None),
        ("https://x.example/a b", None),
        ("http://[", None),
        (None, None),
    ],
)
def test_only_an_address_of_the_web_is_told(written: str | None, address: str | None) -> None:
    assert web_address(written) == address


DAYS = {
    "0001-01-01": False,
    "1753-01-01": False,
    "1899-12-30": False,
    "1900-01-01": False,
    "1969-12-31": False,
    "1970-01-01": False,
    "1999-12-31": False,
    "2000-01-01": False,
    "2000-12-31": False,
    "2001-01-01": True,
    "2026-02-29": None,
    "2026-03-04": True,
    "2098-12-31": True,
    "2099-01-01": False,
    "2099-12-31": False,
    "9999-12-31": False,
}


@pytest.mark.parametrize("written", [day for day, is_known in DAYS.items() if is_known is not None])
def test_a_first_or_last_day_is_no_day(written: str) -> None:
    moment = datetime.fromisoformat(f"{written}T12:00:00")
    for given_day in (moment, moment.replace(tzinfo=UTC), date.fromisoformat(written)):
        assert known(given_day) == (given_day if DAYS[written] else None)


SENTINELS = ["0001-01-01T00:00:00", "1970-01-01T00:00:00Z", "1900-01-01", "9999-12-31T23:59:59Z"]


def marked(sentinel: str) -> Case:
    """An order of which every date is ``sentinel`` and every text is full of markup."""
    markup = "<b>Held</b> at Smith &amp; Sons<script>x()</script>"
    event = seen(
        "2026-03-11T09:15:00", "EX", "HELD_BY_CARRIER", markup, city_locality="<i>RENO</i>"
    )
    first = {**event, "occurred_at": sentinel, "carrier_occurred_at": sentinel, "event_code": "a"}
    dates = dict.fromkeys(
        ("ship_date", "estimated_delivery_date", "actual_delivery_date"), sentinel
    )
    told_by = said("EX", "HELD_BY_CARRIER", markup, event, first, exception_description=markup)
    told_by |= dates
    return order(
        "marked",
        fedex(told_by, tracking_url="javascript:alert(1)", ship_date=sentinel),
        ship_date=sentinel,
        hold_until_date=sentinel,
    )


def texts(value: Any) -> list[str]:
    """Every text in a document."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return [str(value)]


@pytest.mark.parametrize("sentinel", SENTINELS)
def test_an_answer_and_its_document_are_plain_and_know_no_such_day(
    database: duckdb.DuckDBPyConnection, sentinel: str
) -> None:
    hold_cases(database, [marked(sentinel)])
    found = find_order(database, "marked")
    answer = told(found, NOW)

    assert "FedEx says: “Held at Smith & Sons”." in answer
    assert "in Reno, NV on Wednesday 11 March" in answer
    for text in [answer, *texts(document(found, NOW))]:
        for trace in (
            "<",
            "&amp;",
            "x()",
            "javascript",
            "0001",
            "1970",
            "1900",
            "9999",
            "1 January",
        ):
            assert trace not in text
    assert "Tracking" in answer or "tracking number is" in answer


@pytest.mark.parametrize("sentinel", SENTINELS)
def test_an_order_that_is_held_for_ever_is_on_hold(
    database: duckdb.DuckDBPyConnection, sentinel: str
) -> None:
    hold_cases(database, [order("held", shipment_status="on_hold", hold_until_date=sentinel)])

    assert told(find_order(database, "held"), NOW).startswith(
        "Your order held has not been shipped yet. It is on hold."
    )


def test_a_label_that_failed_is_told_as_such(database: duckdb.DuckDBPyConnection) -> None:
    withdrawn = usps(voided=True, status="voided", created_at="2026-03-02T09:00:00Z")
    hold_cases(database, [order("failed", withdrawn, usps(status="error", tracking_number=None))])
    found = find_order(database, "failed")

    assert (
        document(found, NOW)["shipstation"]["shipments"][0]["situation"] == Situation.LABEL_FAILED
    )  # type: ignore[index]
    assert "could not be made" in told(found, ASKED)
    assert "withdrawn" not in told(found, ASKED)
