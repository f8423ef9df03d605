"""One request: what is asked of the API, and how it may be named in messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

Parameters = Mapping[str, str | int | bool]

_HARMLESS = frozenset({"page", "page_size", "sort_by", "sort_dir"})
_HARMLESS_ENDINGS = ("_start", "_end")


@dataclass(frozen=True)
class Request:
    """A request made for ``stream``; ``params`` is its query, ``content`` the bytes of its body.

    ``patience``: so many times the same body that can't be read is enough. ``give_up_after``: so long it
    is repeated, if that is shorter than the session's own period.
    """

    stream: str
    method: str
    path: str
    params: dict[str, str]
    content: bytes | None = None
    patience: int = 5
    give_up_after: timedelta | None = None

    @property
    def is_read(self) -> bool:
        """Whether it changes nothing, so that it may be repeated at will."""
        return self.method == "GET"

    @property
    def line(self) -> str:
        """Method, path and what of the query names no person, as in ``GET /v2/labels?page=3``."""
        shown = [
            f"{name}={value}"
            for name, value in self.params.items()
            if name in _HARMLESS or name.endswith(_HARMLESS_ENDINGS)
        ]
        return f"{self.method} {self.path}{'?' if shown else ''}{'&'.join(shown)}"

    def __str__(self) -> str:
        return f"{self.line} (stream {self.stream})"


def as_text(params: Parameters) -> dict[str, str]:
    """The query as the API wants it written: ``true`` and ``false`` in small letters."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in params.items()
    }
