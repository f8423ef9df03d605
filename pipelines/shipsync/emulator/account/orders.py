"""Shipments of an account and what happens to them: changed, cancelled, merged, deleted, late."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pendulum

from shipsync.emulator.account.parcels import Body, Parcels
from shipsync.emulator.account.state import AccountState
from shipsync.emulator.account.vanished import Vanished
from shipsync.emulator.timestamps import MILLISECOND, of_moment, to_micros, to_text


@dataclass(frozen=True, order=True)
class LateChange:
    """A change of a shipment that is still to show; instants in microseconds since 1970."""

    visible_at: int
    rank: int
    shipment_id: str = field(compare=False)
    modified_at: int = field(compare=False)
    fields: Mapping[str, Any] = field(compare=False)


class LiveLabelError(Exception):
    """A shipment cannot be cancelled while one of its labels is not voided."""


class Orders:
    """Shipments, which is what an order is here, and what becomes of them."""

    def __init__(self, state: AccountState, parcels: Parcels) -> None:
        self._state = state
        self._parcels = parcels
        self._late: list[LateChange] = []
        self.vanished = Vanished(state)

    def put(
        self,
        body: Mapping[str, Any],
        *,
        at: pendulum.DateTime | None = None,
        import_batch_id: str | None = None,
        batch_id: str | None = None,
        paid_at: pendulum.DateTime | None = None,
        cause: str = "put",
    ) -> str:
        """Add a shipment, or replace the one with its id; returns the id.

        ``created_at`` and ``modified_at`` of the body hold; where missing they become ``at``. The
        other arguments are what only filters see.
        """
        with self._state.lock:
            micros = self._state.stamp(at)
            full = {**body}
            if "shipment_id" not in full:
                full["shipment_id"] = self._state.numbers.new_id("shipments")
            for name in ("created_at", "modified_at"):
                if name not in full:
                    full[name] = to_text(micros)
            hidden = {"import_batch_id": import_batch_id, "batch_id": batch_id}
            given = {name: value for name, value in hidden.items() if value is not None}
            self._store(full, to_micros(full["modified_at"]), given, paid_at, cause)
            return str(full["shipment_id"])

    def change(
        self,
        shipment_id: str,
        *,
        at: pendulum.DateTime | None = None,
        cause: str = "change",
        **changes: Any,
    ) -> Body:
        """Replace top-level fields and set ``modified_at``; returns the new body.

        Without ``at`` the new ``modified_at`` is the clock's and later than the one before by at
        least a millisecond; a change of tags alone may leave it (``tags_move_modified``). KeyError
        when there is no such shipment.
        """
        with self._state.lock:
            body = self._state.entity("shipments", shipment_id)
            micros = self._state.stamp(at)
            if set(changes) == {"tags"} and not self._state.options.tags_move_modified:
                return self._store({**body, **changes}, micros, {}, None, cause)
            if at is None:
                micros = max(micros, to_micros(body["modified_at"]) + MILLISECOND)
            body = {**body, **changes, "modified_at": to_text(micros)}
            return self._store(body, micros, {}, None, cause)

    def merge(
        self,
        shipment_id: str,
        into: str,
        *,
        visible_at: pendulum.DateTime | None = None,
        cause: str = "merge",
        **changes: Any,
    ) -> None:
        """Merge a shipment into another, which takes ``changes`` on at once.

        The one that is merged is gone from ``visible_at`` on (now when not given). KeyError when one
        of them does not exist.
        """
        with self._state.lock:
            self._state.entity("shipments", shipment_id)
            self.change(into, cause=cause, **changes)
            self.vanished.plan(shipment_id, self._state.stamp(visible_at), into, cause)
            self.settle()

    def delete(
        self,
        shipment_id: str,
        *,
        visible_at: pendulum.DateTime | None = None,
        cause: str = "delete",
    ) -> None:
        """Delete a shipment, which shows at ``visible_at``; its labels stay. KeyError: none such."""
        with self._state.lock:
            self._state.entity("shipments", shipment_id)
            self.vanished.plan(shipment_id, self._state.stamp(visible_at), None, cause)
            self.settle()

    def with_external_id(self, external_id: str) -> list[Body]:
        """Copies of the shipments that have this external id, oldest first."""
        with self._state.lock:
            rows = self._state.shipments.find("external_shipment_id", external_id)
            found = (self._state.find("shipments", row.entity_id) for row in rows)
            return [body for body in found if body is not None]

    def cancel(
        self, shipment_id: str, *, at: pendulum.DateTime | None = None, cause: str = "cancel"
    ) -> None:
        """Cancel a shipment; again changes nothing. Raises LiveLabelError or KeyError."""
        with self._state.lock:
            body = self._state.entity("shipments", shipment_id)
            if any(not label["voided"] for label in self._parcels.labels_of(shipment_id)):
                raise LiveLabelError(shipment_id)
            if body["shipment_status"] != "cancelled":
                self.change(shipment_id, at=at, cause=cause, shipment_status="cancelled")

    def void_label(
        self, label_id: str, *, at: pendulum.DateTime | None = None, cause: str = "void"
    ) -> Body:
        """Void a label and, when it was the last live one, set the shipment's status back.

        The rules under which a carrier refuses belong to the route, not here.
        """
        with self._state.lock:
            micros = self._state.stamp(at)
            voided = {"status": "voided", "voided": True, "voided_at": to_text(micros)}
            body = self._parcels.change_label(label_id, at=at, cause=cause, **voided)
            shipment_id = body["shipment_id"]
            status = self._state.options.status_after_void
            live = any(not label["voided"] for label in self._parcels.labels_of(shipment_id))
            held = self._state.find("shipments", shipment_id)
            if held and not live and held["shipment_status"] not in (status, "cancelled"):
                self.change(shipment_id, at=at, cause=cause, shipment_status=status)
            return body

    def commit_late(
        self,
        shipment_id: str,
        *,
        modified_at: pendulum.DateTime,
        visible_at: pendulum.DateTime | None = None,
        **changes: Any,
    ) -> None:
        """Change a shipment so that it carries an earlier ``modified_at`` than when it shows.

        The change shows at ``visible_at`` (now when not given). It never carries a ``modified_at``
        before the one it replaces.
        """
        with self._state.lock:
            self._state.entity("shipments", shipment_id)
            late = LateChange(
                visible_at=self._state.stamp(visible_at),
                rank=len(self._state.journal) + len(self._late),
                shipment_id=shipment_id,
                modified_at=of_moment(modified_at),
                fields=changes,
            )
            heapq.heappush(self._late, late)
            self.settle()

    def settle(self) -> None:
        """Make the late changes visible whose time has come; every request does this first."""
        with self._state.lock:
            now = of_moment(self._state.clock.now())
            while self._late and self._late[0].visible_at <= now:
                late = heapq.heappop(self._late)
                body = self._state.find("shipments", late.shipment_id)
                if body is None:  # It was merged or deleted in the meantime.
                    continue
                stamp = to_text(max(late.modified_at, to_micros(body["modified_at"])))
                body = {**body, **late.fields, "modified_at": stamp}
                self._store(body, late.visible_at, {}, None, "late commit")
            self.vanished.settle(now)

    def _store(
        self,
        body: Body,
        at: int,
        hidden: Mapping[str, str | None],
        paid_at: pendulum.DateTime | None,
        cause: str,
    ) -> Body:
        body = self._with_hold(body)
        shipment_id = str(body["shipment_id"])
        instants = {
            "created_at": to_micros(body["created_at"]),
            "modified_at": to_micros(body["modified_at"]),
        }
        held = self._state.shipments.get(shipment_id)
        if paid_at is not None:
            instants["paid_at"] = of_moment(paid_at)
        elif held is not None and "paid_at" in held.instants:
            instants["paid_at"] = held.instants["paid_at"]
        raw = self._state.write("shipments", shipment_id, body, at, cause)
        self._state.shipments.put(body, raw, instants, hidden)
        return body

    def _with_hold(self, body: Body) -> Body:
        """The body with the status that goes with its hold, or with none; see ``hold_status``."""
        says_so = self._state.options.hold_status == "on_hold"
        if says_so and body.get("shipment_status") in ("pending", "on_hold"):
            held = body.get("hold_until_date") is not None
            return {**body, "shipment_status": "on_hold" if held else "pending"}
        return body
