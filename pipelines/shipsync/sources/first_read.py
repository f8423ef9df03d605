"""How long the first read of an account takes: requests by the length of its lists, at its rate."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from shipsync.connection import Connection
from shipsync.sources.probe import Probe
from shipsync.sources.streams import STREAMS, ReadsBy


@dataclass(frozen=True)
class FirstRead:
    """What the first run asks for; ``parcels_later`` are parcels whose tracking waits for later runs."""

    rows: int
    requests: int
    takes: timedelta
    parcels_later: int


def first_read(probes: Iterable[Probe], connection: Connection) -> FirstRead:
    """Of an account whose lists are as long as ``probes`` say, at the rate that is set.

    An estimate from above for tracking: which parcels are finished is known only when they were asked for.
    """
    rows = requests = later = 0
    for probe in probes:
        if not probe.is_reachable:
            continue
        stream, count = STREAMS[probe.stream], probe.rows or 0
        if stream.reads_by is ReadsBy.PER_PARCEL:
            now = min(count, connection.tracking_calls_per_run)
            requests, later = requests + now, later + count - now
            continue
        is_paged = stream.listing is not None and stream.listing.paged
        rows += count
        requests += max(1, math.ceil(count / connection.page_size)) if is_paged else 1
    minutes = requests / connection.requests_per_minute
    return FirstRead(rows, requests, timedelta(minutes=minutes), later)
