"""shipsync keeps a ShipStation account in DuckDB and writes decisions made in SQL back to it.

``shipsync.track`` and ``shipsync.track_many`` tell where orders are; what they need is loaded when they
are first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shipsync.version import __version__

if TYPE_CHECKING:
    from shipsync.tracking import track, track_many

__all__ = ["__version__", "track", "track_many"]


def __getattr__(name: str) -> object:
    if name in ("track", "track_many"):
        from shipsync import tracking

        return getattr(tracking, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
