"""Reading what changed last first: for lists that sort by modification but show and filter none.

Rows come in descending order of a modification that the rows themselves don't carry. Rows that change
meanwhile move to the front and push others back: those are met twice, none is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from shipsync.api.endpoints import Listing
from shipsync.api.paging import Item, follow
from shipsync.api.session import Session
from shipsync.sources.account_time import AccountTime
from shipsync.sources.canonical import ContentHash, content_hash
from shipsync.sources.fitting import key_text
from shipsync.sources.keyset import Walked
from shipsync.sources.schema import ColumnKind
from shipsync.sources.stored import StoredRows

Parameters = Mapping[str, str | int | bool]
BY_MODIFICATION: Parameters = {"sort_by": "modified_at", "sort_dir": "desc"}


class RecentWalk:
    """One walk from the front of ``listing``.

    It may end at a full page whose every row was held unchanged before the walk met it: rows that the
    walk itself brought, and that changes have pushed back under its eyes, prove nothing.

    ``anchors`` are the ids that stood at the front when the last complete walk began. Given, the last
    walk was cut short and may have loaded the newest changes without the older ones below them: then
    the walk also goes on until it has met every anchor, since all that changed after them stands
    before them.

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
        self._brought: set[str] = set()
        self.front: tuple[str, ...] = ()
        self.total: int | None = None
        self.found_news = False

    def pages(self) -> Iterator[Walked]:
        """Rows in the order of the list, page by page, until the stop rule holds or the list ends."""
        for page in follow(
            self._session,
            self._listing.path,
            {**self._params, "page_size": self._session.connection.page_size},
            self._listing.items_key,
            self._listing.stream,
        ):
            self._time.observe(page.server_time)
            ids = [self._id(item) for item in page.items]
            if page.number == 1:
                self.front, self.total = tuple(ids), page.total
            hashes = [self._hash_of(item) for item in page.items]
            # Asked before the page is handed on, for then it will be held.
            news = self._not_held(ids, hashes)
            settled = not news and self._brought.isdisjoint(ids)
            self._brought |= news
            self.found_news = self.found_news or bool(news)
            yield Walked(page.items, hashes, None)
            self._waiting_for.difference_update(ids)
            if settled and page.items and not self._waiting_for:
                return

    def _not_held(self, ids: Sequence[str], hashes: Sequence[str]) -> set[str]:
        held = self._held.current(ids)
        return {
            key
            for key, digest in zip(ids, hashes, strict=True)
            # A row without an id is never held, so it says nothing of those behind it.
            if key
            and (
                (version := held.get(key)) is None
                or version.content_hash != digest
                or not version.is_whole
            )
        }

    def _id(self, item: Item) -> str:
        return key_text(ColumnKind.TEXT, item.get(self._listing.key[0])) or ""
