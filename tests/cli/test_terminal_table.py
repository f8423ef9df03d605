"""Tables on a terminal: what fits, what moves beneath, what is left out."""

from __future__ import annotations

import io
import sys

import pytest

from shipsync.cli import output
from shipsync.queries import ResultRows

SENTENCE = "60 are on hand already, so nothing has to be sent for this row at all."
ROWS = ResultRows(
    ("key", "wanted", "outcome", "request_id", "reason"),
    [
        ("auto-bb1aad4280becc62b616f7e8", "adjust 57 APRN-NAVY", "applied", None, None),
        ("auto-1e2aad4280becc62b616f000", "adjust 60 APRN-NAVY", "no_op", None, SENTENCE),
    ],
)


class Terminal(io.StringIO):
    """A standard output that is a terminal."""

    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, columns: int, rows: ResultRows = ROWS) -> list[str]:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", str(columns))
    output.show_table(rows)
    return [line.rstrip() for line in terminal.getvalue().splitlines()]


def test_a_wide_terminal_has_everything_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(monkeypatch, 200)
    assert any("no_op" in line and SENTENCE in line for line in lines)


def test_on_a_narrow_one_sentences_stand_beneath(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(monkeypatch, 80)
    [row] = [line for line in lines if "no_op" in line]
    assert row.split() == ["auto-1e2aad4280becc62b616f000", "adjust", "60", "APRN-NAVY", "no_op"]
    beneath = " ".join(line for line in lines[lines.index(row) + 1 :] if line)
    assert beneath == f"key auto-1e2aad4280becc62b616f000: {SENTENCE}"


def test_what_a_row_is_called_by_stays_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(monkeypatch, 50)
    assert sum("auto-bb1aad4280becc62b616f7e8" in line for line in lines) == 1


def test_a_column_without_a_single_cell_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "request id" not in "\n".join(shown(monkeypatch, 200))
    empty = ResultRows(ROWS.columns, [])
    assert "request id" in "\n".join(shown(monkeypatch, 200, empty))


def test_rows_without_a_single_value_are_no_stumbling_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = ResultRows(("a", "b"), [(None, None), (None, "of several words " * 9)])
    assert "of several words" in "\n".join(shown(monkeypatch, 40, rows))
    assert shown(monkeypatch, 40, ResultRows(("a", "b"), [(None, None)])) is not None
