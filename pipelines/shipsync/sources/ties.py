"""Rows that share an instant, however many they are: by page, or by whatever else tells them apart.

::

    a millisecond ── the server shows none of it ──▶ the whole second
         │
         ├─ pages reach all of it ─────────▶ by page, until a pass met as many as are counted
         └─ they don't ─▶ cut along another time ─▶ by status, store ... ─▶ from both ends
                                                                              └─▶ the rest is named
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime, timedelta

from shipsync.api.endpoints import Along, ByValue
from shipsync.api.paging import DEEPEST_ROW, Item, Page
from shipsync.api.request import Parameters
from shipsync.errors import IncompleteRead
from shipsync.plurals import counted
from shipsync.set_aside import SetAside
from shipsync.sources.asking import Asking, bounds, instants
from shipsync.sources.instants import EARLIEST, LATEST, MILLISECOND, as_parameter

TIE_PASSES = 40
SECOND = timedelta(seconds=1)

Cuts = tuple[Along | ByValue, ...]
Pages = Generator[Page, None, set[str]]


class Ties:
    """Reads the rows of single instants of a list ``along`` a time, under ``filters``.

    No stretch of time goes past ``upper`` (None: no bound). ``unit`` is the smallest stretch that the
    server is known to tell from the next; ``cuts`` are the ways to tell apart what lies in one.
    """

    def __init__(
        self,
        asking: Asking,
        along: Along,
        upper: datetime | None,
        filters: Parameters,
        cuts: Cuts,
    ) -> None:
        self._asking = asking
        self._along = along
        self._upper = upper
        self._filters = filters
        self._cuts = cuts
        self._values: dict[str, set[str]] = {}
        self._is_part = False
        self.unit = MILLISECOND

    def past(
        self, reached: datetime, frontier: datetime, page: Page
    ) -> Generator[Page, None, datetime]:
        """All rows of the unit at ``reached``, which ``page`` did not lead past; returns where to go on.

        ``frontier`` is the last instant on the page. A server that shows rows from before its start, or
        of the last millisecond on the page none of those that it showed, takes its bounds for something
        coarser: for whole seconds.
        """
        last = {
            self._asking.row_id(item)
            for item, instant in zip(page.items, instants(page, self._along), strict=True)
            if instant == frontier
        }
        if self.unit == MILLISECOND:
            met = set() if frontier < reached else (yield from self.all_at(reached))
            if frontier < reached or (last and met.isdisjoint(last)):
                self.unit = SECOND
        if self.unit == SECOND:
            yield from self.all_at(reached)
        # What was read went a unit further, so that nothing lies between.
        return _floor(reached, self.unit) + self.unit

    def all_at(self, instant: datetime) -> Pages:
        """The rows of the unit around one instant, and those next to it; returns the ids met.

        Raises ``IncompleteRead`` if they move too much. What no request shows is set aside.
        """
        begin = _floor(instant, self.unit)
        upper = begin + 2 * self.unit
        within = (begin - self.unit, min(upper, self._upper or upper))
        met, total = yield from self._read(within, self._filters, self._cuts)
        if total is not None and total > len(met) and not self._is_part:
            self._name_the_rest(instant, total - len(met), total)
        return met

    def _read(
        self, within: tuple[datetime, datetime], filters: Parameters, cuts: Cuts
    ) -> Generator[Page, None, tuple[set[str], int | None]]:
        """Every row ``within`` two bounds; returns the ids met, and how many there are.

        Rows may leave meanwhile, and those behind move up. What was met before the count changed proves
        nothing, so the count begins anew with every change.
        """
        total: int | None = None
        met: set[str] = set()
        cut_short = 0
        for _ in range(TIE_PASSES):
            for page in self._asking.pages(self._along, *within, filters):
                if page.total != total:
                    total, met = page.total, set()
                met |= self._asking.ids(page)
                self._look(page)
                yield page
                if total is not None and total > DEEPEST_ROW:
                    break
            if total is not None and total > len(met) and page.more:
                # Once may be an accident; twice, the server goes no further.
                cut_short += 1
                if total > DEEPEST_ROW or cut_short > 1:
                    met |= yield from self._in_parts(within, filters, cuts, met, total)
                    return met, total
            elif total is None or len(met) >= total:
                return met, total
        raise IncompleteRead(
            f"{total} rows of {self._asking.listing.path} share {self._along.field} "
            f"{as_parameter(within[0])} or nearly so, and {TIE_PASSES} passes over them met only "
            f"{len(met)}. What was read before is kept; run again."
        )

    def _in_parts(
        self,
        within: tuple[datetime, datetime],
        filters: Parameters,
        cuts: Cuts,
        met: set[str],
        total: int,
    ) -> Pages:
        """Rows too many to be paged, part by part until all are met; returns the ids met."""
        met = set(met)
        for number, cut in enumerate(cuts):
            rest = cuts[number + 1 :]
            if isinstance(cut, ByValue) and cut.parameter in filters:
                continue
            if isinstance(cut, Along):
                met |= yield from self._along_another(cut, within, filters, rest)
            else:
                met |= yield from self._by_value(cut, within, filters, rest)
            if len(met) >= total:
                return met
        for direction in ("asc", "desc"):
            for page in self._asking.pages(self._along, *within, filters, direction):
                met |= self._asking.ids(page)
                yield page
        return met

    def _along_another(
        self,
        along: Along,
        within: tuple[datetime, datetime],
        filters: Parameters,
        cuts: Cuts,
    ) -> Pages:
        """The same rows in the order of another time, each page from the last instant of the one before."""
        filters = {**filters, **bounds(self._along, *within)}
        ties = Ties(self._asking, along, None, filters, cuts)
        ties._is_part = True
        met: set[str] = set()
        lower: datetime | None = None
        reached: datetime | None = None
        while True:
            page = next(self._asking.pages(along, lower, LATEST, filters))
            met |= self._asking.ids(page)
            ties._look(page)
            yield page
            shown = [instant for instant in instants(page, along) if instant is not None]
            if not page.more or not shown:
                break
            frontier = max(shown)
            if reached is None or frontier > reached:
                reached, lower = frontier, frontier - MILLISECOND
                continue
            past = ties.past(reached, frontier, page)
            reached = lower = yield from _collected(past, met, self._asking)
        for field, values in ties._values.items():
            self._values.setdefault(field, set()).update(values)
        return met

    def _by_value(
        self,
        cut: ByValue,
        within: tuple[datetime, datetime],
        filters: Parameters,
        cuts: Cuts,
    ) -> Pages:
        """The rows of each value of a property that is known, or that a row has shown."""
        met: set[str] = set()
        for value in dict.fromkeys((*cut.values, *sorted(self._values.get(cut.field, ())))):
            part = self._read(within, {**filters, cut.parameter: value}, cuts)
            while True:
                try:
                    page = next(part)
                except StopIteration as end:
                    met |= end.value[0]
                    break
                yield page
                if any(_value(item, cut.field) not in (None, value) for item in page.items):
                    # It filters nothing: the same rows would come for each value.
                    return met | self._asking.ids(page)
        return met

    def _look(self, page: Page) -> None:
        """Note by which values the rows could be cut."""
        for cut in self._cuts:
            if isinstance(cut, ByValue):
                found = (_value(item, cut.field) for item in page.items)
                known = self._values.setdefault(cut.field, set())
                known.update(value for value in found if value is not None)

    def _name_the_rest(self, instant: datetime, unread: int, total: int) -> None:
        """Say which rows no request shows, and go on: the rest of the list must not wait for them."""
        listing, session = self._asking.listing, self._asking.session
        at = f"{self._along.field} {as_parameter(instant)}"
        reason = (
            f"{counted(unread, 'row')} of {listing.path} can't be read: {total} share {at} and all "
            "else that the list can be asked for, and the API shows no more of them. They come when they "
            "change."
        )
        if session.sets_aside is None:
            raise IncompleteRead(reason)
        session.sets_aside(SetAside(listing.stream, reason, row_id=at))


def _collected(
    pages: Generator[Page, None, datetime], met: set[str], asking: Asking
) -> Generator[Page, None, datetime]:
    """``pages``, with their ids added to ``met``; returns what they return."""
    while True:
        try:
            page = next(pages)
        except StopIteration as end:
            go_on_from: datetime = end.value
            return go_on_from
        met |= asking.ids(page)
        yield page


def _floor(instant: datetime, unit: timedelta) -> datetime:
    return instant - (instant - EARLIEST) % unit


def _value(item: Item, field: str) -> str | None:
    value: object = item
    for name in field.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return None if value is None else str(value)
