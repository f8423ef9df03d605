"""Nothing undocumented: every command has help, an example and the shared options."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shipsync import errors
from shipsync.cli.app import command
from shipsync.cli.boundary import INTERRUPTED
from shipsync.settings import SETTINGS
from shipsync.settings.page import page

ROOT = Path(__file__).parents[2]
PAGES = {
    path.name: path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
SHARED = ("--connection", "--database", "--json")
# It is about many connections, each with a database.
SHARED_BY_FLEET = ("--record", "--json")
LONGEST_SHORT_HELP = 60


def leaves(tree: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command that does something, with its words."""
    for name, inner in getattr(tree, "commands", {}).items():
        if hasattr(inner, "commands"):
            yield from leaves(inner, (*words, name))
        if not hasattr(inner, "commands") or inner.invoke_without_command:
            yield " ".join((*words, name)), inner


COMMANDS = dict(leaves(command()))
each_command = pytest.mark.parametrize("name", COMMANDS)


def table_after(page: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading of a page, without its head."""
    section = PAGES[page].split(f"\n{heading}\n", 1)[1]
    lines = [line for line in section.split("\n## ")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_page_of_commands_lists_exactly_the_commands_there_are() -> None:
    listed = re.findall(r"^\| \[`shipsync ([\w ]+)`\]", PAGES["commands.md"], flags=re.MULTILINE)
    shown = (name for name, inner in COMMANDS.items() if not inner.hidden)
    assert sorted(listed) == sorted(shown)


@each_command
def test_its_help_begins_with_one_short_sentence(name: str) -> None:
    first = COMMANDS[name].help.split("\n\n")[0].replace("\n", " ")

    assert first.endswith(".")
    assert first.count(". ") == 0
    assert len(first) <= LONGEST_SHORT_HELP


@each_command
def test_its_example_is_a_call_of_it_that_parses(name: str) -> None:
    example = COMMANDS[name].epilog.removeprefix("Example: ")
    program, *words = shlex.split(example)

    assert program == "shipsync"
    assert words[: len(name.split())] == name.split()
    COMMANDS[name].make_context(name, words[len(name.split()) :])


@each_command
def test_it_has_the_shared_options_and_says_what_each_option_does(name: str) -> None:
    options = [p for p in COMMANDS[name].params if p.name != "help"]
    words = [word for option in options for word in option.opts]

    assert set(SHARED_BY_FLEET if name.startswith("fleet ") else SHARED) <= set(words)
    for option in options:
        assert option.help, option.name
        assert option.help[0].isupper(), option.help
        assert option.help.rstrip().endswith("."), option.help


def test_the_page_of_commands_gives_every_exit_code() -> None:
    listed = {
        int(row[0]) for row in table_after("commands.md", "## Exit codes") if row[0].isdecimal()
    }
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    codes = {kind.exit_code for kind in kinds if issubclass(kind, errors.ShipsyncError)}

    assert listed == {0, INTERRUPTED, *codes}


def test_the_page_of_settings_is_what_make_docs_writes() -> None:
    written = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")

    assert written == page(), "run `make docs`"
    assert all(f"| `{key}` |" in written for key in SETTINGS)


def test_every_make_target_that_a_page_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {
        name
        for page in ("README.md", "contributing.md", "adding-a-stream.md")
        for name in re.findall(r"(?:^|`)make (\w+)", PAGES[page], flags=re.MULTILINE)
    }

    assert named
    assert all(f"\n{target}:" in makefile for target in named)
