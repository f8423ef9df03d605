"""The bar of an apply on a terminal: before the first row, on its way, and gone at the end."""

from __future__ import annotations

import io
import sys
from collections import Counter

import pytest

from shipsync.cli import writes_progress
from shipsync.reverse.outbox.rollout import WriteProgress
from shipsync.reverse.outbox.states import WriteState


class Terminal(io.StringIO):
    """Standard error of somebody who watches."""

    def isatty(self) -> bool:
        return True


def test_the_bar_is_drawn_from_the_first_moment_on(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with writes_progress.applying("stock") as show:
        pass
    assert "stock" in terminal.getvalue()
    with writes_progress.applying("shipments") as show:
        show(
            WriteProgress(
                1_200, 2_000, Counter({WriteState.APPLIED: 1_199, WriteState.REJECTED: 1})
            )
        )
    assert "1,200 of 2,000 rows, 1,199 applied, 1 rejected" in terminal.getvalue()


def test_nothing_is_drawn_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    with writes_progress.applying("stock") as show:
        show(WriteProgress(1, 2, Counter({WriteState.APPLIED: 1})))
    assert pipe.getvalue() == ""


def test_planning_is_seen_on_a_terminal_and_not_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, pipe = Terminal(), io.StringIO()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    for stderr in (terminal, pipe):
        monkeypatch.setattr(sys, "stderr", stderr)
        with writes_progress.planning() as show:
            show("read", 0, None)
            show("compared", 200_000, 1_000_000)
    assert "200,000 of 1,000,000 rows compared" in terminal.getvalue()
    assert pipe.getvalue() == ""
