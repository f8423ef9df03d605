"""Fills an account: with a past, or with shipments that are hard to page through."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import pendulum

from shipsync.emulator.account.account import Account
from shipsync.emulator.simulation.past import Past
from shipsync.emulator.simulation.provisioning import furnish


def seed_account(
    account: Account,
    *,
    shipments: int,
    days: float = 60,
    seed: int | None = None,
    labels: bool = True,
    units_per_shelf: int = 60,
) -> None:
    """Fill an account with exactly ``shipments`` shipments made in the ``days`` before its clock.

    Four of five have a label and, with it, tracking; some are pending, on hold, cancelled, voided
    and printed again, or were fulfilled outside. An account without carriers is furnished first,
    with up to ``units_per_shelf`` of every product on each of its shelves. Without ``labels`` only
    shipments are made, all of them pending, which takes a quarter of the time. The same account and
    ``seed`` (the account's own when None) give the same journal.
    """
    if not account.master_data.items("carriers"):
        furnish(account, units_per_shelf=units_per_shelf)
    past = Past(account, account.seed if seed is None else seed)
    with _without_garbage_collection():
        past.fill(shipments, days, labels=labels)


def tie_block(account: Account, count: int, at: pendulum.DateTime | None = None) -> list[str]:
    """Give the ``count`` oldest shipments one and the same ``modified_at``; returns their ids.

    ``at`` defaults to the clock. Nothing else of them changes. ValueError when the account has
    fewer.
    """
    ids = account.ids("shipments")[:count]
    if len(ids) < count:
        raise ValueError(f"{count} shipments are wanted on one instant, the account has {len(ids)}")
    instant = account.clock.now() if at is None else at
    for shipment_id in ids:
        account.orders.change(shipment_id, at=instant, cause="tie")
    return ids


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    # Seeding makes millions of objects that stay and no cycles; looking for cycles among them again
    # and again takes a sixth of the time.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
