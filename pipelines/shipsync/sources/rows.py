"""Which rows of which raw tables the objects of a stream become, their lines included."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final

import pyarrow as pa

from shipsync.set_aside import SetAside
from shipsync.sources.fitting import key_text
from shipsync.sources.flatten import ApiObject, aligned, flatten
from shipsync.sources.redaction import Redaction
from shipsync.sources.schema import Column, Table
from shipsync.sources.streams import Lines, Stream

_AS_IT_CAME: Final = "{} (as it came)"


@dataclass(frozen=True)
class StreamRows:
    """Arrow tables by raw table name, what went to ``_extra``, by ``table.path``, and lines set aside."""

    tables: Mapping[str, pa.Table]
    extras: Counter[str]
    set_aside: tuple[SetAside, ...] = ()


@dataclass
class _Children:
    """The rows of one table of lines, and what of the lines could be no row."""

    rows: list[ApiObject] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    removed: list[bool] = field(default_factory=list)
    extras: Counter[str] = field(default_factory=Counter)
    set_aside: list[SetAside] = field(default_factory=list)

    def add(self, row: ApiObject, digest: str, *, is_removed: bool = False) -> None:
        self.rows.append(row)
        self.hashes.append(digest)
        self.removed.append(is_removed)


def to_rows(
    stream: Stream,
    objects: Sequence[ApiObject],
    hashes: Sequence[str],
    observed_at: datetime,
    redaction: Redaction | None = None,
) -> StreamRows:
    """The rows of every table of ``stream`` that ``objects`` become; ``hashes`` are the objects' own.

    Objects come as the account gave them; rows hold of them what ``redaction`` lets through.

    Each object has a usable key and no other object has the same.
    """
    objects = [aligned(stream.table, value) for value in objects]
    redaction = redaction or Redaction()
    parents = [redaction.apply(stream, value) for value in objects]
    parent = flatten(stream.table, parents, hashes, observed_at)
    arrow = {stream.table.name: parent.table}
    extras = Counter({f"{stream.table.name}.{path}": n for path, n in parent.extras.items()})
    set_aside: list[SetAside] = []
    for lines in stream.lines:
        found = _children(stream, lines, objects, hashes, redaction)
        found.rows = [redaction.apply_to_line(stream, lines, row) for row in found.rows]
        flat = flatten(lines.table, found.rows, found.hashes, observed_at, found.removed)
        arrow[lines.table.name] = flat.table
        for counted in (flat.extras, found.extras):
            extras.update({f"{lines.table.name}.{path}": n for path, n in counted.items()})
        set_aside += found.set_aside
    return StreamRows(arrow, extras, tuple(set_aside))


def row_key(table: Table, value: ApiObject) -> tuple[str, ...] | None:
    """The key of an object as texts, as the raw table holds it; None if a part that it needs is missing.

    A part that may be missing is an empty text.
    """
    key = []
    for column, may_be_missing in _key_columns(table):
        text = key_text(column.kind, value.get(column.path[0]))
        if text is None and not may_be_missing:
            return None
        key.append(text or "")
    return tuple(key)


@cache
def _key_columns(table: Table) -> tuple[tuple[Column, bool], ...]:
    columns = {column.name: column for column in table.columns}
    return tuple((columns[name], name in table.optional_key) for name in table.key)


def _children(
    stream: Stream,
    lines: Lines,
    objects: Sequence[ApiObject],
    hashes: Sequence[str],
    redaction: Redaction,
) -> _Children:
    children = _Children()
    for parent, parent_hash in zip(objects, hashes, strict=True):
        _add_lines(children, stream, lines, parent, parent_hash, redaction)
    if lines.table.loading == "snapshot":
        return _with_keys(children, stream, lines.table)
    return children


def _add_lines(
    children: _Children,
    stream: Stream,
    lines: Lines,
    parent: ApiObject,
    parent_hash: str,
    redaction: Redaction,
) -> None:
    if lines.in_details and lines.list_key not in parent:
        # The object was not asked for by itself: nothing is known of its lines, so they stay.
        return
    key = stream.id_key
    follows_parent = lines.table.loading == "children"
    met: set[str] = set()
    for child in _lines(parent, lines, children.extras):
        child = _under(child, key, parent.get(key))
        if follows_parent:
            digest = parent_hash
        elif lines.table.loading == "insert_only":
            # The API gives an event no id. Its content is its identity: the same event met again
            # is the same row, and a reworded one is a row beside it.
            digest = redaction.hash_of(stream)(
                {name: inner for name, inner in child.items() if name != key}
            )
            if digest in met:
                continue
            child = _under(child, "event_key", digest)
            child = _under(child, "tracking_number", parent.get("tracking_number"))
        else:
            digest = redaction.hash_of(stream)(child)
        met.add(digest)
        children.add(child, digest)
    if follows_parent and not met:
        children.add({key: parent.get(key)}, parent_hash, is_removed=True)


def _lines(parent: ApiObject, lines: Lines, extras: Counter[str]) -> Iterator[dict[str, Any]]:
    """The lines of one parent, numbered where they have an order; what is no line is counted."""
    found = parent.get(lines.list_key)
    if isinstance(found, Mapping) and found:
        # One line without its list; the parent keeps it as it came.
        found = [found]
        extras["an object in place of a list"] += 1
    if not isinstance(found, list):
        if found is not None and not isinstance(found, Mapping):
            extras["no list"] += 1
        return
    for position, line in enumerate(found):
        if line is None:
            extras["an empty line"] += 1
            continue
        # A line that is no object is kept as it came; flattening moves it to _extra.
        child = dict(line) if isinstance(line, Mapping) else {"value": line}
        yield _under(child, lines.index, position) if lines.index else child


def _under(child: dict[str, Any], key: str, value: object) -> dict[str, Any]:
    """``child`` with our own ``value`` under ``key``; what came under that name goes to ``_extra``."""
    came = child.get(key)
    if came is not None and came != value:
        child[_AS_IT_CAME.format(key)] = came
    child[key] = value
    return child


def _with_keys(children: _Children, stream: Stream, table: Table) -> _Children:
    """The lines that have a key, each key once: the last line of several that share one."""
    usable = _Children(extras=children.extras)
    last: dict[tuple[str, ...], int] = {}
    keys = [row_key(table, aligned(table, row)) for row in children.rows]
    for position, key in enumerate(keys):
        if key is not None:
            last[key] = position
    for position, (key, row, digest) in enumerate(
        zip(keys, children.rows, children.hashes, strict=True)
    ):
        if key is None:
            reason = f"A line of {table.name} has no usable {' and '.join(table.key)}."
            usable.set_aside.append(SetAside(stream.name, reason, row, position=position + 1))
        elif last[key] == position:
            usable.add(row, digest)
        elif digest != children.hashes[last[key]]:
            usable.set_aside.append(
                SetAside(
                    stream.name,
                    f"{table.name} came twice for this key with different content; the last one is "
                    "loaded, this one is not.",
                    row,
                    row_id="/".join(key),
                )
            )
    return usable
