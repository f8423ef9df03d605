"""``docs/cookbook.md``: its queries, and what the demo answers to each.

``cd tests && ../.venv/bin/python -m cookbook`` (``make cookbook``) writes the answers anew.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import duckdb

from shipsync.demo import play
from shipsync.warehouse.database import connect

PAGE: Final = Path(__file__).parents[1] / "docs" / "cookbook.md"
BEGINS: Final = datetime(2025, 6, 2, 9, tzinfo=UTC)
"""When the demo begins that the page shows: it is another one each day."""
SHOWN: Final = 4
_RECIPE: Final = re.compile(
    r"^## (?P<question>.+?)\n(?P<words>.+?)^```sql\n(?P<sql>.+?)^```\n(?P<answer>.*?)(?=^## |\Z)",
    re.MULTILINE | re.DOTALL,
)


def recipes() -> Iterator[re.Match[str]]:
    """Each question of the page, with its SQL and the answer that stands there."""
    yield from _RECIPE.finditer(PAGE.read_text(encoding="utf-8"))


def demo_of_the_page(folder: Path) -> Path:
    """The demo of the page, played in ``folder``."""
    database = folder / "cookbook.duckdb"
    for _ in play(database, start=BEGINS):
        pass
    return database


def answer(con: duckdb.DuckDBPyConnection, sql: str) -> str:
    """The first rows of a query as the page shows them."""
    cursor = con.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    rows = cursor.fetchall()
    if not rows:
        return "\nNo row.\n"
    lines = [_line(names), "|" + "---|" * len(names), *(_line(row) for row in rows[:SHOWN])]
    more = len(rows) - SHOWN
    behind = f"\nand {more} more.\n" if more > 0 else ""
    return "\n" + "\n".join(lines) + "\n" + behind


def _line(values: Any) -> str:
    return "| " + " | ".join(_cell(value) for value in values) + " |"


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)
    return text.replace("|", "\\|")


def written(con: duckdb.DuckDBPyConnection) -> str:
    """The page with the answers of ``con``."""
    text = PAGE.read_text(encoding="utf-8")
    for recipe in reversed(list(recipes())):
        found = answer(con, recipe["sql"])
        behind = "\n" if recipe.end("answer") < len(text) else ""
        text = text[: recipe.start("answer")] + found + behind + text[recipe.end("answer") :]
    return text


def main() -> None:
    """Write the answers anew."""
    with (
        TemporaryDirectory(prefix="shipsync-") as folder,
        connect(demo_of_the_page(Path(folder)), read_only=True) as con,
    ):
        PAGE.write_text(written(con), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
