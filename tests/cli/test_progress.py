"""The bars of a sync on a terminal: from the first moment on, numbered, with the time that is left."""

from __future__ import annotations

import io
import sys

import pytest

from shipsync.cli import progress
from shipsync.sync.reports import StreamReport


class Terminal(io.StringIO):
    """Standard error of somebody who watches."""

    def isatty(self) -> bool:
        return True


def watch(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Somebody watches from here on."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    return terminal


def test_something_is_seen_before_the_first_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watch(monkeypatch)
    with progress.shown(200):
        pass
    assert "opening the database" in terminal.getvalue()


def test_streams_are_numbered_and_time_left_follows_the_rate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = watch(monkeypatch)
    with progress.shown(200, ["shipments", "labels"]) as shown:
        shown.began("shipments")
        shown.advanced("shipments", rows=500, expected=1_000_500, pages=1, requests=1)
        shown.began("labels")
        shown.ended(StreamReport("shipments", "loaded", rows=1_000_500, requests=2_001))
    seen = terminal.getvalue()

    assert "1/2 shipments" in seen
    assert "2/2 labels" in seen
    assert "rows 1,000,500, requests 2,001, loaded" in seen


@pytest.mark.parametrize(
    ("expected", "said"),
    [(1_000_500, "10 min left"), (1_000, "less than a minute left"), (500, ""), (None, "")],
)
def test_the_time_left_is_that_of_the_requests_to_come(
    monkeypatch: pytest.MonkeyPatch, expected: int | None, said: str
) -> None:
    terminal = watch(monkeypatch)
    with progress.shown(200) as shown:
        shown.began("shipments")
        shown.advanced("shipments", rows=500, expected=expected, pages=1, requests=1)
    seen = terminal.getvalue()

    assert ("left" in seen) == bool(said)
    assert said in seen


def test_a_step_is_told_on_a_terminal_and_not_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = watch(monkeypatch)
    with progress.steps() as step:
        step("copying the database")
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    with progress.steps() as step, progress.shown(200) as shown:
        step("copying the database")
        shown.began("shipments")
    assert "copying the database" in terminal.getvalue()
    assert pipe.getvalue() == ""


def test_models_are_told_one_of_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watch(monkeypatch)
    with progress.shown(200) as shown:
        progress.beside(shown).building("orders", done=6, total=77)
    assert "7 of 77: orders" in terminal.getvalue()
