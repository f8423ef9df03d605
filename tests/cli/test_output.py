"""The three forms of a result, what a cell shows, and a standard output that nobody can read."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import orjson
import pytest

from shipsync.cli import output
from shipsync.queries import ResultRows

ROWS = ResultRows(("sku", "on hand", "note"), [("A-1", 12000, "two\nlines"), ("B", 0, None)])
SCRIPT = "from shipsync.cli import main; main()"


class Terminal(io.StringIO):
    """A standard output that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_pipe_gets_one_line_a_row_and_one_tab_between_cells(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.show(ROWS, as_json=False)

    assert capsys.readouterr().out == "sku\ton hand\tnote\nA-1\t12000\ttwo lines\nB\t0\t\n"


def test_a_terminal_gets_a_drawn_table(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)

    output.show_table(ROWS, title="Stock")

    shown = terminal.getvalue()
    assert "Stock" in shown
    assert "12,000" in shown
    assert "\t" not in shown
    assert "─" in shown


def test_json_is_one_document_with_names_and_types(capsys: pytest.CaptureFixture[str]) -> None:
    row = (Decimal("1.50"), datetime(2026, 3, 1, 8, tzinfo=UTC), {"a": [1]}, Path("x"), None)
    output.show(ResultRows(("a", "b", "c", "d", "e"), [row]), as_json=True)

    shown = capsys.readouterr()
    assert orjson.loads(shown.out) == [
        {"a": 1.5, "b": "2026-03-01T08:00:00Z", "c": {"a": [1]}, "d": "x", "e": None}
    ]
    assert shown.err == ""


def test_trouble_is_told_in_a_pipe_too_and_success_only_to_a_person(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.note("trouble")
    output.remark("all is well")

    assert capsys.readouterr() == ("", "trouble\n")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (Decimal("12.50"), "12.50"),
        (date(2026, 3, 1), "2026-03-01"),
        (datetime(2026, 3, 1, 8, 5, 6, 999, tzinfo=UTC), "2026-03-01 08:05:06Z"),
        (datetime(2026, 3, 1, 8, tzinfo=timezone(timedelta(hours=-7))), "2026-03-01 15:00:00Z"),
        (datetime(2026, 3, 1, 8, tzinfo=UTC).replace(tzinfo=None), "2026-03-01 08:00:00"),
        ({"a": [1, None]}, '{"a":[1,null]}'),
        ("Ana\x1b[31m López\x07", "Ana\\x1b[31m López\\x07"),
    ],
)
def test_a_cell_shows(value: object, shown: str) -> None:
    assert output.cell(value) == shown


def test_a_value_without_a_form_in_json_is_an_error() -> None:
    with pytest.raises(TypeError, match="JSON"):
        output.show_json({"a": object()})


@pytest.mark.parametrize(
    ("text", "shown"), [(None, ""), ("four", "four"), ("fives", "fiv…"), ("", "")]
)
def test_a_long_text_is_cut_with_an_ellipsis(text: str | None, shown: str) -> None:
    assert output.shortened(text, 4) == shown


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_no_encoding_stops_a_result(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding, newline=""))
    value = {"name": "Zoë → 😀", "quoted": '"'}

    output.show_json(value)
    output.say("5 → 7")

    document, text = raw.getvalue().decode(encoding).split("\n}\n")
    assert orjson.loads(document + "}") == value
    assert text == ("5 → 7\n" if encoding == "utf-8" else "5 \\u2192 7\n")


def command(
    database: Path, *, stdout: int | None, shell: str = ""
) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", SCRIPT, "locations", "--database", str(database)]
    if shell:
        words = ["sh", "-c", f'"$@" {shell}', "sh", *words]
    return subprocess.run(
        words, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, timeout=60
    )


def test_a_reader_that_has_gone_changes_no_exit_code(held: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = command(held, stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("shell", ["2>&-", "2>/dev/full"])
def test_a_standard_error_that_takes_nothing_changes_no_exit_code(held: Path, shell: str) -> None:
    words = [sys.executable, "-c", SCRIPT, "track", "nobody", "--database", str(held)]
    for more, code in (((), 5), (("--nosuch",), 2), (("--json",), 5)):
        done = subprocess.run(
            ["sh", "-c", f'"$@" {shell}', "sh", *words, *more],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == code
        assert ("error" in done.stdout) is (more == ("--json",))


def test_no_standard_output_is_none(held: Path) -> None:
    done = command(held, stdout=None, shell=">&-")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_told_in_a_sentence(held: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = command(held, stdout=full.fileno())
    assert done.returncode == 1
    assert done.stderr == (
        "The result could not be written to standard output (No space left on device), but the command "
        "did its work; what it wrote to the account is in `shipsync writes status`.\n"
    )
