"""Options by their names: what is told of each, and values read from texts."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from shipsync.emulator import Options
from shipsync.emulator.option_values import described_options, options_from


def test_values_are_read_as_what_the_option_holds() -> None:
    given = ["ties=reversed", "deepest_row=10000", "retry_after=false", "pages_when_empty=1"]
    read = options_from([*given, "public_url=http://127.0.0.1:8"])
    assert read == Options(
        ties="reversed",
        deepest_row=10_000,
        retry_after=False,
        pages_when_empty=1,
        public_url="http://127.0.0.1:8",
    )
    assert options_from(["deepest_row=none"], read).deepest_row is None


def test_every_default_can_be_given_as_it_is_told() -> None:
    base = Options.observed()
    for option in described_options():
        read = options_from([f"{option.name}={option.default}"], base)
        assert read == replace(base, **{option.name: getattr(Options(), option.name)})
    assert [option.name for option in described_options()] == [f.name for f in fields(Options)]


def test_the_last_word_counts() -> None:
    assert options_from(["ties=reversed", "ties=shuffled"]).ties == "shuffled"


@pytest.mark.parametrize("text", ["ties", "tie=x", "ties=x", "retry_after=1", "mass_ties=many"])
def test_what_no_option_holds_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"^[A-Z'].*\.$"):
        options_from([text])
