"""Where a parcel can be, and what the codes of a tracking answer say of it.

The codes lie in the dbt seed ``tracking_codes.csv``, from which the SQL models read them too; the order
in which they are asked is the macro ``meaning`` there, and a test holds the two against each other.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from shipsync.warehouse.sql_project import sql_dir


class ParcelState(StrEnum):
    """Where a parcel is; UNKNOWN until anything was told."""

    PRE_TRANSIT = "pre_transit"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    AVAILABLE_FOR_PICKUP = "available_for_pickup"
    DELIVERED = "delivered"
    EXCEPTION = "exception"
    RETURN_TO_SENDER = "return_to_sender"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


def state_of(
    status_code: str | None,
    status_detail_code: str | None = None,
    carrier_detail_code: str | None = None,
) -> ParcelState:
    """The state that the head of a tracking answer tells.

    The detail code is asked first, then the carrier's own, then the two letters. A step of the way that
    the letters call an exception is one, such as a delay in customs.
    """
    codes = _codes()
    detail = codes.get(("detail", status_detail_code))
    if detail is ParcelState.IN_TRANSIT and status_code == "EX":
        return ParcelState.EXCEPTION
    carrier = codes.get(("carrier", carrier_detail_code))
    return detail or carrier or codes.get(("letters", status_code)) or ParcelState.UNKNOWN


@cache
def _codes() -> Mapping[tuple[str, str | None], ParcelState]:
    with (sql_dir() / "seeds" / "tracking_codes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {(row["kind"], row["code"]): ParcelState(row["state"]) for row in rows if row["state"]}
