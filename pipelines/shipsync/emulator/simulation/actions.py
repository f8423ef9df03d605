"""Everything that the simulation does to an account, by the name that the journal keeps as cause."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """What happened; the value is the ``cause`` of the journal entries that it made."""

    ORDER_CAME = "order came"
    ORDER_CAME_IN_PARTS = "order came in parts"
    ORDER_CAME_ON_HOLD = "order came on hold"
    TAG_ADDED = "tag added"
    TAG_TAKEN_OFF = "tag taken off"
    QUANTITY_CHANGED = "quantity changed"
    QUANTITY_CHANGED_BACK = "quantity changed back"
    ADDRESS_CHANGED = "address changed"
    NOTE_WRITTEN = "note written"
    NOTE_WIPED = "note wiped"
    PUT_ON_HOLD = "put on hold"
    HOLD_LIFTED = "hold lifted"
    SERVICE_CHANGED = "service changed"
    TOUCHED = "touched"
    TOUCHED_IN_BULK = "touched in bulk"
    CANCELLED = "cancelled"

    LABEL_BOUGHT = "label bought"
    SHIPMENT_SAW_ITS_LABEL = "shipment saw its label"
    LABEL_VOIDED = "label voided"
    LABEL_PRINTED_AGAIN = "label printed again"
    PARCEL_SCANNED = "parcel scanned"
    PARCEL_HELD_UP = "parcel held up"
    PARCEL_RETURNED = "parcel returned"
    PARCEL_DELIVERED = "parcel delivered"

    FULFILLED_OUTSIDE = "fulfilled outside"
    FULFILLED_IN_ADVANCE = "fulfilled in advance"
    SOURCE_NOTIFIED = "source notified"
    SOURCE_REFUSED = "source refused the notice"
    VOID_ASKED_FOR = "void asked for"
    VOIDED_BEFORE_ITS_DAY = "voided before its day"
    VOIDED_AFTER_ITS_DAY = "voided after its day"
    ARRIVED_OUTSIDE = "arrived outside"

    STOCK_CLAIMED = "stock claimed"
    STOCK_RELEASED = "stock released"
    STOCK_SOLD = "stock sold"
    STOCK_GIVEN_BACK = "stock given back"
    STOCK_RECEIVED = "stock received"
    STOCK_COUNTED = "stock counted"
    STOCK_TRANSFERRED = "stock transferred"
    SHELF_CLEARED = "shelf cleared"
    SHELF_FILLED_AGAIN = "shelf filled again"

    TAG_MADE = "tag made"
    TAG_DROPPED = "tag dropped"
    PRODUCT_MADE = "product made"
    PRICE_CHANGED = "price changed"
    LOCATION_RENAMED = "location renamed"
    WAREHOUSE_RENAMED = "warehouse renamed"
    POSTAGE_SPENT = "postage spent"
