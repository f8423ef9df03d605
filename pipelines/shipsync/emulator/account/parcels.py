"""Labels, fulfillments and tracking of an account: modified at instants that no field shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import orjson
import pendulum

from shipsync.emulator.account.collection import Row
from shipsync.emulator.account.journal import Kind
from shipsync.emulator.account.state import AccountState, serialized
from shipsync.emulator.bodies.fulfillment import fulfillment_body
from shipsync.emulator.bodies.label import delivered_status
from shipsync.emulator.timestamps import MILLISECOND, to_micros, to_text

Body = dict[str, Any]

_NEVER = 0
"""Where a label that was never voided stands when labels are sorted by ``voided_at``."""


class Parcels:
    """What left, or is about to leave, the warehouse."""

    def __init__(self, state: AccountState) -> None:
        self._state = state
        self._tracking: dict[str, bytes] = {}

    def put_label(
        self,
        body: Mapping[str, Any],
        *,
        at: pendulum.DateTime | None = None,
        rate_id: str | None = None,
        warehouse_id: str | None = None,
        cause: str = "put",
    ) -> str:
        """Add a label or replace the one with its id; returns the id. Its shipment stays as is."""
        with self._state.lock:
            hidden = {"rate_id": rate_id, "warehouse_id": warehouse_id}
            given = {name: value for name, value in hidden.items() if value is not None}
            return self._put_unlisted("labels", body, at, given, cause)

    def change_label(
        self,
        label_id: str,
        *,
        at: pendulum.DateTime | None = None,
        cause: str = "change",
        **changes: Any,
    ) -> Body:
        """Replace top-level fields of a label; KeyError when there is none."""
        with self._state.lock:
            body = {**self._state.entity("labels", label_id), **changes}
            self._put_unlisted("labels", body, at, {}, cause)
            return body

    def note_delivery(
        self, label_id: str, *, at: pendulum.DateTime | None = None, cause: str = "delivery"
    ) -> None:
        """Let a label say that its parcel is delivered, as far as labels do by themselves."""
        status = delivered_status(label_id, self._state.options)
        self.change_label(label_id, at=at, cause=cause, tracking_status=status)

    def renew_status(self, label_id: str, *, cause: str) -> None:
        """What reading a label by its id does to its ``tracking_status``; see ``on_read``."""
        with self._state.lock:
            if self._state.options.label_tracking_status != "on_read":
                return
            label, tracking = self._state.find("labels", label_id), self.tracking_of(label_id)
            if label is None or tracking is None or label["tracking_status"] == "delivered":
                return
            if any(event.get("status_code") == "DE" for event in tracking["events"]):
                self.change_label(label_id, cause=cause, tracking_status="delivered")

    def put_fulfillment(
        self,
        body: Mapping[str, Any],
        *,
        at: pendulum.DateTime | None = None,
        batch_id: str | None = None,
        order_source_id: str | None = None,
        cause: str = "put",
    ) -> str:
        """Add a fulfillment, or replace the one with its id; returns the id."""
        with self._state.lock:
            hidden = {"batch_id": batch_id, "order_source_id": order_source_id}
            given = {name: value for name, value in hidden.items() if value is not None}
            return self._put_unlisted("fulfillments", body, at, given, cause)

    def change_fulfillment(
        self,
        fulfillment_id: str,
        *,
        at: pendulum.DateTime | None = None,
        cause: str = "change",
        **changes: Any,
    ) -> Body:
        """Replace top-level fields of a fulfillment; KeyError when there is none."""
        with self._state.lock:
            body = {**self._state.entity("fulfillments", fulfillment_id), **changes}
            self._put_unlisted("fulfillments", body, at, {}, cause)
            return body

    def _put_unlisted(
        self,
        kind: Kind,
        body: Mapping[str, Any],
        at: pendulum.DateTime | None,
        hidden: Mapping[str, str | None],
        cause: str,
    ) -> str:
        micros = self._state.stamp(at)
        rows = self._state.collection(kind)
        full = {**body}
        if rows.layout.id_field not in full:
            full[rows.layout.id_field] = self._state.numbers.new_id(kind)
        if "created_at" not in full:
            full["created_at"] = to_text(micros)
        entity_id = str(full[rows.layout.id_field])
        held = rows.get(entity_id)
        if held is not None and held.raw == orjson.dumps(full):
            return entity_id
        created = to_micros(full["created_at"])
        if held is None:
            modified = created if at is None else max(micros, created)
        elif at is None:
            modified = max(micros, held.instants["modified_at"] + MILLISECOND)
        else:
            modified = max(micros, created)
        instants = {"created_at": created, "modified_at": modified}
        if held is not None and self._only_tracked(kind, held, full):
            instants["modified_at"] = held.instants["modified_at"]
        if kind == "labels":
            voided_at = full.get("voided_at")
            instants["voided_at"] = to_micros(voided_at) if voided_at else _NEVER
        elif full.get("ship_date"):
            instants["shipped_at"] = to_micros(full["ship_date"])
        raw = self._state.write(kind, entity_id, full, modified, cause)
        rows.put(full, raw, instants, hidden)
        if kind == "labels" and self._state.options.fulfillments_include_labels:
            self._mirror(full, at, cause)
        return entity_id

    def _only_tracked(self, kind: Kind, held: Row, full: Body) -> bool:
        """Whether nothing but a tracking_status turned, which need not count as a modification."""
        if kind != "labels" or self._state.options.tracking_moves_labels:
            return False
        before: Body = orjson.loads(held.raw)
        return {**full, "tracking_status": before["tracking_status"]} == before

    def _mirror(self, label: Body, at: pendulum.DateTime | None, cause: str) -> None:
        """List a label as a fulfillment too, and let it follow the label's void."""
        shipment = self._state.find("shipments", label["shipment_id"])
        if shipment is None:
            return
        number = label["tracking_number"]
        held = self.fulfillments_of(label["shipment_id"])
        body = next((f for f in held if f["tracking_number"] == number), None)
        if body is None:
            body = fulfillment_body(
                self._state.numbers,
                self._state.numbers.random,
                shipment,
                created_at=to_micros(label["created_at"]),
                ship_date=date.fromisoformat(label["ship_date"][:10]),
            )
        same = {name: label[name] for name in ("tracking_number", "voided", "voided_at")}
        self.put_fulfillment({**body, **same}, at=at, cause=cause)

    def put_tracking(
        self,
        label_id: str,
        body: Mapping[str, Any],
        *,
        at: pendulum.DateTime | None = None,
        cause: str = "put",
    ) -> None:
        """Set what the track endpoint of a label answers; the same body again is no new version."""
        with self._state.lock:
            raw = serialized(body)
            if self._tracking.get(label_id) != raw:
                self._tracking[label_id] = raw
                self._state.journal.append(self._state.stamp(at), "tracking", label_id, raw, cause)

    def labels_of(self, shipment_id: str) -> list[Body]:
        """Copies of a shipment's labels, oldest first."""
        with self._state.lock:
            return [
                orjson.loads(row.raw) for row in self._state.labels.find("shipment_id", shipment_id)
            ]

    def fulfillments_of(self, shipment_id: str) -> list[Body]:
        """Copies of a shipment's fulfillments, oldest first."""
        with self._state.lock:
            rows = self._state.fulfillments.find("shipment_id", shipment_id)
            return [orjson.loads(row.raw) for row in rows]

    def raw_tracking(self, label_id: str) -> bytes | None:
        """A label's tracking as served, or None."""
        with self._state.lock:
            return self._tracking.get(label_id)

    def tracking_of(self, label_id: str) -> Body | None:
        """A copy of a label's tracking, or None."""
        with self._state.lock:
            raw = self._tracking.get(label_id)
            return None if raw is None else orjson.loads(raw)
