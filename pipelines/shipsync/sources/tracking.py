"""Asking for the tracking of parcels that are due, several at a time within the rate budget.

The box that has its label's number is asked for by the label, a further one by its own number.

A parcel that the account does not answer for fails alone: it is asked a second time, once the account
is seen to answer at all, and then given up. Eight in a row that all fail are no fault of theirs: then
the reading ends as it does when the account is down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any, Final

from shipsync.api import endpoints
from shipsync.api.answer import Answer
from shipsync.api.page import object_of
from shipsync.api.paging import Item
from shipsync.api.session import Session
from shipsync.errors import (
    DeadlinePassed,
    IncompleteRead,
    NotFound,
    RequestRejected,
    ShipsyncError,
    Unavailable,
    Unreachable,
    UsageError,
)
from shipsync.sources.account_time import AccountTime
from shipsync.sources.canonical import ContentHash, content_hash
from shipsync.sources.keyset import Walked
from shipsync.sources.streams import TRACKING

LABELS_PER_PAGE = 100
PATIENCE: Final = timedelta(seconds=20)
"""So long one parcel's request is repeated; an account that is down is waited for as for any request."""
_AT_ONCE = 4
_GROUP: Final = 8


@dataclass(frozen=True)
class Unanswered:
    """A parcel whose tracking could not be had.

    ``is_unknown``: the account says that it knows none, which is an answer too. ``may_pass``: it may be
    answered if it is asked again.
    """

    parcel_id: str
    error: ShipsyncError
    is_unknown: bool = False
    may_pass: bool = False


def tracking_pages(
    session: Session,
    time: AccountTime,
    parcel_ids: Sequence[str],
    carriers: Mapping[str, str] | None = None,
    unanswered: Callable[[Unanswered], None] = lambda parcel: None,
    hash_of: ContentHash = content_hash,
) -> Iterator[Walked]:
    """The tracking objects of ``parcel_ids``, in pages of 100, each with its ``label_id`` put in.

    An id is a label's, or ``LABEL/NUMBER`` for a further box, whose carrier's code ``carriers`` tells.
    ``unanswered`` gets each parcel that has no answer. Raises what ``Session.read`` raises when the
    account as a whole does not answer, or answers for none of eight parcels.
    """
    remaining = iter(parcel_ids)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="tracking") as pool:
        asking = _Asking(session, time, carriers or {}, pool)
        while chunk := list(islice(remaining, LABELS_PER_PAGE)):
            items: list[Item] = []
            for first in range(0, len(chunk), _GROUP):
                for answer in asking.group(chunk[first : first + _GROUP]):
                    if isinstance(answer, Unanswered):
                        unanswered(answer)
                    else:
                        items.append(answer)
            yield Walked(items, [hash_of(item) for item in items], None)


class _Asking:
    """The calls of one reading."""

    def __init__(
        self,
        session: Session,
        time: AccountTime,
        carriers: Mapping[str, str],
        pool: ThreadPoolExecutor,
    ) -> None:
        self._session = session
        self._time = time
        self._carriers = carriers
        self._pool = pool

    def group(self, parcel_ids: Sequence[str]) -> list[Item | Unanswered]:
        """What the account says of a few parcels, in their order."""
        answers = list(self._pool.map(self._ask, parcel_ids))
        passing = [
            number
            for number, answer in enumerate(answers)
            if isinstance(answer, Unanswered) and answer.may_pass
        ]
        if passing:
            # Waits for an account that is down, and raises if it stays so.
            self._session.read(endpoints.LABELS.path, {"page_size": 1}, stream=TRACKING)
            again = self._pool.map(self._ask, [parcel_ids[number] for number in passing])
            for number, answer in zip(passing, again, strict=True):
                answers[number] = answer
        failed = [one for one in answers if isinstance(one, Unanswered) and not one.is_unknown]
        if len(failed) == _GROUP:
            raise failed[0].error
        return answers

    def _ask(self, parcel_id: str) -> Item | Unanswered:
        try:
            answer = self._read(parcel_id)
            body = object_of(answer, f"The tracking of {parcel_id}", TRACKING)
        except (DeadlinePassed, Unreachable):
            raise
        except NotFound as error:
            return Unanswered(parcel_id, error, is_unknown=True)
        except RequestRejected as error:
            # Whether the API tells of a number that is no label's own is not established.
            return Unanswered(parcel_id, error, is_unknown="/" in parcel_id)
        except Unavailable as error:
            return Unanswered(parcel_id, error, may_pass=True)
        except (UsageError, IncompleteRead) as error:
            return Unanswered(parcel_id, error)
        self._time.observe(answer.server_time)
        return labelled(parcel_id, body)

    def _read(self, parcel_id: str) -> Answer:
        label_id, _, number = parcel_id.partition("/")
        if not number:
            path = endpoints.label_track(label_id)
            return self._session.read(path, stream=TRACKING, give_up_after=PATIENCE)
        asked = {"tracking_number": number, "carrier_code": self._carriers.get(parcel_id, "")}
        params = {key: value for key, value in asked.items() if value}
        return self._session.read(
            endpoints.TRACKING, params, stream=TRACKING, give_up_after=PATIENCE
        )


def labelled(label_id: str, body: dict[str, Any]) -> Item:
    """A tracking object with what the raw table has beside it: its label and its count of events."""
    events = body.get("events")
    count = len(events) if isinstance(events, list) else None
    return {**body, "label_id": label_id, "event_count": count}
