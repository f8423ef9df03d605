"""SQL lives in ``.sql`` files, one statement to a file; this reads them."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def statement(package: str, name: str) -> str:
    """The text of ``<name>.sql`` in ``package`` (a dotted name, usually the caller's own folder)."""
    return resources.files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8")
