"""The parcels that may still be asked for, brought up to date by what changed and nothing else.

``ledger.followed_parcels`` holds a row for each, with its plan. A plan depends on the label, the answers, the
polls and the rules, never on the hour: so it is made again for labels of which a load is new, for parcels
that were just asked for, and, when the rules are others, for all. Of a million labels that were delivered
none is looked at; choosing and counting read this table alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import duckdb

from shipsync.connection import Connection
from shipsync.sources.streams import LABELS, TRACKING
from shipsync.statements import statement
from shipsync.sync.list_trust import TIME_TO_TELL, ListEvidence, ListTrust, judged, sentence
from shipsync.sync.polling_policy import (
    LONGEST_SILENCE,
    PolledParcel,
    PollPlan,
    PollRules,
    plan,
)
from shipsync.sync.state import StreamState
from shipsync.warehouse.database import transaction

if TYPE_CHECKING:
    import pyarrow as pa

_STATEMENTS: Final = "shipsync.sync"
_VERSION: Final = 1
"""Of what the table holds and of the policy; raised, every parcel is planned again once."""
_EVIDENCE: Final = timedelta(days=14)
_MONTH: Final = timedelta(days=30)
_ROWS_AT_ONCE: Final = 50_000


@dataclass(frozen=True)
class PollChoice:
    """Who is asked in one run: ``chosen``, of ``due``, of all ``followed``, which aren't finished.

    ``chosen`` holds the carrier's code of each parcel by its id, the most telling first.
    """

    chosen: dict[str, str]
    due: int
    followed: int

    @property
    def saved(self) -> int:
        """Calls that asking for every unfinished parcel would have made and the policy did not."""
        return self.followed - self.due

    @property
    def put_off(self) -> int:
        """Parcels that are due and that the budget has no call for."""
        return self.due - len(self.chosen)


class FollowedParcels:
    """The table of one open database, planned by the rules of ``connection``."""

    def __init__(self, con: duckdb.DuckDBPyConnection, connection: Connection) -> None:
        self._con = con
        self._finished_after = timedelta(days=connection.tracking_finished_after_days)
        self._returns = timedelta(days=connection.tracking_returns_days)
        self._state = StreamState(con, TRACKING, in_transaction_of_caller=True)

    @property
    def trust(self) -> ListTrust:
        """How far lists of labels are trusted, as last measured."""
        return ListTrust.from_json(self._state.get("lists"))

    def refresh(self, now: datetime) -> None:
        """Plan again whatever new loads concern, and everything if the settings changed."""
        basis = [_VERSION, self._finished_after.days, self._returns.days]
        with transaction(self._con):
            if self._state.get("planned_by") != basis:
                self._run("forget_all")
                self._run("forget_loads")
                self._state.set("planned_by", basis)
            self._take_loads(now)
            self._run("forget_delivered", delivered_before=now - _EVIDENCE)

    def measure(self, now: datetime, lists_read_at: datetime | None) -> None:
        """Judge the lists anew, by what they told of deliveries when they were last read."""
        before = self.trust
        trust = judged(evidence(self._con, lists_read_at), before)
        if trust == before:
            return
        with transaction(self._con):
            self._state.set("lists", trust.as_json())
            self._run("touch_followed")
            self._plan_touched(now)

    def plan_again(self, parcel_ids: Sequence[str], now: datetime) -> None:
        """Plan parcels that were asked for, in the caller's transaction."""
        self._run("touch_parcels", parcel_ids=list(parcel_ids))
        self._plan_touched(now)

    def choose(self, now: datetime, budget: int) -> PollChoice:
        """Whom to ask for now, at most ``budget`` of them."""
        backlog = now - self._finished_after
        values = {"now": now, "backlog_before": backlog, "budget": budget}
        chosen = self._run("choose_parcels", old_before=now - _MONTH, **values).fetchall()
        counts = self._run("count_followed", **values).fetchone()
        followed, due = counts or (0, 0)
        return PollChoice({key: carrier or "" for key, carrier in chosen}, due, followed)

    def note_planned(self, now: datetime) -> None:
        """Note that the schedule holds as of now."""
        with transaction(self._con):
            self._run("clear_planned")
            backlog = now - self._finished_after
            self._run("note_planned", planned_at=now, backlog_before=backlog)

    def _take_loads(self, now: datetime) -> None:
        self._run("list_new_loads")
        new = self._run("count_new_loads").fetchone()
        last = self._run("last_ended").fetchone()
        ended = last[0] if last else None
        known = self._state.get_instant("ended")
        if new != (0,) or (ended is not None and (known is None or ended > known)):
            self._run("touch_loaded", ended_after=known)
            self._plan_touched(now)
            self._run("take_new_loads")
            if ended != known:
                self._state.set("ended", ended)

    def _plan_touched(self, now: datetime) -> None:
        self._run("forget_touched")
        rules = PollRules(self._finished_after, self._returns, self.trust)
        found = self._run(
            "parcels_to_plan",
            now=now,
            delivered_before=now - _EVIDENCE,
            silent_before=now - min(self._finished_after, LONGEST_SILENCE),
        ).to_arrow_table()
        for batch in found.to_batches(max_chunksize=_ROWS_AT_ONCE):
            parcels = zip(*(column.to_pylist() for column in batch.columns), strict=True)
            self._insert(list(_planned((PolledParcel(*row) for row in parcels), rules)))

    def _insert(self, rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        self._con.register("planned", _table(rows))
        self._run("follow_planned")
        self._con.unregister("planned")

    def _run(self, name: str, **values: object) -> duckdb.DuckDBPyConnection:
        query = statement(_STATEMENTS, name)
        return self._con.execute(query, values) if values else self._con.execute(query)


def evidence(con: duckdb.DuckDBPyConnection, read_at: datetime | None) -> list[ListEvidence]:
    """What labels said of the deliveries of the last two weeks, by carrier.

    ``read_at``: the account's time when they were last listed; None: never, so nothing is known.
    """
    if read_at is None:
        return []
    values = {"told_before": read_at - TIME_TO_TELL}
    found = con.execute(statement(_STATEMENTS, "list_evidence"), values).fetchall()
    return [ListEvidence(*row) for row in found]


def _planned(parcels: Iterable[PolledParcel], rules: PollRules) -> Iterator[tuple[Any, ...]]:
    """Rows of the table: of what is followed, and of what was delivered lately, which is evidence."""
    for parcel in parcels:
        planned = plan(parcel, rules)
        if planned is not None or parcel.delivered_at is not None:
            yield _row(parcel, planned)


def _table(rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    # Imported here, for `status` reads this module and begins quickly without it.
    import pyarrow as pa

    instant = pa.timestamp("us", tz="UTC")
    schema = pa.schema(
        [
            ("parcel_id", pa.string()),
            ("label_id", pa.string()),
            ("created_at", instant),
            ("carrier_code", pa.string()),
            ("says_delivered", pa.bool_()),
            ("label_changed_at", instant),
            ("delivered_at", instant),
            ("state", pa.string()),
            ("polled_at", instant),
            ("changed_at", instant),
            ("next_poll_at", instant),
            ("every_seconds", pa.int64()),
            ("why", pa.string()),
            ("is_urgent", pa.bool_()),
        ]
    )
    columns = zip(*rows, strict=True)
    return pa.table(dict(zip(schema.names, map(list, columns), strict=True)), schema=schema)


def _row(parcel: PolledParcel, planned: PollPlan | None) -> tuple[Any, ...]:
    return (
        parcel.parcel_id,
        parcel.parcel_id.partition("/")[0],
        parcel.created_at,
        parcel.carrier_code,
        parcel.says_delivered,
        parcel.label_changed_at,
        parcel.delivered_at,
        parcel.state.value,
        parcel.polled_at,
        parcel.changed_at,
        planned.next_poll_at if planned else None,
        int(planned.every.total_seconds()) if planned else None,
        planned.why if planned else None,
        planned is not None and planned.is_urgent,
    )


def lists_read_at(con: duckdb.DuckDBPyConnection) -> datetime | None:
    """The account's time when labels under way were last listed, changed or not; None: never."""
    state = StreamState(con, LABELS.name)
    read = (state.get_instant("swept"), state.get_instant("statuses"))
    return max((at for at in read if at is not None), default=None)


def lists_told(con: duckdb.DuckDBPyConnection) -> str | None:
    """A sentence on how far lists of labels tell of this account's deliveries; None before any sync."""
    try:
        read_at = lists_read_at(con)
        if read_at is None:
            return None
        trust = ListTrust.from_json(StreamState(con, TRACKING).get("lists"))
        return sentence(evidence(con, read_at), trust)
    except duckdb.CatalogException:
        # A database that no sync of this version has met.
        return None
