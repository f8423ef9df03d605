"""NUL in texts, which Postgres cannot hold: replaced by U+FFFD, also inside JSON and its keys."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc

_NUL: Final = "\x00"
_ESCAPED: Final = "\\u0000"
REPLACEMENT: Final = "\ufffd"


def without_nul(table: pa.Table, documents: Collection[str]) -> tuple[pa.Table, int]:
    """``table`` without a NUL in any text, and how many texts contained one.

    ``documents`` are the columns that hold JSON, where it is written as an escape.
    """
    replaced = 0
    for position, name in enumerate(table.column_names):
        column = table.column(position)
        if not _is_text(column.type):
            continue
        sign = _ESCAPED if name in documents else _NUL
        hits = pc.sum(pc.match_substring(column, sign)).as_py() or 0
        if hits:
            clean = _clean_document if name in documents else _clean_text
            values = [None if text is None else clean(text) for text in column.to_pylist()]
            replaced += sum(a != b for a, b in zip(values, column.to_pylist(), strict=True))
            field = table.schema.field(position)
            table = table.set_column(position, field, pa.array(values, field.type))
    return table, replaced


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _clean_text(text: str) -> str:
    return text.replace(_NUL, REPLACEMENT)


def _clean_document(text: str) -> str:
    # An escaped backslash before "u0000" makes a text of it, so the document is read and not searched.
    document = orjson.loads(text)
    clean = _cleaned(document)
    return text if clean == document else orjson.dumps(clean).decode()


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _clean_text(value)
    if isinstance(value, list):
        return [_cleaned(inner) for inner in value]
    if isinstance(value, dict):
        return {_clean_text(key): _cleaned(inner) for key, inner in value.items()}
    return value
