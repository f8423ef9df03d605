"""The page of commands is what their help says."""

from __future__ import annotations

from pathlib import Path

from shipsync.cli.commands_page import page

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


def test_the_page_is_what_make_docs_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_a_command_is_told_with_its_options_and_an_example() -> None:
    section = page().split("\n## shipsync changes ack\n")[1].split("\n## ")[0]

    assert "shipsync changes ack SEQUENCE [OPTIONS]" in section
    assert "Example: `shipsync changes ack" in section
    assert "| `--consumer` |" in section
