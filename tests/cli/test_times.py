"""Times as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import typer

from shipsync import clock
from shipsync.cli.times import Span, instant, span

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
MORNING = datetime(2026, 1, 1, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-01-01", JANUARY),
        ("2026-01-01T08:30Z", MORNING),
        ("2026-01-01T00:30-08:00", MORNING),
        ("2026-01-01T08:30", MORNING),
    ],
)
def test_an_instant_is_read_in_utc(text: str, meant: datetime) -> None:
    assert instant(text) == meant


@pytest.mark.parametrize(
    ("text", "ago"), [("36h", timedelta(hours=36)), ("7d", timedelta(days=7)), ("0d", timedelta(0))]
)
def test_how_long_ago_counts_from_now(text: str, ago: timedelta) -> None:
    before = clock.now() - ago
    assert before <= instant(text) <= clock.now() - ago


@pytest.mark.parametrize("text", ["", "soon", "08:30", "2026-13-01", "7w", "-1d", "999999d"])
def test_what_is_no_time_is_refused_with_what_would_be(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="2026-01-31"):
        instant(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-01-01:2026-02-01", Span(JANUARY, FEBRUARY)),
        ("2026-01-01T08:30Z:2026-02-01", Span(MORNING, FEBRUARY)),
        ("2026-01-01:2026-02-01T00:00:00Z", Span(JANUARY, FEBRUARY)),
        ("2026-01-01:", Span(JANUARY, None)),
        (":2026-02-01", Span(None, FEBRUARY)),
        (":", Span(None, None)),
    ],
)
def test_a_span_is_two_instants_whatever_colons_they_hold(text: str, meant: Span) -> None:
    assert span(text) == meant


@pytest.mark.parametrize("text", ["2026-01-01", "2026-01-01..2026-02-01", "yesterday:today", ""])
def test_what_is_no_span_is_refused_with_what_would_be(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="FROM:TO"):
        span(text)
