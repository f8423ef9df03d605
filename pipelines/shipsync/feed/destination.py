"""From what a person writes after ``--to`` to the target it means."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from shipsync.connection import Secret
from shipsync.errors import UsageError

if TYPE_CHECKING:
    from shipsync.feed.target import DeliveryTarget

_LINES: Final = (".jsonl", ".ndjson")


def open_target(to: str, *, source: str, secret: Secret | None = None) -> DeliveryTarget:
    """The target that ``to`` names: ``-``, an https address, a ``.jsonl`` file, or a folder.

    A folder must be there or end in a slash. ``source`` and ``secret`` are for an address. Raises
    ``UsageError`` for anything else, ``ConfigurationError`` for a secret that can't be used.
    """
    # Arrow and httpx are loaded only by who delivers there.
    if to.lower().startswith(("https://", "http://")):
        from shipsync.feed.endpoint import Endpoint

        return Endpoint(to, source=source, secret=secret)
    from shipsync.feed.files import JsonLines, JsonStream, ParquetFolder

    if to == "-":
        return JsonStream(sys.stdout.buffer)
    if to.endswith(_LINES) and "://" not in to:
        return JsonLines(Path(to))
    if "://" not in to and (to.endswith("/") or (to and Path(to).is_dir())):
        return ParquetFolder(Path(to))
    # Of an address only the scheme is shown: the rest may be what authorises a sender.
    scheme, sign, _ = to.partition("://")
    shown = f"{scheme}://..." if sign else to
    raise UsageError(
        f"{shown!r} is nothing to deliver to; give an https address, a file that ends in .jsonl, a folder "
        "with a slash at its end, or - for standard output."
    )
