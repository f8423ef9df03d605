"""SQL lives in ``.sql`` files: one ``statements.sql`` per package, each statement under its name.

A statement begins at a line ``-- name: <name>`` and ends at the next one. Migrations, which are applied
by number, stay one to a file.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Final

_HEADING: Final = re.compile(r"^-- name: *(\w+) *$", re.MULTILINE)


@cache
def statement(package: str, name: str) -> str:
    """The text of statement ``name`` in ``statements.sql`` of ``package`` (a dotted name).

    Raises ``KeyError`` when the package has no statement of that name.
    """
    return _statements(package)[name]


@cache
def script(package: str, name: str) -> str:
    """The text of the file ``<name>.sql`` in ``package`` (a dotted name)."""
    return resources.files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8")


@cache
def _statements(package: str) -> dict[str, str]:
    parts = _HEADING.split(script(package, "statements"))[1:]
    return {name: text.strip() for name, text in zip(parts[::2], parts[1::2], strict=True)}
