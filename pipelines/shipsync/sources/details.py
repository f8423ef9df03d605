"""What a list leaves out of its rows, asked for object by object, as seldom as possible.

The content hash of such an object is made of two halves: that of its row in the list and that of the
object by itself. So what is stored says whether the row in the list has changed since.

An object that can't be had is set aside, and its row stays as the list shows it. Where that is a trouble of
the server, three objects on end that it does not answer for end the reading as a list that fails does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from shipsync.api.page import object_of
from shipsync.api.paging import Item
from shipsync.api.session import Session
from shipsync.errors import (
    IncompleteRead,
    RequestRejected,
    Unavailable,
    Unreachable,
    UsageError,
    WrongAddress,
)
from shipsync.set_aside import SetAside, SetsAside
from shipsync.sources.canonical import content_hash
from shipsync.sources.fitting import key_text
from shipsync.sources.schema import ColumnKind
from shipsync.sources.streams import Details, Stream

StoredHashes = Callable[[Sequence[str]], Mapping[str, str]]
"""The content hashes stored for some ids; ids of which nothing is stored are missing."""

_HALF: Final = 16
_PATIENCE: Final = timedelta(seconds=20)
_UNANSWERED_ON_END: Final = 3


def with_details(
    session: Session,
    stream: Stream,
    rows: Sequence[Item],
    stored: StoredHashes,
    set_aside: SetsAside,
) -> tuple[list[Item], list[str]]:
    """``rows`` of the list with what it leaves out, and the hashes of both together, in order.

    A row that is settled and as it was stored is given as it stands in the list, with the hash stored:
    loading it changes nothing. So is one that the account does not show by itself; it is set aside.
    Raises what ``Session.read`` raises when the account answers for none of three on end.
    """
    details = stream.details
    assert details is not None
    ids = [key_text(ColumnKind.TEXT, row.get(stream.id_key)) or "" for row in rows]
    known = stored([key for key in ids if key])
    asking = _Asking(session, stream, details)
    items: list[Item] = []
    hashes: list[str] = []
    for key, row in zip(ids, rows, strict=True):
        half, before = content_hash(row)[:_HALF], known.get(key)
        is_as_stored = before is not None and before.startswith(half)
        if not key or (is_as_stored and _is_settled(details, row)):
            items.append(row)
            hashes.append(before or content_hash(row))
            continue
        body = asking.body_of(key)
        if isinstance(body, str):
            set_aside(SetAside(stream.name, body, row, row_id=key))
            items.append(row)
            hashes.append(before or half.ljust(2 * _HALF, "0"))
        else:
            items.append({**row, **body})
            hashes.append(half + content_hash(body)[:_HALF])
    return items, hashes


def _is_settled(details: Details, row: Item) -> bool:
    status = row.get(details.status)
    return isinstance(status, str) and status in details.settled


class _Asking:
    """The objects of one list, asked for one after the other."""

    def __init__(self, session: Session, stream: Stream, details: Details) -> None:
        self._session = session
        self._stream = stream
        self._details = details
        self._unanswered = 0

    def body_of(self, key: str) -> Item | str:
        """The object of that key, or the reason for its not being had, as a sentence."""
        try:
            body = self._shown(key)
        except (Unreachable, WrongAddress):
            raise
        except Unavailable as error:
            self._unanswered += 1
            if self._unanswered == _UNANSWERED_ON_END:
                raise
            return f"The account lists it and does not answer for it by itself: {error}"
        except (RequestRejected, IncompleteRead, UsageError) as error:
            body = f"The account lists it and does not show it by itself: {error}"
        self._unanswered = 0
        return body

    def _shown(self, key: str) -> Item | str:
        path = self._details.path(key)
        answer = self._session.read(path, stream=self._stream.name, give_up_after=_PATIENCE)
        body = object_of(answer, path, self._stream.name)
        named = body.get(self._stream.id_key)
        if named is not None and key_text(ColumnKind.TEXT, named) != key:
            return f"GET {path} answered with another one."
        return body
