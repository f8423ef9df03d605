"""Settling what became of stored rows that a list no longer shows: asked by id, proved, and only then closed.

::

    stored, but in no list that was read whole ──ask by id──▶ there after all       loaded if it differs
                                                    ├───────▶ another's body        merged ─┐
                                                    ├───────▶ 404 as the API says it  gone ─┤
                                                    └───────▶ anything else         left alone, named
                     a known id answers, the question is asked twice, they are not many ◀───┘
                                                    │
                          version ends, lines go, ledger.gone keeps why: in one transaction

A list alone proves nothing, nor does a server in trouble: one that answers 404 for what it has just shown,
that answers in another form than the API's, or that misses many rows at once. Then nothing is closed, and
the run says so and ends with exit code 3.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

import httpx

from shipsync.api import endpoints
from shipsync.api.paging import Item, follow
from shipsync.errors import (
    DeadlinePassed,
    IncompleteRead,
    KeyRefused,
    NotFound,
    RequestRejected,
    Unavailable,
    Unreachable,
    UsageError,
)
from shipsync.plurals import counted
from shipsync.sources.account_time import FAR_AHEAD
from shipsync.sources.instants import parse_instant
from shipsync.sources.keyset import Walked
from shipsync.statements import statement
from shipsync.sync.context import StreamRun
from shipsync.sync.out_of_band import expect_apart
from shipsync.warehouse.database import transaction

_STATEMENTS: Final = "shipsync.sync"
_BY_ID: Final = {"shipments": endpoints.shipment, "labels": endpoints.label}
# The 404 of a label is documented to have no body; that of a shipment names what was not found.
_SAYS_WHY: Final = frozenset({"shipments"})
_CONTROLS: Final = 3
MOST_ASKED_BY_ID: Final = 500
"""Rows of one window that are asked for by id, so that a list that is broken takes no table with it."""
MANY: Final = 20
"""So many rows, and a quarter of the stored ones, may be gone at once before it looks like a fault."""
CONFIRMED_AFTER: Final = timedelta(hours=1)
"""Where many are gone at once, each must still be gone so long after it was first seen so."""

Because = Literal["gone", "merged"]


@dataclass(frozen=True)
class GoneRow:
    """The account knows a row no more; ``merged_into`` is whose body it answers with instead."""

    row_id: str
    because: Because
    merged_into: str | None = None


@dataclass(frozen=True)
class Doubt:
    """The account's answer proves nothing of a row; ``why`` is a clause."""

    row_id: str
    why: str


Said = Item | GoneRow | Doubt


@dataclass(frozen=True)
class Settled:
    """What became of the rows that were asked for: ``present`` bodies, ``closed`` versions."""

    present: tuple[Item, ...] = ()
    closed: tuple[GoneRow, ...] = ()


def settle_absent(
    run: StreamRun,
    ids: Sequence[str],
    *,
    stored: int,
    met: Collection[str],
    is_confirmed: bool = False,
) -> Settled:
    """Ask for stored rows that a complete reading did not show, and close those that are proved gone.

    ``stored`` is the number of rows that the reading should have shown, ``met`` are ids that it did show:
    one of them is the control. ``is_confirmed``: a person asked for it, so that many at once are believed.
    What cannot be proved stays, and the stream's report says so.
    """
    if not ids:
        return Settled()
    answers = {row_id: ask(run, row_id) for row_id in ids}
    _forget(run, [row_id for row_id, answer in answers.items() if isinstance(answer, dict)])
    gone = [answer for answer in answers.values() if isinstance(answer, GoneRow)]
    doubts = [answer for answer in answers.values() if isinstance(answer, Doubt)]
    present = tuple(answer for answer in answers.values() if isinstance(answer, dict))
    if doubts:
        _say(run, doubts, f"for {doubts[0].row_id}, {doubts[0].why}")
    if gone and not is_confirmed:
        gone = _believed(run, gone, stored)
    if gone:
        gone = _proved(run, gone, [row_id for row_id in met if row_id not in answers])
    close(run, gone)
    return Settled(present, tuple(gone))


def ask(run: StreamRun, row_id: str) -> Said:
    """What the account says of one row. Raises what concerns every request, not this one alone."""
    try:
        return _asked(run, row_id)
    except NotFound as error:
        if run.stream.name not in _SAYS_WHY or error.codes or error.messages:
            return GoneRow(row_id, "gone")
        return Doubt(row_id, "its 404 was not one of the API's own, for it named no error")
    except (DeadlinePassed, KeyRefused, Unreachable):
        raise
    except (IncompleteRead, RequestRejected, Unavailable, UsageError) as error:
        return Doubt(row_id, f"there was no usable answer: {str(error).rstrip('.')}")


def _asked(run: StreamRun, row_id: str) -> Said:
    session, stream = run.run.session, run.stream
    if stream.name not in _BY_ID:
        return _listed(run, row_id)
    answer = session.read(_BY_ID[stream.name](row_id), stream=stream.name)
    run.run.time.observe(answer.server_time)
    body = answer.body if isinstance(answer.body, dict) else {}
    other = body.get(stream.id_key)
    if answer.status == httpx.codes.OK and isinstance(other, str) and other:
        return body if other == row_id else GoneRow(row_id, "merged", other)
    return Doubt(row_id, f"the answer had status {answer.status} and no {stream.id_key}")


def _listed(run: StreamRun, row_id: str) -> Said:
    """The same of a list that has a filter for ids and no address for each."""
    stream = run.stream
    listing = stream.listing
    assert listing is not None
    query: dict[str, str | int | bool] = {stream.id_key: row_id}
    page = next(follow(run.run.session, listing.path, query, listing.items_key, listing.stream))
    run.run.time.observe(page.server_time)
    for row in page.items:
        if str(row.get(stream.id_key)) == row_id:
            return row
    if page.rows:
        return Doubt(row_id, f"the list ignored the filter {stream.id_key} and showed other rows")
    return GoneRow(row_id, "gone")


def _believed(run: StreamRun, gone: list[GoneRow], stored: int) -> list[GoneRow]:
    """Those of ``gone`` that need no further evidence: all unless they are many, else the old ones."""
    seen: dict[str, str] = run.state.get("absent") or {}
    now = run.run.time.upper_bound
    if len(seen.keys() | {one.row_id for one in gone}) <= max(MANY, stored // 4):
        return gone
    seen |= {one.row_id: seen.get(one.row_id, now.isoformat()) for one in gone}
    old = [one for one in gone if _is_old(seen[one.row_id], now)]
    run.state.set("absent", seen)
    waiting = [one for one in gone if one not in old]
    if waiting:
        _say(
            run,
            waiting,
            f"so many at once look like a fault of the server. Those that are still unknown in an hour "
            f"are closed then; `shipsync reconcile --only {run.stream.name}` closes them at once",
        )
    return old


def _is_old(first_seen: str, now: datetime) -> bool:
    at = parse_instant(first_seen)
    return at is not None and now - at >= CONFIRMED_AFTER


def _forget(run: StreamRun, ids: Iterable[str]) -> None:
    seen: dict[str, str] = run.state.get("absent") or {}
    left = {row_id: at for row_id, at in seen.items() if row_id not in set(ids)}
    if len(left) < len(seen):
        run.state.set("absent", left) if left else run.state.clear("absent")


def _proved(run: StreamRun, gone: list[GoneRow], met: Sequence[str]) -> list[GoneRow]:
    """Those that the account does not know a second time, once it has shown that it knows what it has."""
    absent = {one.row_id for one in gone}
    newest = run.stored.newest_ids(len(absent) + _CONTROLS)
    known = [*met[-_CONTROLS:], *(key for key in newest if key not in absent)]
    controls = list(dict.fromkeys(known))[:_CONTROLS]
    if not any(isinstance(ask(run, control), dict) for control in controls):
        tried = (
            f"it did not answer for {', '.join(controls)} either, which it has"
            if controls
            else "there is no other row by which the answer could be checked"
        )
        _say(run, gone, tried)
        return []
    again = [ask(run, one.row_id) for one in gone]
    proved = [one for one, answer in zip(gone, again, strict=True) if answer == one]
    wavering = [one for one in gone if one not in proved]
    if wavering:
        _say(run, wavering, "asked a second time it answered otherwise")
    return proved


def close(run: StreamRun, gone: Sequence[GoneRow]) -> None:
    """End the versions of rows that are gone, take their lines away and keep why: all or nothing."""
    if not gone:
        return
    con, stream, time = run.run.con, run.stream, run.run.time
    at = run.run.loader.boundary(stream, time.valid_from)
    ids = [one.row_id for one in gone]
    with transaction(con):
        for one in gone:
            row = {
                "stream": stream.name,
                "entity_id": one.row_id,
                "closed_at": at,
                "found_at": time.upper_bound,
                "closed_because": one.because,
                "merged_into": one.merged_into,
                "run_id": run.run.run_id,
            }
            con.execute(statement(_STATEMENTS, "record_gone"), row)
        end = statement(_STATEMENTS, "end_versions").replace("this_table", stream.table.name)
        con.execute(end.replace("this_key", stream.id_key), {"ids": ids, "at": at})
        for lines in stream.lines:
            if lines.table.loading == "children":
                delete = statement(_STATEMENTS, "delete_lines")
                delete = delete.replace("this_table", lines.table.name)
                con.execute(delete.replace("this_key", stream.id_key), {"ids": ids})
    _forget(run, ids)
    run.report.gone += len(gone)


def before_account_time(run: StreamRun, page: Walked) -> Walked:
    """The rows of a page but for those that changed after T0: the next run meets them along the cursor."""
    cursor, now = run.stream.changes_by, run.run.time.upper_bound
    if cursor is None:
        return page
    kept = [
        (item, digest)
        for item, digest in zip(page.items, page.hashes, strict=True)
        if (at := parse_instant(item.get(cursor))) is None or not now < at < now + FAR_AHEAD
    ]
    if len(kept) == len(page.items):
        return page
    return replace(page, items=[item for item, _ in kept], hashes=[digest for _, digest in kept])


def load_present(run: StreamRun, settled: Settled) -> int:
    """Load those rows that are there after all and differ; returns how many did."""
    if not settled.present:
        return 0
    expect_apart(run)
    rows = list(settled.present)
    page = before_account_time(run, Walked(rows, run.hashes(rows), None))
    return run.load(lambda _: iter([page]))


def _say(run: StreamRun, rows: Sequence[GoneRow | Doubt], why: str) -> None:
    named = ", ".join(row.row_id for row in rows[:3])
    more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    they = counted(len(rows), f"row of {run.stream.name}", f"rows of {run.stream.name}")
    said = (
        f"{they} ({named}{more}) came in no list, and nothing was closed on that account: {why}. "
        "They stay as they are, and the next run asks again."
    )
    run.report.unproven = " ".join(filter(None, (run.report.unproven, said)))
