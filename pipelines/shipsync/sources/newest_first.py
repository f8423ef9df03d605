"""Reading what changed last first: for lists that sort by modification but show and filter none.

Rows come in descending order of a modification that the rows themselves don't carry. Rows that change
meanwhile move to the front and push others back: those are met twice, none is skipped.

A list can't be paged past row 10,000. If more changed, it is cut into stretches of creation, each of which is
read in the same order, from its own front.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from datetime import datetime

from shipsync.api.endpoints import Listing
from shipsync.api.paging import DEEPEST_ROW, Item, Page, follow, within_reach
from shipsync.api.request import Parameters
from shipsync.api.session import Session
from shipsync.errors import IncompleteRead
from shipsync.sources.account_time import AccountTime
from shipsync.sources.canonical import ContentHash, content_hash
from shipsync.sources.fitting import key_text
from shipsync.sources.instants import Window, as_parameter, parse_instant
from shipsync.sources.keyset import KeysetWalk, Walked
from shipsync.sources.schema import ColumnKind
from shipsync.sources.stored import StoredRows
from shipsync.sources.ties import SECOND

BY_MODIFICATION: Parameters = {"sort_by": "modified_at", "sort_dir": "desc"}


class RecentWalk:
    """One walk from the front of ``listing``.

    It may end at a full page whose every row was stored unchanged before the walk met it: rows that the
    walk itself brought, and that changes have pushed back under its eyes, prove nothing.

    ``anchors`` are the ids that stood at the front when the last complete walk began. Given, the last
    walk was cut short and may have loaded the newest changes without the older ones below them: then
    the walk also goes on until it has met every anchor, since all that changed after them stands
    before them.

    More than 10,000 changes are read stretch by stretch. Then what changes meanwhile may stand behind
    what was read after it had changed: ``in_stretches`` tells that another walk must follow that waits
    for this one's ``front``. Where there are anchors, a stretch proves nothing; ``is_too_deep`` tells that
    they were not met as far as the list can be paged, and the whole list must be read again.

    ``front`` holds the ids of the first page once it is read, ``total`` the server's count of rows,
    ``found_news`` whether any row so far was new or changed.
    """

    def __init__(
        self,
        session: Session,
        listing: Listing,
        time: AccountTime,
        held: StoredRows,
        anchors: Sequence[str] = (),
        params: Parameters = BY_MODIFICATION,
        hash_of: ContentHash = content_hash,
    ) -> None:
        self._session = session
        self._listing = listing
        self._time = time
        self._held = held
        self._params = params
        self._hash_of = hash_of
        self._waiting_for = set(anchors)
        self._brought: dict[str, str] = {}
        self.front: tuple[str, ...] = ()
        self.total: int | None = None
        self.found_news = False
        self.in_stretches = False
        self.is_too_deep = False

    def pages(self) -> Iterator[Walked]:
        """Rows in the order of the list, page by page, until the stop rule holds or the list ends."""
        if (yield from self._is_over({})):
            return
        if self._waiting_for:
            self.is_too_deep = True
            return
        self.in_stretches = True
        oldest = self._oldest()
        if oldest is None:
            raise IncompleteRead(
                f"More than {DEEPEST_ROW} rows of {self._listing.path} have changed, and it can't be cut "
                "by when they were created. What was read is kept; run again, or read it whole with "
                f"`shipsync sync --only {self._listing.stream} --full-refresh`."
            )
        yield from self._stretch(oldest, self._time.upper_bound, Window(None, None))

    def _is_over(self, within: Parameters) -> Generator[Walked, None, bool]:
        """Reads the list ``within`` these bounds; whether the stop rule held, or it came to its end."""
        page: Page | None = None
        for page in within_reach(
            self._session,
            self._listing.path,
            {**self._params, **within, "page_size": self._session.page_size(self._listing)},
            self._listing.items_key,
            self._listing.stream,
        ):
            self._time.observe(page.server_time)
            ids = [self._id(item) for item in page.items]
            if page.number == 1 and not self.front:
                self.front, self.total = tuple(ids), page.total
            hashes = [self._hash_of(item) for item in page.items]
            # Asked before the page is handed on, for then it will be stored.
            news = self._not_held(ids, hashes)
            settled = not news and self._brought.keys().isdisjoint(ids)
            self.found_news = self.found_news or bool(news)
            yield self._once(page.items, ids, hashes, news)
            self._waiting_for.difference_update(ids)
            if settled and page.items and not self._waiting_for:
                return True
            if within and page.total is not None and page.total > DEEPEST_ROW:
                # It would be cut in the end; so it is cut at once.
                return False
        return page is None or not page.more

    def _stretch(self, oldest: datetime, newest: datetime, window: Window) -> Iterator[Walked]:
        """What changed among the rows created in ``window``, which is too long to be paged: its halves.

        ``oldest`` and ``newest`` stand for its open sides. The halves overlap by what bounds may be cut
        by, and what one has brought proves nothing in the other.
        """
        start, end = window.start or oldest, window.end or newest
        if end - start <= 4 * SECOND:
            yield from self._whole(Window(start, end))
            return
        middle = start + (end - start) / 2
        for half in (Window(middle - SECOND, window.end), Window(window.start, middle + SECOND)):
            if not (yield from self._is_over(self._bounds(half))):
                yield from self._stretch(oldest, newest, half)

    def _whole(self, window: Window) -> Iterator[Walked]:
        """All rows created in a moment, changed or not."""
        created = self._listing.created
        assert created is not None
        walk = KeysetWalk(
            self._session,
            self._listing,
            self._time,
            field=created.field,
            window=created.window,
            start=window.start,
            end=window.end,
            hash_of=self._hash_of,
        )
        for walked in walk.pages():
            ids = [self._id(item) for item in walked.items]
            yield self._once(walked.items, ids, walked.hashes, set(ids))

    def _bounds(self, window: Window) -> Parameters:
        created = self._listing.created
        assert created is not None
        bounds = zip(created.window, (window.start, window.end), strict=True)
        return {name: as_parameter(bound) for name, bound in bounds if bound is not None}

    def _oldest(self) -> datetime | None:
        """When the oldest row was created; None if the list is not known to be cut by that."""
        created, listing = self._listing.created, self._listing
        if created is None:
            return None
        params: Parameters = {"sort_by": created.sort_by, "sort_dir": "asc", "page_size": 1}
        page = next(follow(self._session, listing.path, params, listing.items_key, listing.stream))
        shown = [parse_instant(item.get(created.field)) for item in page.items]
        return min((instant for instant in shown if instant is not None), default=None)

    def _once(
        self, items: list[Item], ids: list[str], hashes: list[str], brought: set[str]
    ) -> Walked:
        """These rows, but for what the walk has brought before and that is still on its way to the tables."""
        fresh = [
            number
            for number, (key, digest) in enumerate(zip(ids, hashes, strict=True))
            if not key or self._brought.get(key) != digest
        ]
        self._brought.update((ids[n], hashes[n]) for n in fresh if ids[n] in brought)
        return Walked([items[n] for n in fresh], [hashes[n] for n in fresh], None)

    def _not_held(self, ids: Sequence[str], hashes: Sequence[str]) -> set[str]:
        held = self._held.current(ids)
        return {
            key
            for key, digest in zip(ids, hashes, strict=True)
            # A row without an id is never stored, so it says nothing of those behind it.
            if key
            and (
                (version := held.get(key)) is None
                or version.content_hash != digest
                or not version.is_whole
            )
        }

    def _id(self, item: Item) -> str:
        return key_text(ColumnKind.TEXT, item.get(self._listing.key[0])) or ""
