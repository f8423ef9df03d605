"""Where events are delivered to, and what may become of a batch there.

::

    Taken                it is there; the offset may move
    Refused              this batch was not taken: a smaller one, or each event alone, may be
    Away                 nobody takes anything now; nothing is wrong with the events
    Gone                 the receiver is gone for good (410)
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from shipsync.connection import Secret
from shipsync.errors import UsageError
from shipsync.feed.events import ChangeEvent

_LINES: Final = (".jsonl", ".ndjson")


@dataclass(frozen=True)
class Taken:
    """The batch is where it should be."""


@dataclass(frozen=True)
class Refused:
    """``reason`` says what the receiver answered or how it failed; it holds no secret."""

    reason: str


@dataclass(frozen=True)
class Away:
    """``wait_seconds`` is what the receiver asked to be given; ``is_hopeless``: waiting won't help."""

    reason: str
    wait_seconds: float = 0.0
    is_hopeless: bool = False


@dataclass(frozen=True)
class Gone:
    """The receiver wants nothing any more."""

    reason: str


Verdict = Taken | Refused | Away | Gone


class DeliveryTarget(Protocol):
    """A place that takes batches of events, in order."""

    def put(self, events: Sequence[ChangeEvent]) -> Verdict:
        """Hand over ``events``; once it says ``Taken``, they survive a crash of ours."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...


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
