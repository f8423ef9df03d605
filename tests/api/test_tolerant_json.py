"""What a tolerant reader reads, and what nobody can."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipsync.api.salvage import salvage
from shipsync.api.tolerant_json import Document, NotReadable, Repair, read_json
from shipsync.sources.canonical import content_hash

from .scripted_accounts import Script, open_session

CLEAN = {"name": "Ann Müller", "on_hand": 5, "price": 17.25, "tags": ["a", None, True]}
ODD_BUT_CLEAR = [
    pytest.param(b'\xef\xbb\xbf{"a": 1}', {"a": 1}, "byte order mark", id="byte order mark"),
    pytest.param('{"a": "ü"}'.encode("utf-16"), {"a": "ü"}, "UTF-16", id="utf-16"),
    pytest.param('{"a": "ü"}'.encode("utf-16-le"), {"a": "ü"}, "UTF-16", id="utf-16, no mark"),
    pytest.param('{"a": "ü"}'.encode("utf-32"), {"a": "ü"}, "UTF-32", id="utf-32"),
    pytest.param(b'{"a": "Ann \\ud83d"}', {"a": "Ann \ufffd"}, "half a character", id="high half"),
    pytest.param(b'{"a": "\\ude00 Ann"}', {"a": "\ufffd Ann"}, "half a character", id="low half"),
    pytest.param(b'{"\\ud83d": 1}', {"\ufffd": 1}, "half a character", id="half in a name"),
    pytest.param(b'{"a": "Ann\xff"}', {"a": "Ann\ufffd"}, "no UTF-8", id="one bad byte"),
    pytest.param(b'{"a": "\xed\xa0\xbd"}', {"a": "\ufffd"}, "no UTF-8", id="half in bytes"),
    pytest.param(b'{"a": "M\xfcller"}', {"a": "M\ufffdller"}, "no UTF-8", id="latin-1"),
    pytest.param(b'{"a": NaN}', {"a": "NaN"}, "kept as a text", id="nan"),
    pytest.param(b'{"a": -Infinity}', {"a": "-Infinity"}, "kept as a text", id="infinity"),
    pytest.param(b'{"a": 1e999}', {"a": "1e999"}, "kept as a text", id="beyond floats"),
    pytest.param(b'{"a": [1, 2,],}', {"a": [1, 2]}, "a comma stood", id="trailing commas"),
    pytest.param(b'{"a": "C:\\Users"}', {"a": "C:\\Users"}, "no escape", id="bare backslash"),
    pytest.param(b'{"a": "\\u12 "}', {"a": "\ufffd12 "}, "no escape", id="cut escape"),
    pytest.param(b'{"a": 1}<!-- served -->', {"a": 1}, "followed its end", id="a comment behind"),
    pytest.param(b'{"a": 1}}', {"a": 1}, "followed its end", id="a bracket too many"),
]
UNSAID = [
    pytest.param(b'{"a": "x\ty\nz\x01"}', {"a": "x\ty\nz\x01"}, id="control characters"),
    pytest.param(b'{"a": 1, "a": 2}', {"a": 2}, id="a name twice"),
    pytest.param(b'{"a": 1}\x00\x00\r\n', {"a": 1}, id="blanks and zeros behind"),
    pytest.param(b'{"a": 18446744073709551616}', {"a": 2.0**64}, id="beyond 64 bits"),
    pytest.param(b'\n\x00 {"a": "x\x01"}', {"a": "x\x01"}, id="blanks and zeros before"),
]
NO_JSON = [
    *(
        b"",
        b" ",
        b"x",
        b'{"a": ',
        b'{"a": 1',
        b'{"a": "b}',
        b'{"a" 1}',
        b"[1 2]",
        b"[1,,2]",
        b"[,1]",
    ),
    *(b"{'a': 1}", b'{"a": 1}{"a": 2}', b'{"a": 1}[', b'{"a": None}', b'{"a": 01}', b"\xff\xfe{}"),
    pytest.param(b"[" * 100_000, id="nested without end"),
    pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 99_999, id="nested and one short"),
]


def test_what_is_json_is_read_as_ever() -> None:
    assert read_json(orjson.dumps(CLEAN)) == Document(CLEAN)
    assert read_json(json.dumps(CLEAN).encode()) == Document(CLEAN)


@pytest.mark.parametrize(("raw", "value", "what"), ODD_BUT_CLEAR)
def test_what_is_clear_is_read_and_said(raw: bytes, value: object, what: str) -> None:
    document = read_json(raw)
    assert document.value == value
    assert [what in repair.what for repair in document.repairs].count(True) == 1
    orjson.dumps(document.value)


@pytest.mark.parametrize(("raw", "value"), UNSAID)
def test_what_loses_nothing_is_read_without_a_word(raw: bytes, value: object) -> None:
    assert read_json(raw) == Document(value)


@pytest.mark.parametrize("raw", NO_JSON)
def test_what_is_not_clear_is_not_guessed(raw: bytes) -> None:
    with pytest.raises(NotReadable):
        read_json(raw)


@pytest.mark.parametrize("levels", [900, 5_000, 200_000])
@pytest.mark.parametrize("other", ["1", "NaN", '"\\ud83d"', '"a\\qb"', "[1,]"])
def test_what_is_nested_too_deeply_is_left_out_and_the_rest_is_read(
    levels: int, other: str
) -> None:
    deep = '{"b":[' * (levels // 2) + '"]}{["' + "]}" * (levels // 2)
    raw = f'{{"rows": [{{"a": {deep}, "id": 7}}, {{"a": {other}}}], "total": 2}}'.encode()
    value = read_json(raw).value
    assert (value["rows"][0]["id"], value["total"]) == (7, 2)
    clean = f'{{"a": {deep}, "id": 7}}'.encode()
    # Of what becomes of the row nothing depends on its neighbours.
    assert content_hash(value["rows"][0]) == content_hash(read_json(clean).value)


def test_a_repair_names_its_place() -> None:
    raw = b'{"shipments": [{"n": "a"}, {"ship_to": {"name": "\\ud83d"}}]}'
    [repair] = read_json(raw).repairs
    assert repair == Repair(("shipments", 1, "ship_to", "name"), "half a character became \ufffd")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@settings(deadline=None)
@given(JSON)
def test_what_json_can_say_is_never_refused_and_always_fit_to_store(value: Any) -> None:
    document = read_json(json.dumps([value]).encode())
    assert len(document.value) == 1
    orjson.dumps(document.value)


@settings(deadline=None)
@given(JSON, st.data())
def test_no_damage_raises_anything_unforeseen(value: Any, data: st.DataObject) -> None:
    raw = bytearray(json.dumps({"shipments": [value]}).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    with contextlib.suppress(NotReadable):
        orjson.dumps(read_json(bytes(raw)).value)


@settings(deadline=None)
@given(JSON, st.data())
def test_what_was_cut_off_anywhere_ends_early(value: Any, data: st.DataObject) -> None:
    raw = json.dumps({"shipments": [value]}, ensure_ascii=False).encode()
    end = data.draw(st.integers(1, len(raw) - 1))
    with pytest.raises(NotReadable) as caught:
        read_json(raw[:end])
    # Cut inside a text, behind a bracket of it, it can't be told from a text without an end.
    is_in_a_text = caught.value.reason.startswith("unterminated string")
    assert caught.value.ends_early or (is_in_a_text and raw[:end].endswith(b"}"))


@pytest.mark.parametrize("row", ['{"a": "', '{"a": x, "b": "', "[" * 500 + '"'], ids=len)
def test_quotation_marks_that_nothing_closes_are_gone_through_once(row: str) -> None:
    # Looked for from each of them again, their end would take hours to be missed.
    raw = ('{"labels": [' + row + '\\"' * 2_000_000 + "]}").encode()
    with pytest.raises(NotReadable):
        read_json(raw)
    assert salvage(raw, "labels", "label_id", None) is None


def test_repairs_are_told_once_for_each_kind_with_the_first_row_and_field() -> None:
    rows = b'{"shipment_id": "se-%d", "ship_to": {"name": "Ann \\ud83d"}}'
    body = b'\xef\xbb\xbf{"shipments": [' + b", ".join(rows % number for number in range(3)) + b"]}"
    session, _ = open_session(Script(httpx.Response(200, content=body)))
    for _ in range(2):
        session.read("/v2/shipments", stream="shipments")
    said = "shipments: what came was no clean JSON and was read all the same: "
    assert session.repairs.remarks() == [
        f"{said}it began with a byte order mark (2 times in all).",
        f"{said}in shipment_id se-0, ship_to.name, half a character became \ufffd (6 times in all).",
    ]
