"""Trying each stream with the smallest request it has, before anything depends on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shipsync.api import endpoints
from shipsync.api.endpoints import Listing
from shipsync.api.paging import Page, follow
from shipsync.api.session import Session
from shipsync.errors import (
    AccessDenied,
    KeyRefused,
    NotFound,
    ShipsyncError,
    Unreachable,
    WrongAddress,
)
from shipsync.sources.streams import STREAMS, TRACKING


@dataclass(frozen=True)
class Probe:
    """``rows`` is the account's own count, None where it gives none; ``error`` a sentence.

    ``is_offered`` is False for a list that needs an add-on which the account seems not to have.
    """

    stream: str
    is_reachable: bool
    rows: int | None
    error: str | None
    is_offered: bool = True

    @property
    def is_failure(self) -> bool:
        """Whether the stream should have answered and did not."""
        return self.is_offered and not self.is_reachable


def probe(session: Session) -> Iterator[Probe]:
    """One probe for each stream, in the order in which a sync reads them.

    Costs a request a stream, and one more for tracking, which needs a label to ask about. A stream
    that can't be reached doesn't keep the others from being tried. Raises ``KeyRefused``,
    ``Unreachable`` and ``WrongAddress`` at once: they hold for every stream.
    """
    for name, stream in STREAMS.items():
        try:
            if stream.listing is None:
                rows = _ask_tracking(session)
            else:
                page = _first_page(session, stream.listing, name)
                rows = page.total if page.total is not None else len(page.items)
        except (KeyRefused, Unreachable, WrongAddress):
            raise
        except ShipsyncError as error:
            is_missing = stream.needs_addon and isinstance(error, AccessDenied | NotFound)
            yield Probe(name, False, None, str(error), is_offered=not is_missing)
        else:
            yield Probe(name, True, rows, None)


def _first_page(session: Session, listing: Listing, stream: str) -> Page:
    params: dict[str, str | int | bool] = {"page_size": 1} if listing.paged else {}
    return next(follow(session, listing.path, params, listing.items_key, stream))


def _ask_tracking(session: Session) -> int | None:
    newest = _first_page(session, endpoints.LABELS, TRACKING)
    if not newest.items:
        return 0
    session.read(endpoints.label_track(str(newest.items[0].get("label_id"))), stream=TRACKING)
    return newest.total
