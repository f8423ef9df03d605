"""Targets: how many units are wanted where. What they differ by from the stock is due to be adjusted.

They come from rows with the columns ``sku``, ``inventory_location_id`` or ``location`` (a name), and
``target``, and go into ``ledger.stock_targets``; the model ``reverse.stock_adjustments_due`` compares.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import orjson

from shipsync import clock
from shipsync.errors import InputFileError
from shipsync.reverse.plan.input_files import InputRow, InputRows, check_columns
from shipsync.reverse.plan.problems import InvalidRowError
from shipsync.reverse.plan.row_sources import RowSource, read_source
from shipsync.reverse.plan.spoiled_cells import check_cells
from shipsync.reverse.stock.change import StockLocation
from shipsync.reverse.stock.row import read_quantity, read_sku
from shipsync.reverse.stock.stored import StoredStock, read_stored
from shipsync.statements import statement
from shipsync.warehouse import lock
from shipsync.warehouse.copies import readable
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate

STATEMENTS = "shipsync.reverse"
COLUMNS = frozenset({"sku", "inventory_location_id", "location", "target"})
_REQUIRED = (
    frozenset({"sku"}),
    frozenset({"inventory_location_id", "location"}),
    frozenset({"target"}),
)
_SHOWN = 5


@dataclass(frozen=True)
class TargetsReport:
    """What was changed: targets that are new or other than before, those taken back, and the rest."""

    given: int
    changed: int
    withdrawn: int

    @property
    def unchanged(self) -> int:
        """Targets that were the same already."""
        return self.given - self.changed


def give_targets(database: Path, source: RowSource, *, replace: bool = False) -> TargetsReport:
    """Take targets into the ledger; ``replace`` takes back all that the source does not name.

    All of it is taken or nothing. Raises ``InputFileError`` with the rows that are wrong,
    ``UsageError`` when the stock was never synced, ``LockHeld`` and ``DatabaseError``.
    """
    with readable(database, is_ledger=True) as con:
        rows = read_source(con, source)
    check_columns(rows, COLUMNS, _REQUIRED)
    with lock.hold(database), connect(database) as con:
        migrate(con)
        targets = _targets(rows, read_stored(con))
        return _append(con, targets, rows.source, replace)


def _targets(given: InputRows, stored: StoredStock) -> dict[StockLocation, int]:
    targets: dict[StockLocation, int] = {}
    lines: dict[StockLocation, int] = {}
    wrong: list[str] = []
    for row in given.rows:
        try:
            place, target = _target(row, stored)
        except InvalidRowError as refusal:
            wrong.append(f"line {row.line}: {refusal}")
            continue
        if place in lines:
            wrong.append(f"line {row.line}: {place} has a target on line {lines[place]} already.")
        targets[place], lines[place] = target, row.line
    if wrong:
        shown = " ".join(wrong[:_SHOWN])
        more = f" And {len(wrong) - _SHOWN} more." if len(wrong) > _SHOWN else ""
        raise InputFileError(f"No target of {given.source} was taken. {shown}{more}")
    return targets


def _target(row: InputRow, stored: StoredStock) -> tuple[StockLocation, int]:
    check_cells(row.cells, stored.skus)
    sku = read_sku(row.cells)
    location = stored.locations.find(
        row.cells.get("inventory_location_id"), row.cells.get("location")
    )
    place = StockLocation(sku, location.inventory_location_id)
    return place, read_quantity(row.cells, "target")


def _append(
    con: duckdb.DuckDBPyConnection, targets: dict[StockLocation, int], source: str, replace: bool
) -> TargetsReport:
    values = {
        "targets": orjson.dumps(list(_written(targets))).decode(),
        "source": source,
        "recorded_at": clock.now(),
        "replace": replace,
    }
    added = con.execute(statement(STATEMENTS, "targets_append"), values).fetchall()
    withdrawn = sum(is_withdrawn for (is_withdrawn,) in added)
    return TargetsReport(len(targets), len(added) - withdrawn, withdrawn)


def _written(targets: dict[StockLocation, int]) -> Iterator[dict[str, object]]:
    for place, target in targets.items():
        yield {
            "sku": place.sku,
            "inventory_location_id": place.inventory_location_id,
            "target": target,
        }
