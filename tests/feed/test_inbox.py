"""Webhooks in a folder: what becomes a hint, what is refused, and that nothing else is believed."""

from __future__ import annotations

import os
import socket
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import duckdb
import orjson
import pytest

from shipsync.errors import InputFileError
from shipsync.feed.inbox import MOST_NAMED, InboxReport, take_in
from shipsync.feed.webhook_keys import WebhookKeys
from shipsync.warehouse.quarantine import Quarantine

from .signed_webhooks import AT, BODY, drop, hints, signed, webhook

Con = duckdb.DuckDBPyConnection


def test_bodies_come_in_files_and_on_lines_and_count_once(con: Con, folder: Path) -> None:
    shipments = webhook("/v2/shipments?import_batch_id=b6ba2537-aef1", "SHIPMENT_CREATED_V2")
    fulfillment = webhook("/v2/fulfillments?fulfillment_id=se-1&shipment_id=se-2")
    drop(folder, "one", shipments)
    line = orjson.dumps({"headers": {"Host": "x"}, "body": fulfillment.decode()})
    (folder / "more.jsonl").write_bytes(BODY + b"\n\n" + line + b"\n")
    (folder / "taken.json").mkdir()

    assert take_in(con, folder) == InboxReport(hints=3)
    assert take_in(con, folder) == InboxReport(known=3)
    assert hints(con) == [
        ("fulfillments", {"fulfillment_id": "se-1", "shipment_id": "se-2"}, False, False),
        ("labels", {"batch_id": "se-1"}, False, False),
        ("shipments", {"import_batch_id": "b6ba2537-aef1"}, False, False),
    ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "it is no JSON object with a resource_url"),
        (b"[1]", "it is no JSON object with a resource_url"),
        (b"{}", "it is no JSON object with a resource_url"),
        (b'{"resource_url": 5}', "it is no JSON object with a resource_url"),
        (webhook("/v2/inventory?sku=A"), "names something that a sync does not read"),
        (webhook("/v2/labels"), "must ask by batch_id"),
        (webhook("/v2/labels?batch_id=se-1&page_size=1"), "must ask by batch_id"),
        (webhook("/v2/labels?batch_id="), "must ask by batch_id"),
        (webhook("/v2/labels?batch_id=../../x"), "a value that is no id"),
        (webhook("/v2/labels/../warehouses/track"), "names something that a sync does not read"),
        (webhook("/v2/labels/se-1/void"), "names something that a sync does not read"),
        (b'{"resource_url": "http://[/v2/labels?batch_id=se-1"}', "is no address"),
        (b" " * 4_000_000 + BODY, "longer than 4 MB (largest_webhook_mb)"),
    ],
)
def test_what_names_nothing_to_read_is_left_and_named_with_the_reason(
    con: Con, folder: Path, body: bytes, reason: str
) -> None:
    drop(folder, "one", body)
    (folder / "more.jsonl").write_bytes(BODY + b"\n" + (body or b"{}") + b"\n" + BODY)

    report = take_in(con, folder)

    assert (report.hints, report.not_understood) == (2, 2)
    assert [problem.place for problem in report.problems] == ["more.jsonl:2", "one.json"]
    assert all(reason in problem.reason for problem in report.problems)
    assert len(hints(con)) == 2
    waiting = {one.row_id: one.reason for one in Quarantine(con).waiting("webhooks")}
    assert waiting == {problem.place: problem.reason for problem in report.problems}

    drop(folder, "one", BODY)
    take_in(con, folder)
    assert [one.row_id for one in Quarantine(con).waiting("webhooks")] == ["more.jsonl:2"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda body: b"\xef\xbb\xbf" + body,
        lambda body: body.replace(b"}", b', "name": "Ann \\ud83d"}', 1),
        lambda body: body.replace(b"}", b', "name": "Ann \xff",}', 1),
        lambda body: body.replace(b"}", b', "weight": NaN}', 1),
        lambda body: body + b"\x00\r <!-- -->",
    ],
)
def test_a_webhook_whose_meaning_is_clear_is_taken_in_and_that_is_said_once(
    con: Con, folder: Path, damage: Callable[[bytes], bytes]
) -> None:
    body = damage(BODY)
    assert body != BODY
    (folder / "more.jsonl").write_bytes(body + b"\n" + BODY + b"\n" + body)

    report = take_in(con, folder)

    assert (report.hints, report.problems) == (3, [])
    for remark in report.remarks:
        assert remark.startswith("inbox: what came was no clean JSON and was read all the same")
        assert "(2 times in all)" in remark
    assert report.remarks


@pytest.mark.parametrize("name", ["big.json", "big.jsonl"])
def test_a_file_of_one_endless_body_is_not_read_to_its_end(
    con: Con, folder: Path, name: str
) -> None:
    with (folder / name).open("wb") as file:
        file.truncate(700_000_000)
    drop(folder, "one", BODY)
    tracemalloc.start()

    report = take_in(con, folder, most_bytes=1_000_000)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000
    assert report.hints == 1
    [problem] = report.problems
    assert problem.place.startswith(name)
    assert problem.reason.startswith("It is longer than 1 MB (largest_webhook_mb)")


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/v2/labels?batch_id=se-1",
        "HTTPS://API.SHIPSTATION.COM:9/v2/labels?batch_id=se-1#x",
        "https://key:secret@evil.example/v2/labels?batch_id=se-1",
        "http://[::1]:8080/v2/labels?batch_id=se-1",
        "file:///v2/labels?batch_id=se-1",
        "/v2/labels?batch_id=se-1",
    ],
)
def test_of_an_address_nothing_is_kept_but_what_to_ask_the_account_for(
    con: Con, folder: Path, address: str
) -> None:
    drop(folder, "one", orjson.dumps({"resource_url": address}))
    take_in(con, folder)
    assert hints(con) == [("labels", {"batch_id": "se-1"}, False, False)]


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/v2/labels?batch_id=se-1",
        "/v2/labels/../shipments?batch_id=se-1",
        "/v2/labels/%2e%2e/track",
        "/v2/labels;x?batch_id=se-1",
        "/v2/labels?batch_id=se-1%0d%0aapi-key:x",
        "/v2/labels?batch_id=se-1&batch_id=http://evil.example",
        "/V2/LABELS?batch_id=se-1",
        "/v2/labels/se-1/track/",
        "/v2/labels?batch_id=\uff53\uff45-1",
    ],
)
def test_an_address_that_leads_astray_is_named(con: Con, folder: Path, path: str) -> None:
    drop(folder, "one", webhook(path))
    report = take_in(con, folder)
    assert (report.hints, report.not_understood) == (0, 1)
    assert [one.row_id for one in Quarantine(con).waiting("webhooks")] == ["one.json"]


HOSTILE = {
    "10,000 lists": b"[" * 10_000 + b"]" * 10_000,
    "10,000 objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "lists that never end": b"[" * 3_900_000,
    "objects that never end": b'{"a":' * 700_000,
    "a text of quotation marks that never ends": b'{"a": "' + b'\\"' * 1_900_000,
    "a row of quotation marks": b'{"a": [{"b": x, "c": "' + b'\\"' * 1_900_000 + b"}]}",
    "commas": b'{"a": [' + b", " * 1_900_000 + b"]}",
    "an endless number": b'{"a": ' + b"9" * 3_900_000 + b"}",
    "names": b"{" + b",".join(b'"%d":0' % n for n in range(300_000)) + b"}",
    "a number": b"5",
    "UTF-16 alone": b"\xff\xfe",
    "half of UTF-16": b"\xff\xfe{\x00",
    "zeros": bytes(3_900_000),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_body_is_named_and_the_others_are_taken_in(
    con: Con, folder: Path, kind: str
) -> None:
    # One whose reading takes the square of its length would never come back.
    drop(folder, "hostile", HOSTILE[kind])
    drop(folder, "one", BODY)
    report = take_in(con, folder)
    assert (report.hints, [problem.place for problem in report.problems]) == (1, ["hostile.json"])
    assert len(report.problems[0].reason) < 200


def test_a_parcel_that_is_nested_deeply_is_kept_as_deep_as_can_be(
    con: Con, folder: Path, keys: WebhookKeys
) -> None:
    nested = b'{"a":' * 500 + b"1" + b"}" * 500
    body = webhook("/v2/labels/se-7/track", data={"status_code": "DE"})
    body = body.replace(b'"DE"', b'"DE","more":' + nested)
    drop(folder, "one", body, signed(body, AT))
    assert take_in(con, folder, keys).hints == 1
    assert hints(con) == [("tracking", {"label_id": "se-7"}, True, True)]


def test_an_ending_in_capitals_is_met_too(con: Con, folder: Path) -> None:
    (folder / "ONE.JSON").write_bytes(BODY)
    assert take_in(con, folder).hints == 1


def test_headers_that_are_too_long_are_no_headers(con: Con, folder: Path) -> None:
    drop(folder, "one", BODY)
    with (folder / "one.headers.json").open("wb") as file:
        file.truncate(700_000_000)
    [problem] = take_in(con, folder).problems
    assert problem.reason.startswith("It is longer than 4 MB")


def test_of_a_file_full_of_nothing_so_many_lines_are_named(con: Con, folder: Path) -> None:
    (folder / "noise.jsonl").write_bytes(b"x\n" * (MOST_NAMED + 500))
    report = take_in(con, folder)
    assert report.not_understood == MOST_NAMED + 500
    assert len(report.problems) == MOST_NAMED


def test_what_is_no_file_stops_nothing(con: Con, folder: Path) -> None:
    drop(folder, "one", BODY)
    drop(folder, "two", BODY)
    os.mkfifo(folder / "two.headers.json")
    os.mkfifo(folder / "pipe.json")
    os.mkfifo(folder / "pipe.jsonl")
    (folder / "folder.json").mkdir()
    (folder / "link.json").symlink_to(folder / "nowhere")
    (folder / "loop.json").symlink_to(folder / "loop.json")
    with socket.socket(socket.AF_UNIX) as listener:
        # The path of a socket must be short.
        short = Path(tempfile.mkdtemp(dir="/tmp")) / "socket.json"
        listener.bind(str(short))
        short.rename(folder / "socket.json")
        short.parent.rmdir()
        report = take_in(con, folder)

    assert report.hints == 1
    assert {problem.place: problem.reason for problem in report.problems} == {
        "link.json": "It can't be read: No such file or directory.",
        "loop.json": "It can't be read: Too many levels of symbolic links.",
        "pipe.json": "It is no file but a pipe, a socket or a device.",
        "pipe.jsonl": "It is no file but a pipe, a socket or a device.",
        "socket.json": "It is no file but a pipe, a socket or a device.",
        "two.json": "two.headers.json, which should have its headers, is no file.",
    }


def test_a_name_that_is_no_utf_8_is_written_out(con: Con, folder: Path) -> None:
    Path(os.fsdecode(bytes(folder) + b"/good-\xff.json")).write_bytes(BODY)
    Path(os.fsdecode(bytes(folder) + b"/b\xe4d.json")).write_bytes(b"{}")

    report = take_in(con, folder)

    assert report.hints == 1
    assert [problem.place for problem in report.problems] == ["b\\xe4d.json"]
    assert take_in(con, folder).known == 1


def test_a_folder_that_is_not_there_is_named(con: Con, tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="nowhere can't be read"):
        take_in(con, tmp_path / "nowhere")
