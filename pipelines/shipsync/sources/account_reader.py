"""Reading the lists of one account for the dlt source, knowing of the past what its state remembers."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Generator, Iterator, MutableMapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from shipsync.api.paging import complete
from shipsync.api.session import Session
from shipsync.connection import Connection
from shipsync.errors import AccessDenied, ConfigurationError, NotFound
from shipsync.sources.account_time import AccountTime
from shipsync.sources.batches import RowBatch
from shipsync.sources.details import with_details
from shipsync.sources.keyset import KeysetWalk, Walked
from shipsync.sources.known import LOGGER, KnownRows, Recent, TrackedParcels, Warned
from shipsync.sources.newest_first import RecentWalk
from shipsync.sources.redaction import Redaction
from shipsync.sources.sifting import Sifting, Tally
from shipsync.sources.streams import Stream
from shipsync.sources.tracking import tracking_pages

State = MutableMapping[str, Any]

# How many of the latest changes of labels and of fulfillments the state remembers.
FRONT_ROWS: Final = 2000
_TRACKED_FOR: Final = timedelta(days=21)


class AccountReader:
    """Reads the lists of one account for dlt; what it must know of earlier loads is in ``state``.

    Each method gives batches of rows, and changes ``state``, which dlt keeps if the load succeeds. An
    id comes at most once in a load: a merge would keep the lines of both.
    """

    def __init__(
        self, connection: Connection, *, start: datetime | None = None, reread_days: int = 0
    ) -> None:
        self.connection = connection
        self._session = Session(connection)
        self._start = start
        self._reread = timedelta(days=reread_days)
        salt = connection.personal_data_salt
        if connection.personal_data != "keep" and salt is None:
            raise ConfigurationError(
                f"personal_data is {connection.personal_data!r}, which needs a personal_data_salt here "
                "too: it keys what tells one version of a row from another."
            )
        self._redaction = Redaction(
            connection.personal_data, salt.reveal().encode() if salt else b""
        )
        # dlt says nothing when it is done with a source; so the connections end with the last of it.
        weakref.finalize(self, self._session.close)

    def modified(self, stream: Stream, start: datetime | None, state: State) -> Iterator[RowBatch]:
        """Rows modified from ``start`` (None: all) up to the account's time, each list page a batch."""
        time = AccountTime()
        recent = Recent(stream, time, self.connection.lag)
        walk = self._keyset(stream, time, start or self._start)
        batches = self._batches(stream, recent.noted(walk.pages()), time, state.get("recent", {}))
        is_whole = yield from _until_repeated(batches, recent.keep)
        state["recent"] = recent.hashes
        if is_whole:
            yield from _up_to_account_time(time)

    def latest(self, stream: Stream, start: datetime | None, state: State) -> Iterator[RowBatch]:
        """Rows of a list that shows no modification: along creation once, then the latest changes."""
        time = AccountTime()
        if not state.get("is_whole"):
            yield from self._created(stream, start or self._start, time, state)
            return
        met: dict[str, str] = {}
        front = state["front"]
        walk = self._recent(stream, time, front)
        yield from self._batches(stream, _each_once(walk.pages(), stream, met), time, front)
        rest = {key: digest for key, digest in front.items() if key not in met}
        state["front"] = _first({**met, **rest})
        if self._reread:
            again = self._keyset(stream, time, time.upper_bound - self._reread)
            batches = self._batches(stream, _each_once(again.pages(), stream, met), time, front)
            yield from (replace(batch, cursor=None) for batch in batches)

    def snapshot(self, stream: Stream, state: State) -> Iterator[RowBatch]:
        """The whole list, or ``IncompleteRead``; nothing of a list that the account never offered."""
        assert stream.listing is not None
        time = AccountTime()
        try:
            whole = complete(self._session, stream.listing)
        except (AccessDenied, NotFound):
            if not stream.needs_addon or state.get("is_offered"):
                raise
            return
        state["is_offered"] = True
        time.observe(whole.server_time)
        hash_of = self._redaction.hash_of(stream)
        items, hashes = whole.items, [hash_of(item) for item in whole.items]
        if stream.details is not None:
            items, hashes = with_details(self._session, stream, items, lambda _: {}, Warned().put)
        page = Walked(items, hashes, None, whole.total)
        yield from self._batches(stream, iter([page]), time, {}, is_snapshot=True)

    def tracking(self, stream: Stream, state: State) -> Iterator[RowBatch]:
        """Tracking of labels of the last three weeks that are not known to be voided or delivered."""
        time = AccountTime()
        parcels = TrackedParcels(state.setdefault("parcels", {}))
        parcels.follow(self._session, time, _TRACKED_FOR)
        chosen = parcels.choose(self.connection.tracking_calls_per_run)
        known = parcels.hashes
        hash_of = self._redaction.hash_of(stream)
        asked = tracking_pages(self._session, time, chosen, hash_of=hash_of)
        pages = parcels.noted(asked, chosen, time)
        yield from self._batches(stream, pages, time, known)

    def _created(
        self, stream: Stream, start: datetime | None, time: AccountTime, state: State
    ) -> Iterator[RowBatch]:
        """The first load of a list. What changes meanwhile stands before the front as it is now."""
        if "front" not in state:
            front: dict[str, str] = {}
            for page in _each_once(self._recent(stream, time, {}).pages(), stream, front):
                if not page.items or len(front) >= FRONT_ROWS:
                    break
            state["front"] = _first(front)
        walk = self._keyset(stream, time, start)
        is_whole = yield from _until_repeated(self._batches(stream, walk.pages(), time, {}))
        if is_whole:
            state["is_whole"] = True
            yield from _up_to_account_time(time)

    def _batches(
        self,
        stream: Stream,
        pages: Iterator[Walked],
        time: AccountTime,
        known: MutableMapping[str, str],
        *,
        is_snapshot: bool = False,
    ) -> Iterator[RowBatch]:
        sifting = Sifting(
            stream,
            KnownRows(known),
            time,
            self._redaction,
            Tally(),
            Warned(),
            is_snapshot=is_snapshot,
        )
        return sifting.batches(pages)

    def _keyset(self, stream: Stream, time: AccountTime, start: datetime | None) -> KeysetWalk:
        assert stream.listing is not None
        assert stream.cursor is not None
        return KeysetWalk(
            self._session,
            stream.listing,
            time,
            field=stream.cursor,
            window=stream.window,
            start=start,
            hash_of=self._redaction.hash_of(stream),
        )

    def _recent(
        self, stream: Stream, time: AccountTime, known: MutableMapping[str, str]
    ) -> RecentWalk:
        assert stream.listing is not None
        return RecentWalk(
            self._session,
            stream.listing,
            time,
            KnownRows(known),
            hash_of=self._redaction.hash_of(stream),
        )


def _until_repeated(
    batches: Iterator[RowBatch], keep: Callable[[], None] = lambda: None
) -> Generator[RowBatch, None, bool]:
    """``batches`` up to the one that would bring an id a second time; whether that was all of them.

    The rest is for the next load, which goes on from the cursor of the last batch given.
    """
    given: set[str] = set()
    for batch in batches:
        if not given.isdisjoint(batch.ids):
            return False
        given |= batch.ids
        yield batch
        keep()
    return True


def _up_to_account_time(time: AccountTime) -> Iterator[RowBatch]:
    """Moves the cursor to T0, unless T0 is so likely wrong that it must not move one."""
    if time.complaint is None:
        yield RowBatch(time.upper_bound, {}, frozenset())
    else:
        LOGGER.warning("%s", time.complaint)


def _each_once(pages: Iterator[Walked], stream: Stream, met: dict[str, str]) -> Iterator[Walked]:
    """The rows of ``pages`` that are not in ``met``, which takes them up, id by id, in their order.

    One that was met and comes again has been pushed back; if it changed, the next load finds it in front.
    """
    for page in pages:
        fresh = {
            key: (item, digest)
            for item, digest in zip(page.items, page.hashes, strict=True)
            if (key := str(item.get(stream.id_key))) not in met
        }
        met.update({key: digest for key, (_, digest) in fresh.items()})
        items, hashes = [item for item, _ in fresh.values()], [d for _, d in fresh.values()]
        yield Walked(items, hashes, None, page.left)


def _first(front: dict[str, str]) -> dict[str, str]:
    return dict(list(front.items())[:FRONT_ROWS])
