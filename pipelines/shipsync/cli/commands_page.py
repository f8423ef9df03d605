"""The page of all commands, ``docs/commands.md``: ``make docs`` writes it from their own help."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, Final

from shipsync.cli.app import command

_HEAD: Final = """\
# Commands

Each takes `--connection NAME`, `--database FILE` and `--json`, and tells the same as this page with `--help`.
Results go to standard output, as a table on a terminal and tab-separated in a pipe; messages go to standard
error. With `--json` a failure that printed no result is a document too:
`{"error": {"type": "UnknownOrder", "message": "…", "exit_code": 5}}`.

## Exit codes

| exit code | means |
|---|---|
| 0 | done |
| 1 | failed; the sentence names the stream and the cause, what other streams loaded is kept |
| 2 | the call, a setting or a file given is wrong; nothing was done |
| 3 | finished, and something needs a person: a row that is invalid, was rejected or is unknown, a plan that \
was stopped, a level that is not what it was made, an order number that means several orders |
| 4 | another run is at work on this database |
| 5 | what was asked for is not there: an order, a shipment, a consumer |
| 130 | interrupted from the keyboard; what was committed is kept |

## All of them

| command | what it does |
|---|---|
"""
_FOOT: Final = """
This page is generated: `make docs` writes it from the commands' help.
"""


def page() -> str:
    """The page, in Markdown: every command with its options and an example."""
    found = list(leaves(command()))
    rows = "".join(
        f"| [`shipsync {name}`](#shipsync-{name.replace(' ', '-')}) | {_first_sentence(leaf.help)} |\n"
        for name, leaf in found
    )
    return _HEAD + rows + "".join(_section(name, leaf) for name, leaf in found) + _FOOT


def leaves(tree: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command below ``tree`` that is shown, by the words that call it."""
    for name, inner in sorted(getattr(tree, "commands", {}).items()):
        if inner.hidden:
            continue
        if hasattr(inner, "commands"):
            yield from leaves(inner, (*words, name))
        if not hasattr(inner, "commands") or inner.invoke_without_command:
            yield " ".join((*words, name)), inner


def _section(name: str, leaf: Any) -> str:
    arguments = [p for p in leaf.params if p.param_type_name == "argument"]
    options = [p for p in leaf.params if p.param_type_name == "option" and not p.hidden]
    names = "".join(f" {_named(argument)}" for argument in arguments)
    text = f"\n## shipsync {name}\n\n{_paragraphs(leaf.help)}\n\n"
    text += f"```text\nshipsync {name}{names} [OPTIONS]\n```\n\n"
    if leaf.epilog:
        text += f"{leaf.epilog.replace('Example: ', 'Example: `', 1)}`\n\n"
    rows = [(f"`{_named(a)}`", a.help or "") for a in arguments if a.help]
    rows += [
        (", ".join(f"`{word}`" for word in (*o.opts, *o.secondary_opts)), o.help) for o in options
    ]
    table = "".join(f"| {words} | {_cell(about)} |\n" for words, about in rows)
    return text + f"| | |\n|---|---|\n{table}"


def _first_sentence(text: str) -> str:
    return _cell(text.split("\n\n")[0]).removesuffix(".")


def _named(argument: Any) -> str:
    name = (argument.metavar or argument.name).upper()
    return f"[{name}]" if not argument.required else name


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
