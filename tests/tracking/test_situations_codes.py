"""What a buyer is told and what the models hold agree on every detail code that both know."""

from __future__ import annotations

import pytest

from shipsync.sync.parcel_state import ParcelState, state_of
from shipsync.tracking.situations import BY_DETAIL, Situation

TOLD = {
    ParcelState.PRE_TRANSIT: {"announced"},
    ParcelState.IN_TRANSIT: {"accepted", "in_transit", "arranged", "customs", "delivered_in_part"},
    ParcelState.OUT_FOR_DELIVERY: {"out_for_delivery"},
    ParcelState.AVAILABLE_FOR_PICKUP: {"pickup"},
    ParcelState.DELIVERED: {
        "delivered",
        "delivered_neighbour",
        "delivered_safe_place",
        "delivered_elsewhere",
        "delivered_damaged",
        "collected",
    },
    ParcelState.EXCEPTION: {
        "address",
        "attempted",
        "customs",
        "customs_papers",
        "delayed",
        "disposed",
        "held",
        "identification",
        "lost",
        "misrouted",
        "not_delivered",
        "payment",
    },
    ParcelState.RETURN_TO_SENDER: {
        "address",
        "damaged",
        "not_collected",
        "not_delivered",
        "refused",
        "returning",
    },
    ParcelState.CANCELLED: {"carrier_cancelled"},
}


@pytest.mark.parametrize(("code", "situation"), BY_DETAIL.items())
def test_the_words_fit_the_state(code: str, situation: Situation) -> None:
    assert situation in TOLD[state_of(None, code)]
