"""Instants as the API writes and reads them."""

from __future__ import annotations

import pendulum
import pytest

from shipsync.emulator.timestamps import given_micros, of_moment, to_micros, to_moment, to_text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(800, ".8Z"), (440, ".44Z"), (67, ".067Z"), (0, "Z"), (100, ".1Z"), (1, ".001Z")],
)
def test_times_are_written_as_the_api_writes_them(milliseconds: int, text: str) -> None:
    moment = pendulum.datetime(2026, 8, 12, 19, 46, 28, microsecond=milliseconds * 1000)
    written = to_text(of_moment(moment))
    assert written == f"2026-08-12T19:46:28{text}"
    assert to_moment(to_micros(written)) == moment


@pytest.mark.parametrize("text", ["", "now", "20260101T000000Z", "2026-13-01", "9999-12-31", "1e9"])
def test_given_times_are_spelled_out(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        given_micros(text)
