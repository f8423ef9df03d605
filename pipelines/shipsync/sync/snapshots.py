"""Lists that are read whole: loaded when every page was read and the counts agree, else left alone.

Absent means gone, as long as every row could be told from the others. If one could not, no row is taken
for gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import pyarrow as pa

from shipsync.api.paging import Item, Snapshot, complete
from shipsync.errors import AccessDenied, NotFound, ShipsyncError
from shipsync.set_aside import SetAside
from shipsync.sources.details import with_details
from shipsync.sources.keyset import Walked
from shipsync.sources.schema import CONTENT_HASH
from shipsync.sources.usable import UsableRow, usable_rows
from shipsync.sync.context import StreamRun


def sync_snapshot(
    run: StreamRun, compare: Callable[[Sequence[UsableRow]], bool] | None = None
) -> None:
    """Read the list whole and load it if anything in it differs; what is absent is closed.

    Skipped while the last complete read is younger than the stream's interval. ``compare`` looks at the
    rows first, and tells whether they must be loaded although all of them seem to be stored.
    """
    read = run.state.get_instant("read")
    if run.run.request.only is None and _is_fresh(run, read):
        run.report.outcome = "skipped"
        return
    listing = run.stream.listing
    assert listing is not None
    try:
        snapshot = complete(run.run.session, listing, held=run.stored.keys())
    except (AccessDenied, NotFound) as error:
        # Once it has been read, a refusal is no matter of an add-on that the account never had.
        if not run.stream.needs_addon or read is not None:
            raise
        _note_missing_addon(run, error)
        return
    run.run.time.observe(snapshot.server_time)
    usable, kept = _usable(run, snapshot, in_full=compare is not None)
    must_load = compare is not None and compare(usable)
    hashes = [row.content_hash for row in usable]
    kept_hashes = kept[run.stream.table.name][CONTENT_HASH].to_pylist() if kept else []
    is_stored = sorted([*hashes, *kept_hashes]) == sorted(run.stored.hashes())
    if is_stored and not must_load:
        run.tally.unchanged += len(usable)
        run.tally.pages += snapshot.pages
    else:
        whole = Walked([row.item for row in usable], hashes, None, snapshot.total)
        run.load(lambda start: iter([whole]), is_snapshot=True, kept=kept)
        run.tally.pages += snapshot.pages - 1
    run.run.quarantine.whole_list_was_read(run.stream.name)
    run.state.set("read", snapshot.server_time or run.run.time.upper_bound)


def _usable(
    run: StreamRun, snapshot: Snapshot, *, in_full: bool
) -> tuple[list[UsableRow], Mapping[str, pa.Table]]:
    """The rows that can be loaded, and stored rows that must stay although none of these is them.

    A row that can't be read, or that has lost its key, is one of those that seem to be gone. Nobody can
    say which, so none of them is taken for gone.
    """
    unknown = list(snapshot.unreadable)

    def set_aside(thing: SetAside) -> None:
        run.run.quarantine.put(thing)
        if thing.row_id is None:
            unknown.append(thing)

    for row in snapshot.unreadable:
        run.run.quarantine.put(row)
    usable = usable_rows(run.stream, *_contents(run, snapshot, in_full=in_full), set_aside)
    if not unknown:
        return usable, {}
    keys = run.stored.keys()
    stored = {tuple(part or "" for part in key) for key in keys}
    missing = stored.difference(row.key for row in usable)
    return usable, run.stored.rows(missing) if missing else {}


def _contents(
    run: StreamRun, snapshot: Snapshot, *, in_full: bool
) -> tuple[Sequence[Item], Sequence[str]]:
    """The objects of the list, with what it leaves out of them, and the hashes of their content.

    ``in_full``: what it leaves out is read also where it is stored already.
    """
    if run.stream.details is None:
        return snapshot.items, run.hashes(snapshot.items)

    def stored(ids: Sequence[str]) -> dict[str, str]:
        found = {} if in_full else run.stored.current(ids)
        return {key: row.content_hash for key, row in found.items() if row.is_whole}

    quarantine = run.run.quarantine
    return with_details(run.run.session, run.stream, snapshot.items, stored, quarantine.put)


def _note_missing_addon(run: StreamRun, error: ShipsyncError) -> None:
    """Leave the stream out, and say so once: later runs leave it out without a word."""
    run.report.outcome = "skipped"
    if run.state.get("unavailable") is None:
        run.report.note = (
            f"{run.stream.name}: the account does not offer this list. It needs ShipStation's Inventory "
            f"add-on; without it this stream stays empty, and this is said once. {error}"
        )
        run.state.set("unavailable", run.run.time.upper_bound)


def _is_fresh(run: StreamRun, read: datetime | None) -> bool:
    now = run.run.time.known
    # A time ahead of now was taken from a clock that was wrong.
    return read is not None and now is not None and timedelta(0) <= now - read < _interval(run)


def _interval(run: StreamRun) -> timedelta:
    connection = run.run.connection
    return connection.slow_lists_every if run.stream.is_slow else connection.inventory_every
