"""Asking each list once, before a first sync: may we read it, and how long is it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shipsync.api import endpoints
from shipsync.api.endpoints import Listing
from shipsync.api.paging import Page, follow
from shipsync.api.session import Session
from shipsync.errors import KeyRefused, ShipsyncError
from shipsync.sources.streams import STREAMS, Stream


@dataclass(frozen=True)
class Probe:
    """What one stream answered.

    ``rows`` is the length of its list by the server's count, ``is_reachable`` None when there was
    nothing to ask for; ``error`` is one sentence.
    """

    stream: str
    is_reachable: bool | None
    rows: int | None = None
    error: str | None = None


def probe(session: Session, streams: Iterable[Stream] = tuple(STREAMS.values())) -> Iterator[Probe]:
    """One small request per stream (two for tracking), in order; answers come as they arrive.

    Raises ``KeyRefused`` at once: no other stream would answer differently.
    """
    for stream in streams:
        try:
            yield _ask(session, stream)
        except KeyRefused:
            raise
        except ShipsyncError as error:
            yield Probe(stream.name, is_reachable=False, error=str(error))


def _ask(session: Session, stream: Stream) -> Probe:
    if stream.listing is not None:
        page = _first_page(session, stream.listing, stream.name)
        rows = len(page.items) if page.total is None else page.total
        return Probe(stream.name, is_reachable=True, rows=rows)
    labels = _first_page(session, endpoints.LABELS, stream.name).items
    if not labels:
        return Probe(stream.name, is_reachable=None, error="There is no label yet to ask about.")
    session.read(endpoints.label_track(str(labels[0]["label_id"])), stream=stream.name)
    return Probe(stream.name, is_reachable=True)


def _first_page(session: Session, listing: Listing, stream: str) -> Page:
    params = {"page_size": 1} if listing.paged else {}
    return next(follow(session, listing.path, params, listing.items_key, stream))
