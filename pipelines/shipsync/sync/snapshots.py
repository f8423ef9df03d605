"""Lists that are read whole: loaded when every page was read and the counts agree, else left alone."""

from __future__ import annotations

from datetime import timedelta

from shipsync.api.paging import complete
from shipsync.errors import IncompleteRead
from shipsync.sources.canonical import content_hashes
from shipsync.sources.keyset import Walked
from shipsync.sources.usable import usable_rows
from shipsync.sync.context import StreamRun


def sync_snapshot(run: StreamRun) -> None:
    """Read the list whole and load it if anything in it differs; what is absent is closed.

    Skipped while the last complete read is younger than the stream's interval.
    """
    every = _interval(run)
    now = run.run.time.known
    read = run.state.get_instant("read")
    asked_for = run.run.request.only is not None
    if read is not None and now is not None and now - read < every and not asked_for:
        run.report.outcome = "skipped"
        return
    listing = run.stream.listing
    assert listing is not None
    snapshot = complete(run.run.session, listing, held=run.stored.keys())
    run.run.time.observe(snapshot.server_time)
    if snapshot.unreadable:
        # Loaded as it is, it would close the row that is there and can't be read.
        raise IncompleteRead(
            f"{len(snapshot.unreadable)} rows of {listing.path} can't be read, so nothing can be said of "
            "those that are missing; what is held was left as it is. Run again later."
        )
    quarantine = run.run.quarantine
    usable = usable_rows(run.stream, snapshot.items, content_hashes(snapshot.items), quarantine.put)
    hashes = [row.content_hash for row in usable]
    if sorted(hashes) == sorted(run.stored.hashes()):
        run.tally.unchanged += len(usable)
        run.tally.pages += snapshot.pages
    else:
        whole = Walked([row.item for row in usable], hashes, None, snapshot.total)
        run.load(lambda start: iter([whole]), is_snapshot=True)
        run.tally.pages += snapshot.pages - 1
    quarantine.whole_list_was_read(run.stream.name)
    run.state.set("read", snapshot.server_time or run.run.time.upper_bound)


def _interval(run: StreamRun) -> timedelta:
    connection = run.run.connection
    return connection.slow_lists_every if run.stream.is_slow else connection.inventory_every
