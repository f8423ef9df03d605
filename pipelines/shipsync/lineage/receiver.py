"""Where events of lineage go: an address that takes OpenLineage's POST, or a file of JSON lines."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from shipsync import owner_only
from shipsync.alerts.forms import Message
from shipsync.alerts.post import PATIENCE_SECONDS, post
from shipsync.clock import SystemPacing
from shipsync.connection import Secret

_ENDPOINT: Final = "/api/v1/lineage"
"""What comes behind the address of a server, as OpenLineage's own clients have it."""


class Receiver:
    """Takes the events of one run: each is sent once, all of them within ``patience`` seconds.

    After one that did not arrive nothing more is sent; ``failure`` says why, as a sentence without the
    address. ``key`` is sent as a bearer token.
    """

    def __init__(
        self, to: str, key: Secret | None = None, *, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._to = to
        self._key = key
        self._left = patience
        self.failure: str | None = None

    def put(self, event: bytes) -> None:
        """Send ``event``, a JSON document on one line; a receiver that does not take it raises nothing."""
        if self.failure is None:
            self.failure = self._post(event) if "://" in self._to else self._append(event)

    def _post(self, event: bytes) -> str | None:
        has_path = urlsplit(self._to).path.strip("/")
        url = self._to if has_path else self._to.rstrip("/") + _ENDPOINT
        pacing = SystemPacing()
        began = pacing.monotonic()
        message = Message(event, "application/json")
        said = post(Secret(url), message, patience=self._left, of="lineage", key=self._key)
        self._left -= pacing.monotonic() - began
        if said is None and self._left <= 0:
            return "The receiver of lineage used up the time that a run has for it."
        return said

    def _append(self, event: bytes) -> str | None:
        path = Path(self._to)
        try:
            owner_only.make_folder(path.parent)
            with os.fdopen(owner_only.open_to_append(path), "ab") as file:
                file.write(event + b"\n")
        except OSError as error:
            return f"{path} can't be written ({error.strerror or error})."
        return None
