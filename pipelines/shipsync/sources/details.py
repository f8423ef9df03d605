"""What a list leaves out of its rows, asked for object by object, as seldom as possible.

The content hash of such an object is made of two halves: that of its row in the list and that of the
object by itself. So what is stored says whether the row in the list has changed since.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from shipsync.api.page import object_of
from shipsync.api.paging import Item
from shipsync.api.session import Session
from shipsync.errors import IncompleteRead, RequestRejected
from shipsync.set_aside import SetAside, SetsAside
from shipsync.sources.canonical import content_hash
from shipsync.sources.streams import Stream

StoredHashes = Callable[[Sequence[str]], Mapping[str, str]]
"""The content hashes stored for some ids; ids of which nothing is stored are missing."""

_HALF: Final = 16


def with_details(
    session: Session,
    stream: Stream,
    rows: Sequence[Item],
    stored: StoredHashes,
    set_aside: SetsAside,
) -> tuple[list[Item], list[str]]:
    """``rows`` of the list with what it leaves out, and the hashes of both together, in order.

    A row that is settled and as it was stored is given as it stands in the list, with the hash stored:
    loading it changes nothing. So is one that the account refuses to show by itself; it is set aside.
    """
    details = stream.details
    assert details is not None
    ids = [str(row.get(stream.id_key) or "") for row in rows]
    known = stored([key for key in ids if key])
    items: list[Item] = []
    hashes: list[str] = []
    for key, row in zip(ids, rows, strict=True):
        half, before = content_hash(row)[:_HALF], known.get(key)
        is_settled = row.get(details.status) in details.settled
        if not key or (before is not None and is_settled and before.startswith(half)):
            items.append(row)
            hashes.append(before or content_hash(row))
            continue
        path = details.path(key)
        try:
            body = object_of(session.read(path, stream=stream.name), path, stream.name)
        except (RequestRejected, IncompleteRead) as error:
            reason = f"The account lists it and does not show it by itself: {error}"
            set_aside(SetAside(stream.name, reason, row, row_id=key))
            items.append(row)
            hashes.append(before or half.ljust(2 * _HALF, "0"))
            continue
        items.append({**row, **body})
        hashes.append(half + content_hash(body)[:_HALF])
    return items, hashes
