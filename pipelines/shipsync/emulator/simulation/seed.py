"""Fills an account: with orders of many days and what had become of each until now, or with ties.

The journal gets the last state of every entity once. What becomes of an order is dealt out evenly,
not thrown, so that a small account holds some of everything too.
"""

from __future__ import annotations

import gc
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pendulum

from shipsync.emulator.account.account import Account
from shipsync.emulator.bodies.consignments import consign
from shipsync.emulator.bodies.fulfillment import fulfillment_body
from shipsync.emulator.bodies.label import auto_external_id, delivered_status, label_body
from shipsync.emulator.bodies.shipment import shipment_body
from shipsync.emulator.bodies.tracking import tracking_body
from shipsync.emulator.shop.catalogue import TAGS, shelves_of
from shipsync.emulator.shop.goods import PRODUCTS
from shipsync.emulator.shop.people import recipient
from shipsync.emulator.shop.purchases import Line, Purchase, purchase
from shipsync.emulator.simulation.provisioning import provision
from shipsync.emulator.timestamps import of_moment, to_micros, to_moment, to_text
from shipsync.emulator.wallclock import DAY, HOUR, MINUTE, SECOND, business_day

Body = dict[str, Any]
Parts = Sequence[Sequence[Line]]

_BUYERS = 3_000
_PART_AFTER = 127_000
_CAUSE = "seed"
_OLD = to_micros("2019-12-31T18:27:53.64Z")
"""The one ``modified_at`` of all old shipments, as captured."""

_UNKNOWN_IN_2019 = (
    "ship_from",
    "return_to",
    "warehouse_id",
    "zone",
    "carrier_id",
    "service_code",
    "ship_date",
)
_GOLDEN, _PLASTIC = 0.6180339887498949, 0.7548776662466927
"""Multiples of these, modulo 1, fill the unit interval evenly from the first few on."""


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
    and printed again, or were fulfilled outside. An account without carriers is provisioned first,
    with up to ``units_per_shelf`` of every product on each of its shelves. Without ``labels`` only
    shipments are made, all of them pending, which takes a quarter of the time. The same account and
    ``seed`` (the account's own when None) give the same journal.
    """
    if not account.master_data.items("carriers"):
        provision(account, units_per_shelf=units_per_shelf)
    past = PastOrders(account, account.seed if seed is None else seed)
    past.fill_old(account.options.old_shipments)
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


class PastOrders:
    """Makes the past of one account, from its clock backwards."""

    def __init__(self, account: Account, seed: int) -> None:
        self._account = account
        self._rng = random.Random(f"past {seed}")
        self._moment = account.clock.now()
        self._now = of_moment(self._moment)
        self._buyers = [recipient(self._rng) for _ in range(_BUYERS)]
        self._claimed: Counter[tuple[str, str]] = Counter()

    def fill(self, shipments: int, days: float, *, labels: bool) -> None:
        """Make that many shipments, oldest first, spread over the days; see ``seed_account``."""
        span = int(days * DAY)
        step = max(span // max(shipments, 1), 1)
        made, number = 0, 0
        while made < shipments:
            at = self._now - span + made * step + self._rng.randrange(step)
            number += 1
            order = purchase(self._rng, number, self._rng.choice(self._buyers), PRODUCTS)
            parts = self._parts(order)[: shipments - made]
            made += len(parts)
            # A second before the clock there is room for the later parts of the last order.
            at = min(at, self._now - SECOND) // 1000 * 1000
            if labels:
                self._settle(order, parts, at, number * _GOLDEN % 1)
            else:
                self._put(order, parts, at)
        self._allocate()

    def fill_old(self, shipments: int) -> None:
        """Make shipments of 2019, when less was known of each; see ``Options.old_shipments``."""
        rng = random.Random("2019")
        nothing = dict.fromkeys(_UNKNOWN_IN_2019)
        for number in range(shipments):
            order = purchase(rng, 800_000 + number, rng.choice(self._buyers), PRODUCTS)
            created_at = _OLD - (1 + rng.randrange(300 * 24)) * HOUR + number * SECOND
            body = shipment_body(
                self._account.numbers,
                order,
                created_at=created_at,
                modified_at=_OLD,
                status=rng.choice(("label_purchased", "cancelled")),
                service_is_chosen=False,
            )
            self._account.orders.put({**body, **nothing}, at=self._moment, cause=_CAUSE)

    def _parts(self, order: Purchase) -> Parts:
        if len(order.lines) > 1 and self._rng.random() < 0.2:
            return [order.lines[:1], order.lines[1:]]
        return [order.lines]

    def _settle(self, order: Purchase, parts: Parts, at: int, lot: float) -> None:
        rng = self._rng
        done_at = at + rng.randrange(20, 40 * 60) * MINUTE + rng.randrange(1000) * 1000
        if done_at + 10 * SECOND > self._now or 0.03 <= lot < 0.05:
            self._put_pending(order, parts, at, tags=rng.sample(TAGS, rng.randrange(2)))
        elif lot < 0.03:
            self._put(order, parts, at, modified_at=done_at, status="cancelled")
        elif lot < 0.07:
            until = business_day(self._now) + timedelta(days=rng.randrange(1, 9))
            self._put_pending(order, parts, at, modified_at=done_at, hold_until=until)
        elif lot < 0.13:
            self._put_fulfilled(order, parts, at, done_at)
        else:
            self._put_labelled(order, parts, at, done_at)

    def _put(
        self,
        order: Purchase,
        parts: Parts,
        at: int,
        *,
        modified_at: int | None = None,
        **how: Any,
    ) -> list[Body]:
        whole_at = at + (len(parts) - 1) * _PART_AFTER
        bodies = [
            shipment_body(
                self._account.numbers,
                order,
                created_at=at + position * _PART_AFTER,
                modified_at=modified_at or whole_at,
                lines=lines,
                carries_money=position == 0,
                **how,
            )
            for position, lines in enumerate(parts)
        ]
        for body in bodies:
            self._account.orders.put(body, at=self._moment, cause=_CAUSE)
        return bodies

    def _put_pending(self, order: Purchase, parts: Parts, at: int, **how: Any) -> None:
        self._put(order, parts, at, **how)
        for lines in parts:
            self._claim(lines)

    def _claim(self, lines: Sequence[Line]) -> None:
        for line in lines:
            shelf = shelves_of(line.product, self._account.options.inventory_ids)[0]
            self._claimed[line.product.sku, shelf] += line.quantity

    def _allocate(self) -> None:
        for (sku, shelf), units in sorted(self._claimed.items()):
            self._account.stock.move(sku, shelf, allocated=units, cause=_CAUSE)

    def _put_fulfilled(self, order: Purchase, parts: Parts, at: int, sent_at: int) -> None:
        rng, status = self._rng, self._account.options.status_after_fulfillment
        modified_at = None if status == "pending" else sent_at
        bodies = self._put(order, parts, at, modified_at=modified_at, status=status)
        day = business_day(sent_at)
        for body, lines in zip(bodies, parts, strict=True):
            outside = fulfillment_body(
                self._account.numbers,
                rng,
                body,
                created_at=sent_at,
                ship_date=day,
            )
            outside["order_source_notified"] = True
            touched = sent_at
            if rng.random() < 0.1:
                touched = min(sent_at + 7 * HOUR, self._now)
                outside.update(voided=True, void_requested=True, voided_at=to_text(touched))
                self._claim(lines)
            elif sent_at + 4 * DAY < self._now:
                touched = sent_at + 3 * DAY
                outside["delivered_at"] = to_text(touched)
            self._account.parcels.put_fulfillment(outside, at=to_moment(touched), cause=_CAUSE)

    def _put_labelled(self, order: Purchase, parts: Parts, at: int, label_at: int) -> None:
        rng = self._rng
        bodies = self._put(
            order,
            parts,
            at,
            modified_at=label_at + rng.randrange(600, 4_000) * 1000,
            status="label_purchased",
            service_is_chosen=True,
        )
        common = {
            "service_code": order.service.code,
            "external_id": auto_external_id(rng),
            "batch_id": self._account.numbers.new_id("batches"),
        }
        for position, body in enumerate(bodies):
            if position == 0 and label_at // MINUTE * _PLASTIC % 1 < 0.03:
                spoilt_at = label_at - 9 * MINUTE
                spoilt = label_body(
                    self._account.numbers, rng, body, created_at=spoilt_at, **common
                )
                self._void(spoilt, spoilt_at + 5 * MINUTE)
            label = label_body(self._account.numbers, rng, body, created_at=label_at, **common)
            self._send(order, label, label_at)

    def _void(self, label: Body, voided_at: int) -> None:
        label.update(status="voided", voided=True, voided_at=to_text(voided_at))
        self._account.parcels.put_label(label, at=to_moment(voided_at), cause=_CAUSE)

    def _send(self, order: Purchase, label: Body, label_at: int) -> None:
        account = self._account
        way = consign(account.seed, label, order.warehouse.warehouse_id, options=account.options)
        seen = way.seen_by(self._now)
        last_seen = to_moment(seen[-1].at if seen else label_at)
        delivered = way.is_delivered(self._now)
        if delivered:
            label["tracking_status"] = delivered_status(label["label_id"], account.options)
        moved = delivered and account.options.tracking_moves_labels
        at = last_seen if moved else to_moment(label_at)
        account.parcels.put_label(label, at=at, cause=_CAUSE)
        body = tracking_body(way.parcel, seen)
        account.parcels.put_tracking(label["label_id"], body, at=last_seen, cause=_CAUSE)
