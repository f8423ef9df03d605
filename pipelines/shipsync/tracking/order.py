"""An order as far as it is known: its shipments, their parcels, the scans of each; and its situation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ScanEvent:
    """One scan: ``occurred_at`` in UTC, ``carrier_occurred_at`` in the local time of the place."""

    occurred_at: datetime | None
    carrier_occurred_at: datetime | None
    description: str | None
    city_locality: str | None
    state_province: str | None
    postal_code: str | None
    carrier_status_description: str | None
    country_code: str | None = None
    status_code: str | None = None
    status_detail_code: str | None = None
    signer: str | None = None
    proof_of_delivery_url: str | None = None


@dataclass(frozen=True)
class Parcel:
    """One box of a label, or one fulfillment made without a label (``label_id`` is None), and its scans.

    ``parcel_id`` is the label's id, with ``/`` and its number for a further box, or the fulfillment's.
    ``status_code`` is ShipStation's two letters (DE delivered, IT in transit, EX exception ...),
    None while nothing is known. A date is without a zone where the carrier named none; most are days
    written as midnight. ``known_at`` is when ShipStation was asked last. ``boxes`` are the tracking
    numbers of all boxes that are reported on under this parcel's number. Events: newest first. A label
    that could not be made ``is_failed``, and counts as voided. Texts are plain; a date that stands for an
    unknown one is None.
    """

    shipment_id: str
    parcel_id: str
    label_id: str | None
    tracking_number: str | None
    tracking_url: str | None
    carrier: str | None
    status_code: str | None
    status_detail_code: str | None
    carrier_detail_code: str | None
    status_description: str | None
    carrier_status_description: str | None
    ship_date: datetime | None
    estimated_delivery_date: datetime | None
    actual_delivery_date: datetime | None
    exception_description: str | None
    is_voided: bool
    is_return: bool
    is_trackable: bool
    created_at: datetime
    known_at: datetime | None
    boxes: tuple[str, ...] = ()
    events: tuple[ScanEvent, ...] = ()
    is_failed: bool = False


@dataclass(frozen=True)
class Shipment:
    """One shipment of the order, with its parcels: live ones first, then newest first.

    ``ship_date`` and ``hold_until_date`` are days, told as the moment at which they begin in its zone.
    ``known_at`` is when the account was last seen as a whole, or this shipment of it later still.
    ``closed_because`` is ``gone`` or ``merged`` where the account knows the shipment no more;
    ``merged_into`` names the order that took it up, where that is known.
    """

    shipment_id: str
    order_id: str
    shipment_status: str | None
    created_at: datetime
    ship_date: datetime | None = None
    hold_until_date: datetime | None = None
    known_at: datetime | None = None
    parcels: tuple[Parcel, ...] = ()
    closed_because: str | None = None
    merged_into: str | None = None

    @property
    def is_cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self.shipment_status == "cancelled"

    @property
    def is_over(self) -> bool:
        """Whether nothing of it will go to the buyer: cancelled, or gone without a parcel under way."""
        return self.is_cancelled or (self.closed_because is not None and not self.under_way)

    @property
    def under_way(self) -> tuple[Parcel, ...]:
        """What goes to the buyer: no voided label, no return, and no spare.

        A label without a scan on any of its boxes is a spare where another of the shipment has one.
        """
        live = [parcel for parcel in self.parcels if not parcel.is_voided and not parcel.is_return]
        scanned = {parcel.label_id for parcel in live if parcel.label_id and parcel.events}
        is_spare = {p.label_id: bool(scanned) and p.label_id not in scanned for p in live}
        return tuple(p for p in live if p.label_id is None or not is_spare[p.label_id])

    @property
    def parcel(self) -> Parcel | None:
        """The newest parcel under way, or None while every label is voided or none was bought."""
        return next(iter(self.under_way), None)


@dataclass(frozen=True)
class Order:
    """What is known of one order, which may go out in several shipments (oldest first).

    ``asked_for`` is the tracking number or shipment id that the question named, where it named one.
    """

    order_id: str
    shipments: tuple[Shipment, ...]
    asked_for: str | None = None

    @property
    def parcels(self) -> tuple[Parcel, ...]:
        """Every parcel under way, of shipments that were not cancelled."""
        live = (shipment for shipment in self.shipments if not shipment.is_cancelled)
        return tuple(parcel for shipment in live for parcel in shipment.under_way)

    @property
    def parcel(self) -> Parcel | None:
        """The parcel that was asked for, else the newest under way, for a question that wants one."""
        for parcel in self.parcels:
            named = (parcel.tracking_number, parcel.shipment_id, *parcel.boxes)
            if self.asked_for is not None and self.asked_for in named:
                return parcel
        shipments = (s for s in reversed(self.shipments) if not s.is_cancelled and s.parcel)
        return next((shipment.parcel for shipment in shipments), None)

    @property
    def known_at(self) -> datetime | None:
        """How old the answer is at worst: when the part of it that was asked longest ago was asked.

        Of a delivered parcel nothing more is asked; it is as old as what is known of the account.
        """
        times = [
            parcel.known_at
            for parcel in self.parcels
            if parcel.status_code != "DE" and parcel.known_at is not None
        ]
        shipments = [time for s in self.shipments if (time := s.known_at) is not None]
        return min(times or shipments, default=None)
