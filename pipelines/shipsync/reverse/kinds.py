"""The table of kinds: everything that shipsync writes to the account, one line for each.

What a kind must bring, and nothing more, to be planned, applied, looked up, resolved and read back:

- a module in its folder (``stock/``, ``orders/`` or one of its own) with the writes of a session (a
  ``WriteKind``: look, send, settle, read back) and its ``Kind``, which says how a row of a plan becomes a
  write;
- a planner beside it that makes rows of a plan, and its problems with their sentences in
  ``plan.problems``;
- a line in ``KINDS`` here;
- the command that takes its rows, a few lines around ``cli.writes.carry_out``;
- tests: a line in ``tests/reverse/write_kinds.py``, by which it goes through lost answers, kills, refusals
  and reading back as the others do, and a case for each of its problems.

The outbox, the plan and its file, the guard on the ledger, the service and the view know no kind by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shipsync.reverse.orders.cancel_kind import CANCEL_SHIPMENT
from shipsync.reverse.orders.fulfillment_kind import CREATE_FULFILLMENT
from shipsync.reverse.orders.shipment_kind import CREATE_SHIPMENT
from shipsync.reverse.orders.void_kind import VOID_LABEL
from shipsync.reverse.plan.kind import Kind
from shipsync.reverse.stock.kind import STOCK

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (STOCK, CREATE_SHIPMENT, CANCEL_SHIPMENT, VOID_LABEL, CREATE_FULFILLMENT)
}

FIGURES: Mapping[str, type[Any]] = {
    kind.name: kind.figures for kind in KINDS.values() if kind.figures is not None
}
"""The dataclasses of the kinds whose rows have columns of their own."""
