"""``shipsync demo``: the whole job once, without an account."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from shipsync.cli import options, output

if TYPE_CHECKING:
    from shipsync.demo import Step

app = typer.Typer()


@app.command(epilog="Example: shipsync demo")
def demo(
    connection: options.ConnectionName = "demo",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Run the whole job once against an emulated account.

    Needs no key. It makes data/demo.duckdb again each time, and changes no other file.
    """
    from shipsync.demo import play

    output.remark("This takes about half a minute, and neither an account nor the network.")
    show(play(database or Path("data") / f"{connection}.duckdb"), as_json=as_json)


def show(steps: Iterator[Step], *, as_json: bool) -> None:
    """Show each step as soon as it is done, or all of them as one JSON document."""
    if as_json:
        output.show_json([_document(step) for step in steps])
        return
    for number, step in enumerate(steps, start=1):
        output.say(f"{number}. {step.title}")
        for line in step.lines:
            output.say(f"   {line}")
        if step.table is not None:
            output.show_table(step.table)
        output.say()


def _document(step: Step) -> dict[str, object]:
    rows = step.table.objects() if step.table else []
    return {"title": step.title, "lines": step.lines, "rows": rows}
