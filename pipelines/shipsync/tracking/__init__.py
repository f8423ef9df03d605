"""Where is my order: found by any of its references, read from the database, told in a buyer's words."""

from shipsync.tracking.asking import track, track_many
from shipsync.tracking.document import document
from shipsync.tracking.order import Order, Parcel, ScanEvent, Shipment
from shipsync.tracking.reading import FoundOrders, find_order, find_orders
from shipsync.tracking.references import OwnAffixes
from shipsync.tracking.situations import Situation, situation_of
from shipsync.tracking.wording import Wording, load_wording, situations, told

__all__ = [
    "FoundOrders",
    "Order",
    "OwnAffixes",
    "Parcel",
    "ScanEvent",
    "Shipment",
    "Situation",
    "Wording",
    "document",
    "find_order",
    "find_orders",
    "load_wording",
    "situation_of",
    "situations",
    "told",
    "track",
    "track_many",
]
