"""What each carrier calls the same scan: its codes, the standard ones beside them, a short text.

Codes are those of captured answers where one was seen; texts and sentences are ours. UPS gives no
standard detail code once the parcel moves, but a detail code of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from shipsync.emulator.shop.carriers import Style
from shipsync.emulator.shop.journeys import Scan

STATUS = {
    "UN": "Unknown",
    "NY": "Not Yet In System",
    "AC": "Accepted",
    "IT": "In Transit",
    "AT": "Delivery Attempt",
    "EX": "Exception",
    "DE": "Delivered",
}

DETAIL = {
    "ELEC_ADVICE_RECD_BY_CARRIER": "The carrier knows of the parcel and waits for it.",
    "SHIPMENT_CREATED": "The number is registered; the parcel was not handed over yet.",
    "RECEIVED_BY_CARRIER": "The carrier has the parcel.",
    "PICKED_UP": "The carrier fetched the parcel.",
    "HUB_SCAN_IN": "The parcel reached a hub.",
    "HUB_SCAN_OUT": "The parcel left a hub.",
    "IN_TRANSIT": "The parcel is between two hubs.",
    "INFORMATION": "The carrier sent a note about the parcel.",
    "CUSTOMS_PROCESSING": "Customs looks at the parcel.",
    "CUSTOMS_CLEARED": "Customs let the parcel pass.",
    "RECEIVED_LOCAL_DELIVERY_DEPOT": "The parcel is at the depot that delivers it.",
    "OUT_FOR_DELIVERY": "The parcel is on the vehicle and comes today.",
    "ATTEMPTED_DELIVERY": "Nobody took the parcel; the carrier tries again.",
    "CARRIER_DELAYS": "The carrier is late.",
    "RETURN_TO_SENDER": "The parcel goes back to the sender.",
    "DELIVERED": "The parcel was delivered.",
    "CARRIER_STATUS_NOT_MAPPED": "The carrier's code means nothing to us.",
}


@dataclass(frozen=True, slots=True)
class Words:
    """A carrier's words for a scan; ``code`` stands in event_code and carrier_status_code."""

    code: str
    status: str
    detail: str | None
    text: str
    carrier_detail: str | None = None

    @property
    def detail_text(self) -> str | None:
        """The sentence for the standard detail code."""
        return None if self.detail is None else DETAIL[self.detail]


_USPS = {
    Scan.ANNOUNCED: Words("GX", "AC", "ELEC_ADVICE_RECD_BY_CARRIER", "Label made, no item yet"),
    Scan.ACCEPTED: Words("OA", "IT", "RECEIVED_BY_CARRIER", "Accepted at origin facility"),
    Scan.DEPARTED: Words("T1", "IT", "HUB_SCAN_OUT", "Departed regional facility"),
    Scan.ARRIVED: Words("A1", "IT", "HUB_SCAN_IN", "Arrived at regional facility"),
    Scan.EN_ROUTE: Words("TL", "IT", "INFORMATION", "On the way to the next facility"),
    Scan.IN_CUSTOMS: Words("MA", "IT", "CUSTOMS_PROCESSING", "Held for customs inspection"),
    Scan.CLEARED: Words("MR", "IT", "CUSTOMS_CLEARED", "Released by customs"),
    Scan.AT_DEPOT: Words("07", "IT", "RECEIVED_LOCAL_DELIVERY_DEPOT", "ARRIVAL AT UNIT"),
    Scan.OUT_FOR_DELIVERY: Words("OF", "IT", "OUT_FOR_DELIVERY", "OUT FOR DELIVERY"),
    Scan.ATTEMPTED: Words("02", "AT", "ATTEMPTED_DELIVERY", "Notice left, nobody home"),
    Scan.DELAYED: Words("NT", "EX", "CARRIER_DELAYS", "Late on the way to the next facility"),
    Scan.REFUSED: Words("21", "EX", "RETURN_TO_SENDER", "No such number"),
    Scan.RETURNED: Words("28", "EX", "RETURN_TO_SENDER", "Back with the sender"),
    Scan.DELIVERED: Words("01", "DE", "DELIVERED", "DELIVERED IN/AT MAILBOX"),
    Scan.UNMAPPED: Words("PQ", "UN", "CARRIER_STATUS_NOT_MAPPED", "Processed, code not mapped"),
}

_UPS = {
    Scan.ANNOUNCED: Words(
        "M", "NY", "ELEC_ADVICE_RECD_BY_CARRIER", "Label made, no item yet", "MP"
    ),
    Scan.ACCEPTED: Words("I", "IT", None, "We have your parcel", "OR"),
    Scan.DEPARTED: Words("I", "IT", None, "On the way", "DP"),
    Scan.ARRIVED: Words("I", "IT", None, "On the way", "AR"),
    Scan.EN_ROUTE: Words("I", "IT", None, "On the way", "LT"),
    Scan.IN_CUSTOMS: Words("I", "IT", None, "Waiting for clearance", "CC"),
    Scan.CLEARED: Words("I", "IT", None, "Cleared", "CL"),
    Scan.AT_DEPOT: Words("I", "IT", None, "Getting ready for delivery", "YP"),
    Scan.OUT_FOR_DELIVERY: Words("I", "IT", None, "Out for delivery", "OT"),
    Scan.ATTEMPTED: Words("X", "AT", None, "The receiver was not there", "48"),
    Scan.DELAYED: Words("X", "EX", None, "A machine stood still; the parcel is late", "8B"),
    Scan.REFUSED: Words("X", "EX", None, "The receiver refused the parcel", "48"),
    Scan.RETURNED: Words("RS", "EX", None, "Returned to the sender", "RS"),
    Scan.DELIVERED: Words("D", "DE", None, "Delivered", "FS"),
}

_FEDEX = {
    Scan.ANNOUNCED: Words("OC", "NY", "SHIPMENT_CREATED", "Parcel data sent to FedEx"),
    Scan.ACCEPTED: Words("PU", "AC", "PICKED_UP", "Picked up"),
    Scan.DEPARTED: Words("DP", "IT", "HUB_SCAN_OUT", "Departed FedEx location"),
    Scan.ARRIVED: Words("AR", "IT", "IN_TRANSIT", "Arrived at FedEx location"),
    Scan.EN_ROUTE: Words("IT", "IT", "IN_TRANSIT", "On the way"),
    Scan.IN_CUSTOMS: Words("CD", "EX", "CUSTOMS_PROCESSING", "Clearance delay"),
    Scan.CLEARED: Words("CC", "IT", "CUSTOMS_CLEARED", "International release"),
    Scan.AT_DEPOT: Words("AR", "IT", "RECEIVED_LOCAL_DELIVERY_DEPOT", "At local FedEx facility"),
    Scan.OUT_FOR_DELIVERY: Words("OD", "IT", "OUT_FOR_DELIVERY", "On the vehicle for delivery"),
    Scan.ATTEMPTED: Words("CA", "AT", "ATTEMPTED_DELIVERY", "Nobody at the address"),
    Scan.DELAYED: Words("DY", "EX", "CARRIER_DELAYS", "Delay"),
    Scan.REFUSED: Words("DE", "EX", "RETURN_TO_SENDER", "Delivery exception: wrong address"),
    Scan.RETURNED: Words("RS", "EX", "RETURN_TO_SENDER", "Returned to shipper"),
    Scan.DELIVERED: Words("DL", "DE", "DELIVERED", "Delivered"),
}

_WORDS = {Style.USPS: _USPS, Style.UPS: _UPS, Style.FEDEX: _FEDEX}


def words(style: Style, scan: Scan) -> Words:
    """What a carrier calls a scan."""
    return _WORDS[style][scan]
