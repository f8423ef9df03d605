"""What earlier loads of the dlt source have read, as far as its state remembers it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, MutableMapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from shipsync.api.endpoints import LABELS
from shipsync.api.paging import Item, Page, within_reach
from shipsync.api.session import Session
from shipsync.set_aside import SetAside
from shipsync.sources.account_time import AccountTime
from shipsync.sources.instants import parse_instant
from shipsync.sources.keyset import KeysetWalk, Walked
from shipsync.sources.stored import StoredVersion
from shipsync.sources.streams import Stream

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_DELIVERED: Final = "DE"
LOGGER: Final = logging.getLogger("shipsync.source")


class KnownRows:
    """Content hashes by id; answers what ``StoredRows`` asks, of these rows alone."""

    def __init__(self, hashes: Mapping[str, str]) -> None:
        self._hashes = hashes

    def newest_change(self) -> datetime | None:
        """None: when a row changed is not remembered."""
        return None

    def count(self) -> int:
        """How many rows are remembered."""
        return len(self._hashes)

    def current(self, ids: Sequence[str]) -> dict[str, StoredVersion]:
        """Those of ``ids`` that are remembered."""
        return {
            key: StoredVersion(self._hashes[key], None, _LONG_AGO, is_whole=True)
            for key in ids
            if key in self._hashes
        }


class Warned:
    """Says in the log what could not be used: a dlt source has no place of its own to keep it."""

    def put(self, thing: SetAside) -> None:
        """Name the thing and the reason; its body is not logged."""
        LOGGER.warning("Set aside, and not loaded: %s", thing)

    def came_right(self, stream: str, row_ids: Collection[str]) -> int:
        """0: nothing is remembered of what was set aside."""
        return 0


class Recent:
    """The rows of a walk that lie within the lag, which the next load meets again: ``hashes`` by id.

    ``noted`` looks at the pages on their way; ``keep`` says that what came of the last one is loaded.
    """

    def __init__(self, stream: Stream, time: AccountTime, lag: timedelta) -> None:
        self._stream = stream
        self._time = time
        self._lag = lag
        self._noted: dict[str, str] = {}
        self.hashes: dict[str, str] = {}

    def noted(self, pages: Iterator[Walked]) -> Iterator[Walked]:
        """``pages`` themselves."""
        assert self._stream.cursor is not None
        for page in pages:
            since = self._time.upper_bound - self._lag
            for item, digest in zip(page.items, page.hashes, strict=True):
                changed_at = parse_instant(item.get(self._stream.cursor))
                if changed_at is not None and changed_at >= since:
                    self._noted[str(item.get(self._stream.id_key))] = digest
            yield page

    def keep(self) -> None:
        """Take up what was noted since the last time."""
        self.hashes |= self._noted
        self._noted = {}


class TrackedParcels:
    """The labels whose tracking is asked for, in ``state`` by id: when last, its hash, whether it is over.

    The answer tells the parcel whose number the label carries; further boxes are not asked for.
    """

    def __init__(self, state: MutableMapping[str, Any]) -> None:
        self._state = state

    @property
    def hashes(self) -> dict[str, str]:
        """The content hash of the last answer, by label id."""
        return {key: parcel["hash"] for key, parcel in self._state.items() if parcel["hash"]}

    def follow(self, session: Session, time: AccountTime, period: timedelta) -> None:
        """Take up labels created within ``period``, and let go of the others and of voided ones."""
        found = {
            label_id
            for label in _created_within(session, time, period)
            if (label_id := label.get("label_id")) and not _is_over(label)
        }
        for label_id in [key for key in self._state if key not in found]:
            del self._state[label_id]
        for label_id in sorted(found - self._state.keys()):
            self._state[label_id] = {"asked": 0, "hash": "", "is_over": False}

    def choose(self, most: int) -> list[str]:
        """At most so many label ids, those never asked for or not asked for longest first."""
        waiting = [key for key, parcel in self._state.items() if not parcel["is_over"]]
        return sorted(waiting, key=lambda key: (self._state[key]["asked"], key))[:most]

    def noted(
        self, pages: Iterator[Walked], chosen: Sequence[str], time: AccountTime
    ) -> Iterator[Walked]:
        """``pages`` themselves; every one of ``chosen`` has been asked for when they end."""
        for page in pages:
            for item, digest in zip(page.items, page.hashes, strict=True):
                parcel = self._state[str(item["label_id"])]
                parcel |= {"hash": digest, "is_over": item.get("status_code") == _DELIVERED}
            yield page
        asked = int(time.upper_bound.timestamp())
        for label_id in chosen:
            self._state[label_id]["asked"] = asked


def _created_within(session: Session, time: AccountTime, period: timedelta) -> Iterator[Item]:
    params: dict[str, str | int | bool] = {
        "sort_by": "created_at",
        "sort_dir": "desc",
        "page_size": session.page_size(LABELS),
    }
    page: Page | None = None
    for page in within_reach(session, LABELS.path, params, LABELS.items_key, "tracking"):
        time.observe(page.server_time)
        for label in page.items:
            created_at = parse_instant(label.get("created_at"))
            if created_at is not None and created_at < time.upper_bound - period:
                return
            yield label
    if page is not None and page.more:
        # More than can be paged: those that were not met yet, and some once more.
        start = time.upper_bound - period
        window = ("created_at_start", "created_at_end")
        walk = KeysetWalk(session, LABELS, time, field="created_at", window=window, start=start)
        for walked in walk.pages():
            yield from walked.items


def _is_over(label: Item) -> bool:
    return bool(label.get("voided")) or label.get("tracking_status") == "delivered"
