"""The tools: each reads a copy of the database, so that none is in a run's way, and gives plain values."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from shipsync import clock, queries
from shipsync.account_day import written_day
from shipsync.assistant import sql
from shipsync.assistant.latest_copy import LatestCopy
from shipsync.errors import UsageError
from shipsync.metrics.asking import PACKAGE as METRICS
from shipsync.metrics.asking import MetricQuestion, not_built
from shipsync.statements import statement
from shipsync.tracking import OwnAffixes, Wording, document, find_order
from shipsync.warehouse.bounded_query import QueryFailed

_STATEMENTS: Final = "shipsync.assistant"
MOST_CHANGES: Final = 200


class Tools:
    """What can be asked of one database; every method raises a ``ShipsyncError`` that says what to do."""

    def __init__(
        self, database: Path, own: OwnAffixes | None = None, words: Wording | None = None
    ) -> None:
        self._copy = LatestCopy(database)
        self._own = own or OwnAffixes()
        self._words = words

    def track_order(self, order: str) -> dict[str, Any]:
        """Where an order is; see ``tracking.document``."""
        with self._copy.opened() as con:
            found = find_order(con, order, self._own)
        return _object(document(found, clock.now(), self._words))

    def find_shipment(self, reference: str) -> dict[str, Any]:
        """``{"shipments": [...]}``: all of the order, with items, tags and labels, no name or street."""
        with self._copy.opened() as con:
            ids = [
                shipment.shipment_id for shipment in find_order(con, reference, self._own).shipments
            ]
            rows = queries.fetch(con, "shipments", {"shipment_ids": ids}, package=_STATEMENTS)
        found = [{**row, **self._days(row)} for row in rows.objects()]
        return {"shipments": sql.plain(found)}

    def _days(self, row: dict[str, Any]) -> dict[str, Any]:
        """The dates of a shipment as days of the account's zone."""
        given = {name: row[name] for name in ("ship_date", "hold_until_date")}
        return {name: written_day(at, self._own.zone) if at else None for name, at in given.items()}

    def stock_of(self, sku: str) -> dict[str, Any]:
        """The stock of one SKU: ``{"sku", "name", "on_hand", "available", "locations": [...], "known_at"}``.

        The numbers are null while the account's stock was never read.
        """
        with self._copy.opened() as con:
            known = queries.fetch(con, "sku", {"sku": sku}, package=_STATEMENTS).objects()[0]
            levels = queries.fetch(con, "stock", {"sku": sku}, package=_STATEMENTS).objects()
        if known["sku"] is None:
            raise UsageError(f"No product, stock or order is known with the SKU {sku!r}.")
        # The account lists no SKU at zero; before its stock was read, nothing listed says nothing.
        was_read = levels or known["known_at"] is not None
        return _object(
            {
                "sku": known["sku"],
                "name": known["name"],
                "on_hand": sum(level["on_hand"] or 0 for level in levels) if was_read else None,
                "available": sum(level["available"] or 0 for level in levels) if was_read else None,
                "locations": levels,
                "known_at": known["known_at"],
            }
        )

    def latest_changes(self, trigger: str | None, limit: int) -> dict[str, Any]:
        """``{"changes": [...]}``, newest first, with the fields that changed before and after."""
        values = {"trigger": trigger, "since": None, "limit": max(1, min(limit, MOST_CHANGES))}
        with self._copy.opened() as con:
            events = queries.fetch(con, "changes_list", values).objects()
        return {"changes": sql.plain(events[::-1])}

    def query(self, statement: str, limit: int) -> dict[str, Any]:
        """``{"columns", "rows", "is_cut"}`` of one SELECT; see ``sql.query``."""
        return _object(sql.query(self._copy.file(), statement, limit=limit))

    def metric(self, asked: MetricQuestion, limit: int) -> dict[str, Any]:
        """``{"definition", "columns", "rows", "is_cut", "as_of"}``: a metric as ``query`` would give it.

        ``as_of`` is the instant that the marts stand for.
        """
        file = self._copy.file()
        try:
            found = sql.query(file, asked.sql, limit=limit, values=asked.values)
            as_of = sql.query(file, statement(METRICS, "as_of"), limit=1)
        except QueryFailed as error:
            if error.exception != "CatalogException":
                raise
            raise not_built(asked.definition) from None
        return {
            "definition": _object(asked.definition),
            **_object(found),
            "as_of": as_of.rows[0][0] if as_of.rows else None,
        }


def _object(value: object) -> dict[str, Any]:
    result: dict[str, Any] = sql.plain(value)
    return result
