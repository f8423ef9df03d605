"""Webhooks in a folder: which signatures hold, and what is believed without one."""

from __future__ import annotations

from pathlib import Path

import duckdb
import orjson
import pytest

from shipsync.feed.inbox import InboxProblem, InboxReport, take_in
from shipsync.feed.webhook_keys import WebhookKeys
from shipsync.warehouse.quarantine import Quarantine

from .signed_webhooks import AT, BODY, SIGNATURE, drop, headers, hints, save_keys, signed, webhook

Con = duckdb.DuckDBPyConnection
SIGNATURE_HEADER = "X-ShipEngine-RSA-SHA256-Signature"


def test_a_signature_made_by_openssl_holds_and_says_when(
    con: Con, folder: Path, keys: WebhookKeys
) -> None:
    drop(folder, "one", BODY, headers(SIGNATURE))

    assert take_in(con, folder, keys) == InboxReport(hints=1)
    assert hints(con) == [("labels", {"batch_id": "se-1"}, True, False)]
    assert con.execute("select signed_at from ledger.hints").fetchall() == [(AT,)]


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        pytest.param(BODY + b" ", headers(SIGNATURE), id="another body"),
        pytest.param(BODY, headers(SIGNATURE, "2026-03-01T08:00:01Z"), id="another time"),
        pytest.param(BODY, headers(SIGNATURE[4:]), id="cut"),
        pytest.param(BODY, headers("AAAA" + SIGNATURE[4:]), id="bent"),
        pytest.param(BODY, headers("!"), id="no base64"),
        pytest.param(BODY, headers(""), id="empty"),
        pytest.param(
            BODY, headers(SIGNATURE) | {"X-ShipEngine-RSA-SHA256-Key-Id": "x"}, id="unknown key"
        ),
        pytest.param(BODY, {"X-ShipEngine-RSA-SHA256-Signature": SIGNATURE}, id="headers missing"),
    ],
)
def test_a_signature_that_does_not_hold_is_refused(
    con: Con, folder: Path, keys: WebhookKeys, body: bytes, kept: dict[str, str]
) -> None:
    drop(folder, "one", body, kept)

    problem = InboxProblem("one.json", "Its signature does not hold.")
    assert take_in(con, folder, keys) == InboxReport(refused=1, problems=[problem])
    assert hints(con) == []


def test_a_key_of_another_size_signs_nothing_here(con: Con, folder: Path, tmp_path: Path) -> None:
    other = WebhookKeys(save_keys(tmp_path / "other.json", modulus=2**2048 - 1557))
    drop(folder, "one", BODY, headers(SIGNATURE))

    assert take_in(con, folder, other).refused == 1


def test_what_a_body_says_of_a_parcel_is_kept_only_if_it_is_signed(
    con: Con, folder: Path, keys: WebhookKeys
) -> None:
    body = webhook("/v2/labels/se-7/track", "TRACK_EVENT_V2", data={"status_code": "DE"})
    drop(folder, "signed", body, signed(body, AT))
    drop(folder, "unsigned", body)

    assert take_in(con, folder, keys).hints == 2
    assert sorted(hints(con), key=str) == [
        ("tracking", {"label_id": "se-7"}, False, False),
        ("tracking", {"label_id": "se-7"}, True, True),
    ]


def test_without_keys_nothing_counts_as_signed(con: Con, folder: Path) -> None:
    body = webhook("/v2/labels/se-7/track", "TRACK_EVENT_V2", data={"status_code": "DE"})
    drop(folder, "signed", body, signed(body, AT))

    take_in(con, folder)

    assert hints(con) == [("tracking", {"label_id": "se-7"}, False, False)]


@pytest.mark.parametrize(
    "kept",
    [
        b"",
        b"[]",
        b"5",
        b"[" * 10_000,
        b'[["X-ShipEngine-Timestamp", "x"]]',
        b'{"x-shipengine-timestamp": "x"}',
        b'{"Content-Type": "text/html", "content-type": "text/plain; charset=utf-7"}',
    ],
)
def test_headers_without_a_signature_sign_nothing(
    con: Con, folder: Path, keys: WebhookKeys, kept: bytes
) -> None:
    drop(folder, "one", webhook("/v2/labels/se-7/track", data={"status_code": "DE"}))
    (folder / "one.headers.json").write_bytes(kept)
    take_in(con, folder, keys)
    assert hints(con) == [("tracking", {"label_id": "se-7"}, False, False)]


@pytest.mark.parametrize(
    "change",
    [
        {SIGNATURE_HEADER: ["a", "b"]},
        {SIGNATURE_HEADER: 5},
        {SIGNATURE_HEADER: ""},
        {SIGNATURE_HEADER: "\u00e9"},
        {SIGNATURE_HEADER: "A" * 3_000_000},
        {SIGNATURE_HEADER.lower(): "AAAA"},
        {"X-ShipEngine-Timestamp": None},
        {"X-ShipEngine-Timestamp": "99999999999999999999"},
        {"X-ShipEngine-Timestamp": "\u0661\u0662"},
        {"X-ShipEngine-RSA-SHA256-Key-Id": {"a": 1}},
    ],
)
def test_an_odd_signature_is_refused_and_named(
    con: Con, folder: Path, keys: WebhookKeys, change: dict[str, object]
) -> None:
    body = webhook("/v2/labels/se-7/track", data={"status_code": "DE"})
    drop(folder, "one", body)
    (folder / "one.headers.json").write_bytes(orjson.dumps({**signed(body, AT), **change}))
    report = take_in(con, folder, keys)
    assert (report.hints, report.refused) == (0, 1)
    assert [one.row_id for one in Quarantine(con).waiting("webhooks")] == ["one.json"]
