"""How far lists of labels are trusted: from what they told of deliveries that carriers told too."""

from __future__ import annotations

import pytest

from shipsync.sync.label_statuses import SweepPace
from shipsync.sync.list_trust import ListEvidence, ListTrust, judged, sentence
from sync.test_polling_policy import HOUR

NOTHING = ListTrust()


@pytest.mark.parametrize(
    ("evidence", "trust", "said"),
    [
        ([], NOTHING, "Of 0 deliveries it is known"),
        ([ListEvidence("ups", 9, 0, 0)], NOTHING, "Of 9 deliveries it is known"),
        (
            [ListEvidence("ups", 8, 2, 0)],
            ListTrust(tells_others=True, measured=("ups",), told=("ups",)),
            "Lists of labels told of 8 of the last 10 deliveries, so tracking is asked for less.",
        ),
        (
            [ListEvidence("ups", 5, 5, 0)],
            ListTrust(measured=("ups",)),
            "Lists of labels told of 5 of the last 10 deliveries only",
        ),
        (
            [ListEvidence("ups", 0, 12, 0), ListEvidence("usps", 30, 0, 0)],
            ListTrust(tells_others=True, measured=("ups", "usps"), told=("usps",)),
            "not enough of those by ups, where it is asked as ever.",
        ),
        (
            [ListEvidence("ups", 0, 20, 0)],
            ListTrust(is_worth_reading=False, measured=("ups",)),
            "told of 0 of the last 20 deliveries, so deliveries are noticed by tracking alone.",
        ),
        (
            [ListEvidence("ups", 6, 0, 6)],
            ListTrust(is_believed=False, is_worth_reading=False),
            "Labels say delivered of 6 parcels of which their carriers do not",
        ),
    ],
)
def test_what_follows_from_the_evidence(
    evidence: list[ListEvidence], trust: ListTrust, said: str
) -> None:
    assert judged(evidence, NOTHING) == trust
    assert said in sentence(evidence, trust)
    assert ListTrust.from_json(trust.as_json()) == trust


def test_trust_is_kept_while_there_is_little_evidence_and_lost_at_another_share_than_it_is_won() -> (
    None
):
    trusted = judged([ListEvidence("ups", 10, 0, 0)], NOTHING)
    assert judged([], trusted).tells_others
    half = [ListEvidence("ups", 11, 9, 0)]
    assert judged(half, trusted).has_lists_for("ups")
    assert not judged(half, NOTHING).has_lists_for("ups")
    assert not judged([ListEvidence("ups", 9, 11, 0)], trusted).has_lists_for("ups")
    assert judged([ListEvidence("ups", 0, 20, 0)], trusted).is_worth_reading is False


def test_a_sweep_that_adds_nothing_to_what_the_labels_own_walk_told_is_made_less_often() -> None:
    pace = SweepPace()
    intervals = []
    for _ in range(6):
        intervals.append(pace.interval(HOUR, 200))
        pace = pace.after(1, told_by_walk=3, added=0)
    assert intervals == [hours * HOUR for hours in (1, 2, 4, 8, 16, 23)]
    # Nothing was delivered at night: that says nothing.
    assert pace.after(1, told_by_walk=0, added=0) == pace
    assert pace.after(1, told_by_walk=3, added=1).interval(HOUR, 200) == HOUR
    assert SweepPace().interval(HOUR / 4, 200) == HOUR / 4


def test_a_sweep_takes_no_more_than_a_request_an_hour_for_25_parcels_under_way() -> None:
    assert SweepPace(requests=4).interval(HOUR, 200) == HOUR
    assert SweepPace(requests=16).interval(HOUR, 200) == 2 * HOUR
    assert SweepPace(requests=16).interval(HOUR, 10) == 6 * HOUR
    assert SweepPace(requests=1).interval(HOUR, 3) == HOUR
