"""Every command with files, databases and values that will not do: one sentence each, and a fitting code."""

from __future__ import annotations

import os
import shutil
import struct
from pathlib import Path

import duckdb
import orjson
import pytest

from .conftest import Outcome, Run

BINARY = bytes(range(256)) * 40
ODD_FILES = {
    "missing": None,
    "empty": b"",
    "binary": BINARY,
    "html": b"<html><body>503 Service Unavailable</body></html>",
    "nul": b"a,b\x00c\n1,2\n",
    "latin": "gr\u00f6\u00dfe,ort\n1,2\n".encode("latin-1"),
    "deep": b"[" * 100_000,
}
TAKE_A_FILE = {
    ending: [
        ("stock", "plan"),
        ("stock", "targets"),
        ("shipments", "create"),
        ("shipments", "cancel", "--from"),
        ("fulfillments", "create"),
    ]
    for ending in (".csv", ".xlsx", ".jsonl", ".parquet")
} | {
    ".json": [
        ("stock", "apply"),
        ("shipments", "apply"),
        ("fulfillments", "apply"),
        ("inbox", ".", "--keys"),
        ("inbox",),
    ],
    ".sql": [("stock", "plan"), ("fulfillments", "create")],
}
ON_A_DATABASE = [
    ("backup", "kept"),
    ("build",),
    ("changes", "ack", "1", "--consumer", "c"),
    ("changes", "consumers"),
    ("changes", "deliver", "--consumer", "c", "--to", "x.jsonl"),
    ("changes", "list"),
    ("changes", "read", "--consumer", "c"),
    ("changes", "retry", "--consumer", "c", "--to", "x.jsonl"),
    ("changes", "rewind", "--consumer", "c", "--to", "1"),
    ("dashboard", "--check"),
    ("export", "--to", "parquet:out"),
    ("inbox", "."),
    ("locations",),
    ("publish", "--to", "postgresql://me@127.0.0.1:1/none"),
    ("quarantine", "list"),
    ("quarantine", "retry"),
    ("reconcile",),
    ("report", "--page", "morning-board", "--to", "r.html"),
    ("run",),
    ("runs",),
    ("shipments", "cancel", "x"),
    ("shipments", "rates", "x"),
    ("snapshot", "snap.duckdb"),
    ("status",),
    ("stock", "adjust", "A", "B", "1"),
    ("sync",),
    ("track", "1"),
    ("warehouses",),
    ("writes", "release", "--because", "all is well"),
    ("writes", "status"),
]


def assert_told(ran: Outcome, *codes: int) -> None:
    """It failed with one of ``codes``, in a sentence that was foreseen."""
    assert ran.code in codes, f"{ran.code} {ran.out} {ran.err}"
    assert ran.err.strip()
    assert "did not foresee" not in ran.err
    assert "Traceback" not in ran.err
    assert len(ran.err) < 1000


@pytest.mark.parametrize("kind", [*ODD_FILES, "a folder", "a loop", "a long name"])
@pytest.mark.parametrize("ending", TAKE_A_FILE)
def test_a_file_that_will_not_do(
    run: Run, unchanged: Path, folder: Path, ending: str, kind: str
) -> None:
    (folder / "there").mkdir()
    file = folder / "there" / f"{'a' * 300 if kind == 'a long name' else 'odd'}{ending}"
    if kind == "a folder":
        file.mkdir()
    elif kind == "a loop":
        file.symlink_to(file.name)
    elif content := ODD_FILES.get(kind):
        file.write_bytes(content)
    elif kind == "empty":
        file.touch()
    for words in TAKE_A_FILE[ending]:
        if words == ("inbox",) and kind == "a folder":
            continue
        ran = run(*words, file, "--json")
        assert_told(ran, 2, 3)
        assert ran.json["error"]["exit_code"] == ran.code
    assert not list(folder.rglob("*.plan.json"))


def newer(database: Path) -> None:
    """Give an empty database the header of a later version of DuckDB's files."""
    duckdb.connect(str(database)).close()
    content = bytearray(database.read_bytes())
    content[12:20] = struct.pack("<Q", 199)
    checksum = 5381
    for (word,) in struct.iter_unpack("<Q", content[8:4096]):
        checksum ^= word * 0xBF58476D1CE4E5B9 % 2**64
    content[:8] = struct.pack("<Q", checksum)
    database.write_bytes(content)


@pytest.mark.parametrize("kind", ["html", "a loop", "newer"])
def test_a_database_that_will_not_do(run: Run, account: object, folder: Path, kind: str) -> None:
    database = folder / "odd.duckdb"
    if kind == "a folder":
        database.mkdir()
    elif kind == "a loop":
        database.symlink_to(database.name)
    elif kind == "newer":
        newer(database)
    else:
        database.write_bytes(ODD_FILES[kind] or b"")
    before = database.read_bytes() if database.is_file() else b""
    for words in ON_A_DATABASE:
        ran = run(*words, "--database", database)
        assert_told(ran, 1, 2)
        assert kind != "newer" or ran.code == 2 or "newer DuckDB" in ran.err, words
    assert (database.read_bytes() if database.is_file() else b"") == before


def test_a_ledger_of_a_newer_version_is_left_alone(run: Run, held: Path) -> None:
    with duckdb.connect(str(held)) as con:
        con.execute(
            "insert into ledger.migrations by name select '9999_later' as name, now() as applied_at"
        )
    before = held.read_bytes()
    ran = run("sync")
    assert_told(ran, 1)
    assert "newer shipsync, whose ledger has 9999_later" in ran.err
    assert held.read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [
        ("stock", "plan", ""),
        ("track", ""),
        ("status", "--database", ""),
        ("shipments", "cancel", "--sql", ""),
        ("changes", "read", "--consumer", ""),
        ("", "status"),
    ],
)
def test_an_empty_argument_is_a_variable_that_is_not_set(
    run: Run, unchanged: Path, words: tuple[str, ...]
) -> None:
    ran = run(*words, "--json")
    assert_told(ran, 2)
    assert "An argument is empty: shipsync" in ran.err
    assert ran.json["error"]["type"] == "UsageError"


NUMBERS = ["0", "-1", "1.5", "NaN", "inf", "1e5", "9" * 400, "9223372036854775808", "0x10"]
INSTANTS = [
    *("NaN", "99999d", "9999999999999d", "-1d", "2026-13-45", "2026-02-30", "yesterday", "1e9d"),
    *("9" * 400 + "d", "2026-01-01T25:00Z", "infinity", "2026-01-01T00:00+99:99"),
]


@pytest.mark.parametrize(
    "words",
    [
        ("changes", "list", "--limit"),
        ("changes", "read", "--limit"),
        ("changes", "deliver", "--to", "x.jsonl", "--limit"),
        ("changes", "deliver", "--to", "x.jsonl", "--batch"),
        ("changes", "deliver", "--to", "x.jsonl", "--attempts"),
        ("changes", "deliver", "--to", "x.jsonl", "--budget"),
        ("changes", "ack", "--consumer", "c"),
        ("runs", "--limit"),
        ("writes", "status", "--limit"),
        ("shipments", "rates", "x", "--top"),
        ("stock", "adjust", "A", "B"),
        ("stock", "increment", "A", "B"),
        ("emulator", "--options", "--port"),
        ("changes", "list", "--since"),
        ("runs", "--since"),
        ("status", "--max-age"),
        ("changes", "rewind", "--consumer", "c", "--to"),
    ],
)
def test_a_value_that_will_not_do(run: Run, unchanged: Path, words: tuple[str, ...]) -> None:
    for value in (*NUMBERS, *INSTANTS):
        ran = run(*words, value)
        assert ran.code in (0, 1, 2, 3, 5), ran.err
        assert "did not foresee" not in ran.err


def test_what_the_system_refuses_is_told_in_its_words(run: Run, unchanged: Path) -> None:
    ran = run("inbox", "a" * 300)
    assert_told(ran, 1, 2)
    assert os.strerror(36) in ran.err


def test_a_copy_of_a_database_may_lie_anywhere(run: Run, held: Path, folder: Path) -> None:
    strange = folder / 'it\'s \u00fc; "x" --.duckdb'
    shutil.copy(held, strange)
    assert run("locations", "--database", strange).code == 0
    assert orjson.loads(run("status", "--database", strange, "--json").out)
