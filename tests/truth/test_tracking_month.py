"""A month of parcels: what the policy spends, and how late it notices deliveries and returns."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parameters import in_prove
from shipsync.emulator import Options
from shipsync.sync.polling_policy import PROMISED_DELAY
from truth.parcel_month import DAYS, HOUR, Following, Month

HAPPENINGS = {"unmapped_scans": True, "returns_after_delivery": True}
LABELS = {
    "turn and move to the front": Options(**HAPPENINGS),
    "turn where they stand": Options(tracking_moves_labels=False, **HAPPENINGS),
    "freeze": Options(label_tracking_status="on_read", **HAPPENINGS),
    "lie": Options(label_tracking_status="lies", **HAPPENINGS),
    "lie where they stand": Options(
        label_tracking_status="lies", tracking_moves_labels=False, **HAPPENINGS
    ),
}


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("seed", in_prove([1], [1, 2]))
def test_few_calls_notice_deliveries_in_time_whatever_labels_say(seed: int, labels: str) -> None:
    options = LABELS[labels]
    month = Following(seed, options).run()
    print(f"seed {seed}, labels {labels}: {month}")  # noqa: T201
    _is_in_time(month)
    assert month.share <= 0.08
    # The list that each run reads anyway, newest change first, is a call too.
    runs = DAYS * timedelta(days=1) // HOUR
    assert month.tracked + month.listed + runs <= 0.0855 * month.asking_all
    assert month.trust.is_believed
    assert month.trust.is_worth_reading == (labels != "freeze")
    assert month.trust.tells_others == (labels != "freeze")


def _is_in_time(month: Month) -> None:
    assert len(month.delays) > 500
    assert month.median * HOUR <= PROMISED_DELAY
    assert month.latest * HOUR <= timedelta(days=1)
    assert len(month.returns) > 50
    assert max([*month.returns, *month.returns_waiting]) * HOUR <= timedelta(days=2)
