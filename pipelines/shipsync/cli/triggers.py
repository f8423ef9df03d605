"""The kinds of change, as words of a command line."""

from __future__ import annotations

from enum import StrEnum


class Trigger(StrEnum):
    """The kinds of change."""

    NEW_SHIPMENT = "new_shipment"
    SHIPMENT_MODIFIED = "shipment_modified"
    NEW_FULFILLMENT = "new_fulfillment"
    FULFILLMENT_MODIFIED = "fulfillment_modified"
    FULFILLMENT_SHIPPED = "fulfillment_shipped"
