"""A plausible past for an account: orders of many days and what had become of them until now."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from shipsync.emulator.account import Account
from shipsync.emulator.bodies_fulfillment import fulfillment_body
from shipsync.emulator.bodies_label import auto_external_id, label_body
from shipsync.emulator.bodies_shipment import shipment_body
from shipsync.emulator.bodies_tracking import tracking_body
from shipsync.emulator.catalogue import TAGS, shelves_of
from shipsync.emulator.consignments import consign
from shipsync.emulator.furnishing import furnish
from shipsync.emulator.goods import PRODUCTS
from shipsync.emulator.people import recipient
from shipsync.emulator.purchases import Line, Purchase, purchase
from shipsync.emulator.timestamps import of_moment, to_moment, to_text
from shipsync.emulator.wallclock import DAY, HOUR, MINUTE, SECOND, business_day

Body = dict[str, Any]

_BUYERS = 3_000
_CAUSE = "seed"


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
    with ``units_per_shelf`` of every product on each of its shelves. Without ``labels`` only
    shipments are made, all of them pending, which takes a third of the time. The same account and
    ``seed`` (the account's own when None) give the same journal.
    """
    if not account.items("carriers"):
        furnish(account, units_per_shelf=units_per_shelf)
    _Past(account, account.seed if seed is None else seed).fill(shipments, days, labels=labels)


def tie_block(account: Account, count: int, at: int | None = None) -> list[str]:
    """Give the ``count`` oldest shipments one and the same ``modified_at``; returns their ids.

    ``at`` is in microseconds since 1970 and defaults to the clock. Nothing else of them changes.
    ValueError when the account has fewer.
    """
    ids = account.ids("shipments")[:count]
    if len(ids) < count:
        raise ValueError(f"{count} shipments are wanted on one instant, the account has {len(ids)}")
    instant = account.clock.now() if at is None else to_moment(at)
    for shipment_id in ids:
        account.change_shipment(shipment_id, at=instant, cause="tie")
    return ids


class _Past:
    def __init__(self, account: Account, seed: int) -> None:
        self._account = account
        self._rng = random.Random(f"past {seed}")
        self._moment = account.clock.now()
        self._now = of_moment(self._moment)
        self._buyers = [recipient(self._rng) for _ in range(_BUYERS)]
        self._claimed: Counter[tuple[str, str]] = Counter()

    def fill(self, shipments: int, days: float, *, labels: bool) -> None:
        span = int(days * DAY)
        step = max(span // max(shipments, 1), 1)
        made, number = 0, 0
        while made < shipments:
            at = self._now - span + made * step + self._rng.randrange(step)
            number += 1
            order = purchase(self._rng, number, self._rng.choice(self._buyers), PRODUCTS)
            parts = self._parts(order)[: shipments - made]
            made += len(parts)
            if labels:
                self._order(order, parts, at - at % 1000)
            else:
                for part in self._split(order, parts, at - at % 1000):
                    self._account.put_shipment(part, at=self._moment, cause=_CAUSE)
        self._claim()

    def _parts(self, order: Purchase) -> Sequence[Sequence[Line]]:
        if len(order.lines) > 1 and self._rng.random() < 0.12:
            return [order.lines[:1], order.lines[1:]]
        return [order.lines]

    def _split(
        self, order: Purchase, parts: Sequence[Sequence[Line]], at: int, **how: Any
    ) -> Iterator[Body]:
        for position, lines in enumerate(parts):
            created = at + position * 127_000
            how["modified_at"] = max(how.get("modified_at", 0), created)
            yield shipment_body(
                self._account,
                order,
                created_at=created,
                lines=lines,
                carries_money=position == 0,
                **how,
            )

    def _order(self, order: Purchase, parts: Sequence[Sequence[Line]], at: int) -> None:
        rng = self._rng
        chance = rng.random()
        label_at = at + rng.randrange(20, 40 * 60) * MINUTE + rng.randrange(SECOND // 1000) * 1000
        if chance < 0.03:
            self._put(order, parts, at, status="cancelled", modified_at=min(label_at, self._now))
        elif chance < 0.05 or label_at + 10 * SECOND > self._now:
            self._put(order, parts, at, tags=rng.sample(TAGS, rng.randrange(2)))
        elif chance < 0.06:
            hold_until = business_day(self._now) + timedelta(days=rng.randrange(1, 9))
            self._put(order, parts, at, modified_at=label_at, hold_until=hold_until)
        elif chance < 0.10:
            self._fulfilled_outside(order, parts, at, label_at)
        else:
            self._labelled(order, parts, at, label_at)

    def _put(
        self, order: Purchase, parts: Sequence[Sequence[Line]], at: int, **how: Any
    ) -> list[Body]:
        bodies = list(self._split(order, parts, at, **how))
        for body in bodies:
            self._account.put_shipment(body, at=self._moment, cause=_CAUSE)
        if how.get("status", "pending") == "pending":
            for line in order.lines:
                shelf = shelves_of(line.product, self._account.options)[0]
                self._claimed[line.product.sku, shelf] += line.quantity
        return bodies

    def _claim(self) -> None:
        for (sku, shelf), units in sorted(self._claimed.items()):
            self._account.move_stock(sku, shelf, allocated=units, cause=_CAUSE)

    def _fulfilled_outside(
        self, order: Purchase, parts: Sequence[Sequence[Line]], at: int, sent_at: int
    ) -> None:
        rng = self._rng
        for body in self._put(order, parts, at):
            outside = fulfillment_body(
                self._account, rng, body, created_at=sent_at, ship_date=business_day(sent_at)
            )
            outside["order_source_notified"] = True
            touched = sent_at
            if rng.random() < 0.06:
                touched = min(sent_at + 7 * HOUR, self._now)
                outside.update(voided=True, void_requested=True, voided_at=to_text(touched))
            elif sent_at + 4 * DAY < self._now:
                touched = sent_at + 3 * DAY
                outside["delivered_at"] = to_text(touched)
            self._account.put_fulfillment(outside, at=to_moment(touched), cause=_CAUSE)

    def _labelled(
        self, order: Purchase, parts: Sequence[Sequence[Line]], at: int, label_at: int
    ) -> None:
        rng, account = self._rng, self._account
        bodies = self._split(
            order,
            parts,
            at,
            status="label_purchased",
            service_is_chosen=True,
            modified_at=label_at + rng.randrange(600, 4_000) * 1000,
        )
        external_id = auto_external_id(rng)
        batch_id = account.new_id("batches")
        for body in bodies:
            account.put_shipment(body, at=self._moment, cause=_CAUSE)
            if rng.random() < 0.03:
                self._voided_label(order, body, label_at - 9 * MINUTE, external_id, batch_id)
            label = label_body(
                account,
                rng,
                body,
                service_code=order.service.code,
                created_at=label_at,
                external_id=external_id,
                batch_id=batch_id,
            )
            self._under_way(order, label, label_at)

    def _voided_label(
        self, order: Purchase, shipment: Body, at: int, external_id: str, batch_id: str
    ) -> None:
        label = label_body(
            self._account,
            self._rng,
            shipment,
            service_code=order.service.code,
            created_at=at,
            external_id=external_id,
            batch_id=batch_id,
        )
        voided_at = at + 5 * MINUTE
        label.update(status="voided", voided=True, voided_at=to_text(voided_at))
        self._account.put_label(label, at=to_moment(voided_at), cause=_CAUSE)

    def _under_way(self, order: Purchase, label: Body, label_at: int) -> None:
        account = self._account
        way = consign(account.seed, label, order.warehouse.warehouse_id)
        seen = way.seen_by(self._now)
        last_seen = to_moment(seen[-1].at if seen else label_at)
        delivered = way.is_delivered(self._now)
        if delivered:
            label["tracking_status"] = "delivered"
        at = last_seen if delivered else to_moment(label_at)
        account.put_label(label, at=at, cause=_CAUSE)
        body = tracking_body(way.parcel, seen)
        account.put_tracking(label["label_id"], body, at=last_seen, cause=_CAUSE)
