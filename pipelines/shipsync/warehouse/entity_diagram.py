"""The diagram of tables and keys, as SVG: drawn from the declarations of the raw tables.

Left stand the tables that name no other, further right those that name them. A box lists the key of its
table and the columns that hold another's key; an arrow leads from such a column to the table it names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Final

from shipsync.sources.schema import Table
from shipsync.sources.streams import STREAMS
from shipsync.sources.tables import TABLES

_WIDTH: Final = 220
_ACROSS: Final = 310
_LINE: Final = 18
_BETWEEN: Final = 24
_MARGIN: Final = 12
_STYLE: Final = (
    "text{font:13px ui-sans-serif,system-ui,sans-serif;fill:#1f2933}"
    ".box{fill:#fff;stroke:#7b8794}.head{fill:#e4e7eb;stroke:#7b8794}"
    ".name{font-weight:600}.key{font-weight:600}.arrow{fill:none;stroke:#486581;stroke-width:1.3}"
)


@dataclass(frozen=True)
class Entity:
    """A table with the columns that are shown of it, and the table that each of some of them names."""

    name: str
    key: tuple[str, ...]
    names: dict[str, str]

    @property
    def columns(self) -> tuple[str, ...]:
        """The key's columns, then those that name another table."""
        return (*self.key, *(column for column in self.names if column not in self.key))

    @property
    def height(self) -> int:
        """Height of its box in the picture."""
        return _LINE * (len(self.columns) + 1) + 8


def entities() -> list[Entity]:
    """The tables of schema core, in the order of their declaration.

    A column names another table when it is declared to, or goes by the name of that table's whole key.
    """
    keys = {_standard(table)[table.key[0]]: table.name for table in TABLES if len(table.key) == 1}
    keys |= {
        _standard(stream.table)[stream.table.key[0]]: stream.table.name
        for stream in STREAMS.values()
        if stream.lines
    }
    found = []
    for table in TABLES:
        standard = _standard(table)
        named = {
            name: keys[name]
            for name in standard.values()
            if name.endswith("_id") and keys.get(name, table.name) != table.name
        }
        key = tuple(standard.get(part, part) for part in table.key)
        found.append(Entity(table.name, key, named | dict(table.refers_to)))
    return found


def _standard(table: Table) -> dict[str, str]:
    return {column.name: column.standard for column in table.columns}


def _levels(found: list[Entity]) -> dict[str, int]:
    named = {entity.name: entity for entity in found}

    def level(name: str, above: frozenset[str]) -> int:
        others = {to for to in named[name].names.values() if to in named and to not in above}
        return 1 + max((level(to, above | {to}) for to in others), default=-1)

    return {name: level(name, frozenset({name})) for name in named}


def diagram() -> str:
    """The picture, as the text of an SVG file."""
    found = entities()
    levels = _levels(found)
    below: dict[int, int] = {}
    places: dict[str, tuple[int, int]] = {}
    for entity in found:
        level = levels[entity.name]
        top = below.get(level, _MARGIN)
        places[entity.name] = (_MARGIN + level * _ACROSS, top)
        below[level] = top + entity.height + _BETWEEN
    width = 2 * _MARGIN + max(levels.values()) * _ACROSS + _WIDTH
    height = max(below.values())
    parts = [part for entity in found for part in _arrows(entity, places)]
    parts += [part for entity in found for part in _box(entity, *places[entity.name])]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">\n'
        "<title>Tables of schema core and their keys</title>\n"
        f"<style>{_STYLE}</style>\n"
        '<defs><marker id="end" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z" fill="#486581"/></marker></defs>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _box(entity: Entity, x: int, y: int) -> Iterator[str]:
    yield f'<rect class="box" x="{x}" y="{y}" width="{_WIDTH}" height="{entity.height}" rx="4"/>'
    yield f'<rect class="head" x="{x}" y="{y}" width="{_WIDTH}" height="{_LINE + 4}" rx="4"/>'
    yield f'<text class="name" x="{x + 8}" y="{y + 15}">{escape(entity.name)}</text>'
    for number, column in enumerate(entity.columns, start=1):
        kind = ' class="key"' if column in entity.key else ""
        down = y + 15 + number * _LINE + 4
        yield f'<text{kind} x="{x + 8}" y="{down}">{escape(column)}</text>'


def _arrows(entity: Entity, places: dict[str, tuple[int, int]]) -> Iterator[str]:
    x, y = places[entity.name]
    for column, target in entity.names.items():
        if target not in places or target == entity.name:
            continue
        down = y + 10 + (entity.columns.index(column) + 1) * _LINE + 4
        right, top = places[target]
        start, end = x, right + _WIDTH
        middle = (start + end) // 2
        yield (
            f'<path class="arrow" marker-end="url(#end)" '
            f'd="M{start},{down} C{middle},{down} {middle},{top + 11} {end},{top + 11}"/>'
        )
