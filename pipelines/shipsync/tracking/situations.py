"""In which situation a parcel is: one name for what its answer is about, decided by a pure function.

::

    nothing to follow    not_shipped  on_hold  ships_later  label_voided  label_failed  cancelled
                         gone  merged
    label only           announced ──7 days──▶ never_scanned      no_number  no_tracking  unreported
    moving               accepted  in_transit  out_for_delivery  arranged  ──7 days──▶ silent
                             └──expected day passed──▶ late
    in trouble           delayed misrouted customs customs_papers held address attempted payment ...
    over                 delivered ...   returned   lost   disposed   carrier_cancelled

The finest thing ShipStation says decides: the standard detail code, else the carrier's own where it
is known, else the two letters. What it does not say is not guessed.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from shipsync.tracking.known_dates import known
from shipsync.tracking.order import Parcel, Shipment

SILENCE: Final = timedelta(days=7)
# Somewhere on earth a day is still going on for so long after it has ended in UTC.
_LAST_ZONE: Final = timedelta(hours=12)


class Situation(StrEnum):
    """What the answer is about; each file in ``languages`` has a section for each."""

    NOT_SHIPPED = "not_shipped"
    ON_HOLD = "on_hold"
    SHIPS_LATER = "ships_later"
    LABEL_VOIDED = "label_voided"
    LABEL_FAILED = "label_failed"
    CANCELLED = "cancelled"
    GONE = "gone"
    MERGED = "merged"
    ANNOUNCED = "announced"
    NEVER_SCANNED = "never_scanned"
    NO_NUMBER = "no_number"
    NO_TRACKING = "no_tracking"
    UNREPORTED = "unreported"
    ACCEPTED = "accepted"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    ARRANGED = "arranged"
    SILENT = "silent"
    LATE = "late"
    PICKUP = "pickup"
    DELAYED = "delayed"
    MISROUTED = "misrouted"
    CUSTOMS = "customs"
    CUSTOMS_PAPERS = "customs_papers"
    HELD = "held"
    ADDRESS = "address"
    ATTEMPTED = "attempted"
    IDENTIFICATION = "identification"
    PAYMENT = "payment"
    REFUSED = "refused"
    NOT_COLLECTED = "not_collected"
    NOT_DELIVERED = "not_delivered"
    DAMAGED = "damaged"
    EXCEPTION = "exception"
    RETURNING = "returning"
    RETURNED = "returned"
    LOST = "lost"
    DISPOSED = "disposed"
    CARRIER_CANCELLED = "carrier_cancelled"
    DELIVERED = "delivered"
    DELIVERED_NEIGHBOUR = "delivered_neighbour"
    DELIVERED_SAFE_PLACE = "delivered_safe_place"
    DELIVERED_ELSEWHERE = "delivered_elsewhere"
    DELIVERED_IN_PART = "delivered_in_part"
    DELIVERED_DAMAGED = "delivered_damaged"
    COLLECTED = "collected"
    UNKNOWN = "unknown"


_S = Situation

BY_DETAIL: Final = {
    "COLLECTION_FAILED": _S.ANNOUNCED,
    "AWAITING_DESPATCH": _S.ANNOUNCED,
    "COLLECTION_REQUESTED": _S.ANNOUNCED,
    "ELEC_ADVICE_RECD_BY_CARRIER": _S.ANNOUNCED,
    "NOT_YET_RECEIVED_BY_CARRIER": _S.ANNOUNCED,
    "AWAITING_ELECTRONIC_ADVICE": _S.ANNOUNCED,
    "SHIPMENT_CREATED": _S.ANNOUNCED,
    "COLLECTION_MADE": _S.ACCEPTED,
    "RECEIVED_BY_CARRIER": _S.ACCEPTED,
    "RECD_BY_CARRIER_NO_ELEC_ADVICE": _S.ACCEPTED,
    "PICKED_UP": _S.ACCEPTED,
    "DESPATCHED": _S.IN_TRANSIT,
    "HUB_SCAN_IN": _S.IN_TRANSIT,
    "HUB_SCAN_OUT": _S.IN_TRANSIT,
    "IN_TRANSIT": _S.IN_TRANSIT,
    "CUSTOMS_CLEARED": _S.IN_TRANSIT,
    "RECEIVED_LOCAL_DELIVERY_DEPOT": _S.IN_TRANSIT,
    "SUB_CONTRACTOR_EVENT": _S.IN_TRANSIT,
    "SUB_CONTRACTOR_RECEIVED": _S.IN_TRANSIT,
    "OUT_FOR_DELIVERY": _S.OUT_FOR_DELIVERY,
    "DELIVERY_ARRANGED_WITH_RECIPIENT": _S.ARRANGED,
    "AWAITING_COLLECTION_FROM_PICKUP_POINT": _S.PICKUP,
    "COLLECT_AT_LOCAL_PO": _S.PICKUP,
    "CUSTOMER_TO_COLLECT_FROM_CARRIER": _S.PICKUP,
    "DELIVERED_TO_LOCKER_COLLECTION_POINT": _S.PICKUP,
    "CARRIER_DELAYS": _S.DELAYED,
    "DELAYED_NOT_CARRIER": _S.DELAYED,
    "MISSORTED": _S.MISROUTED,
    "ROUTING_ERROR": _S.MISROUTED,
    "CUSTOMS_PROCESSING": _S.CUSTOMS,
    "HELD_BY_CARRIER_FOR_CLEARANCE_PRE_PROCESSING": _S.CUSTOMS,
    "HELD_BY_CUSTOMS": _S.CUSTOMS,
    "HELD_BY_EXPORT_CUSTOMS": _S.CUSTOMS,
    "HELD_BY_IMPORT_CUSTOMS": _S.CUSTOMS,
    "INCORRECT_DECLARATION": _S.CUSTOMS_PAPERS,
    "HELD_BY_CARRIER": _S.HELD,
    "ADDRESS_QUERY": _S.ADDRESS,
    "CUSTOMER_MOVED": _S.ADDRESS,
    "NO_ACCESS_TO_RECIPIENTS_ADDRESS": _S.ADDRESS,
    "ATTEMPTED_DELIVERY": _S.ATTEMPTED,
    "ATTEMPTED_DELIVERY_2ND": _S.ATTEMPTED,
    "ATTEMPTED_DELIVERY_3RD": _S.ATTEMPTED,
    "CUSTOMER_CARDED": _S.ATTEMPTED,
    "CUSTOMER_IDENTIFICATION_FAILED": _S.IDENTIFICATION,
    "COD_AMOUNT_NOT_PAID": _S.PAYMENT,
    "INVALID_METHOD_OF_PAYMENT": _S.PAYMENT,
    "REFUSED_BY_CUSTOMER": _S.REFUSED,
    "NOT_COLLECTED_FROM_PICKUP_POINT": _S.NOT_COLLECTED,
    "NOT_DELIVERED": _S.NOT_DELIVERED,
    "NOT_DELIVERED_ADDRESSEE_DECEASED": _S.NOT_DELIVERED,
    "HAZARDOUS_PROHIBITED": _S.NOT_DELIVERED,
    "PARCEL_OUTSIDE_OF_SERVICE_CAPABILITY": _S.NOT_DELIVERED,
    "PARCEL_DAMAGED": _S.DAMAGED,
    "RETURN_TO_SENDER": _S.RETURNING,
    "PARCEL_LOST": _S.LOST,
    "PARCEL_DISPOSED": _S.DISPOSED,
    "CANCELLED": _S.CARRIER_CANCELLED,
    "CANCELLED_BEFORE_DESPATCH": _S.CARRIER_CANCELLED,
    "DELIVERED": _S.DELIVERED,
    "DELIVERED_TO_PO_BOX": _S.DELIVERED,
    "PROOF_OF_DELIVERY": _S.DELIVERED,
    "DELIVERED_DAMAGED": _S.DELIVERED_DAMAGED,
    "DELIVERED_IN_PART": _S.DELIVERED_IN_PART,
    "DELIVERED_SPECIFIED_SAFE_PLACE": _S.DELIVERED_SAFE_PLACE,
    "DELIVERED_TO_ALTERNATIVE_DELIVERY_LOCATION": _S.DELIVERED_ELSEWHERE,
    "DELIVERED_TO_NEIGHBOUR": _S.DELIVERED_NEIGHBOUR,
    "PARCEL_COLLECTED_FROM_PICKUP_POINT": _S.COLLECTED,
}
"""What each standard detail code means. Codes that are notes only (INFORMATION, COD_AMOUNT_PAID,
CARRIER_STATUS_NOT_MAPPED, POST_TRANSIT_STATUS, PARCEL_OVER_LABELLED, PARCEL_REPACKED,
PARCEL_UPDATE_NOTIFICATION_VIA_*) and unknown ones leave it to the letters."""

BY_CARRIER_DETAIL: Final = {
    ("ups", "OT"): _S.OUT_FOR_DELIVERY,
    ("ups", "RS"): _S.RETURNING,
}
"""UPS gives no standard detail code once a parcel moves."""

BY_LETTERS: Final = {
    "NY": _S.ANNOUNCED,
    "AC": _S.ACCEPTED,
    "IT": _S.IN_TRANSIT,
    "DE": _S.DELIVERED,
    "AT": _S.ATTEMPTED,
    "SP": _S.PICKUP,
    "EX": _S.EXCEPTION,
}

ENDED: Final = frozenset(
    {_S.RETURNED, _S.LOST, _S.DISPOSED, _S.CARRIER_CANCELLED, _S.CANCELLED, _S.COLLECTED}
    | {_S.GONE, _S.MERGED}
    | {situation for situation in Situation if situation.startswith("delivered")}
)
"""Situations in which no further scan is waited for."""

_MAY_FALL_SILENT: Final = frozenset(
    {_S.ACCEPTED, _S.IN_TRANSIT, _S.OUT_FOR_DELIVERY, _S.ARRANGED, _S.DELAYED, _S.MISROUTED}
)
_MAY_BE_LATE: Final = frozenset({_S.ACCEPTED, _S.IN_TRANSIT})


def situation_of(shipment: Shipment, parcel: Parcel | None, now: datetime) -> Situation:
    """The situation of ``parcel``, or of the shipment itself while it has none under way.

    Time that passed since the account was asked last does not count: nobody looked.
    """
    if shipment.is_cancelled:
        return _S.CANCELLED
    if parcel is None and shipment.closed_because is not None:
        return _S.MERGED if shipment.closed_because == "merged" else _S.GONE
    if parcel is None:
        return _unsent(shipment, now)
    said = _said(parcel)
    seen_until = min(parcel.known_at or now, now)
    made_at = known(parcel.created_at)
    if said is _S.ANNOUNCED and made_at is not None and seen_until - made_at >= SILENCE:
        return _S.NEVER_SCANNED
    if said in _MAY_FALL_SILENT and silence(parcel, now) >= SILENCE:
        return _S.SILENT
    if said in _MAY_BE_LATE and is_overdue(parcel, now):
        return _S.LATE
    return said


def silence(parcel: Parcel, now: datetime) -> timedelta:
    """How long the carrier has said nothing, up to the moment it was asked last."""
    scans = (known(event.occurred_at) for event in parcel.events)
    last = max((scan for scan in scans if scan), default=None)
    return min(parcel.known_at or now, now) - last if last else timedelta(0)


def is_overdue(parcel: Parcel, now: datetime) -> bool:
    """Whether the estimated day was over everywhere on earth when the carrier was asked last."""
    expected = day(parcel.estimated_delivery_date)
    seen_until = min(parcel.known_at or now, now)
    return expected is not None and expected < (seen_until - _LAST_ZONE).date()


def day(moment: datetime | None) -> date | None:
    """The day as it was written, whatever the zone; None where it stands for an unknown one."""
    moment = known(moment)
    return moment.date() if moment else None


def _unsent(shipment: Shipment, now: datetime) -> Situation:
    hold, leaves = known(shipment.hold_until_date), day(shipment.ship_date)
    if shipment.shipment_status == "on_hold" and hold is None:
        return _S.ON_HOLD
    if hold is not None and hold > now:
        return _S.ON_HOLD
    # Newest first: a label that failed and one that was withdrawn before it are a failed one.
    withdrawn = next((p for p in shipment.parcels if p.is_voided and not p.is_return), None)
    if withdrawn is not None:
        return _S.LABEL_FAILED if withdrawn.is_failed else _S.LABEL_VOIDED
    if leaves is not None and leaves > (now + _LAST_ZONE).date():
        return _S.SHIPS_LATER
    return _S.NOT_SHIPPED


def _said(parcel: Parcel) -> Situation:
    if parcel.status_code is None and parcel.status_detail_code is None:
        return _silent_from_the_start(parcel)
    said = BY_DETAIL.get(parcel.status_detail_code or "")
    if said is None:
        own = ((parcel.carrier or "").split("_")[0], parcel.carrier_detail_code or "")
        said = BY_CARRIER_DETAIL.get(own) or BY_LETTERS.get(parcel.status_code or "", _S.UNKNOWN)
    if said in (_S.DELIVERED, _S.RETURNING) and _came_back(parcel):
        return _S.RETURNED
    return said


def _silent_from_the_start(parcel: Parcel) -> Situation:
    if not parcel.tracking_number:
        return _S.NO_NUMBER
    return _S.UNREPORTED if parcel.is_trackable else _S.NO_TRACKING


def _came_back(parcel: Parcel) -> bool:
    """Whether the carrier turned it round and then says that it was handed over: to the sender."""
    turned = any(event.status_detail_code == "RETURN_TO_SENDER" for event in parcel.events)
    return turned and parcel.status_code == "DE"
