"""What happened in the account, and what the events say of it."""

from __future__ import annotations

import json
from hashlib import md5

import pytest

from sql.raw_tables import content_hash
from sql.story import Story, day, fulfillment, shipment

pytestmark = pytest.mark.xdist_group("dbt")

OLD = day(1).subtract(days=9)


def told(story: Story, build: str) -> list[tuple[str, str]]:
    """Trigger and entity of each event that the build appended."""
    return [(event["trigger"], event["entity_id"]) for event in story.appended[build]]


def test_the_first_load_tells_nothing(story: Story) -> None:
    assert told(story, "first") == []


def test_a_day_of_changes(story: Story) -> None:
    assert told(story, "second") == [
        ("new_shipment", "se-4"),
        ("shipment_modified", "se-1"),
        ("shipment_modified", "se-2"),
        ("new_fulfillment", "se-94"),
        ("fulfillment_modified", "se-93"),
        ("fulfillment_shipped", "se-94"),
    ]


@pytest.mark.parametrize("build", ["full refresh", "last"])
def test_a_build_with_nothing_new_appends_nothing(story: Story, build: str) -> None:
    assert told(story, build) == []


def test_no_build_changes_an_event_already_told(story: Story) -> None:
    appended = [event for events in story.appended.values() for event in events]
    assert story.events() == appended
    assert [event["sequence"] for event in appended] == list(range(1, len(appended) + 1))
    assert len({event["event_id"] for event in appended}) == len(appended)


def test_a_modification_says_what_it_was_and_what_it_is(story: Story) -> None:
    cancelled = story.appended["second"][1]
    assert cancelled["changed_fields"] == ["items", "shipment_status"]
    assert json.loads(cancelled["before"]) == {
        "items": [{"sku": "MUG", "quantity": 1}],
        "shipment_status": "pending",
    }
    assert json.loads(cancelled["after"]) == {
        "items": [{"sku": "MUG", "quantity": 2}],
        "shipment_status": "cancelled",
    }
    assert cancelled["occurred_at"] == day(1, 10)
    assert cancelled["detected_at"] == day(2)
    assert cancelled["load_id"] == "2.0"
    assert cancelled["is_touch"] is False


def test_a_touch_is_marked(story: Story) -> None:
    touch = story.appended["second"][2]
    assert (touch["is_touch"], touch["changed_fields"]) == (True, [])
    assert (touch["before"], touch["after"]) == (None, None)


def test_a_void_is_seen_as_a_modification_at_its_time(story: Story) -> None:
    void = story.appended["second"][4]
    assert void["changed_fields"] == ["is_voided", "voided_at"]
    assert json.loads(void["after"]) == {"is_voided": True, "voided_at": "2026-03-01T20:00:00.000Z"}
    assert void["occurred_at"] == day(1, 20)


def test_a_future_ship_date_is_told_on_its_day(story: Story) -> None:
    assert told(story, "third") == [("fulfillment_shipped", "se-92")]
    event = story.appended["third"][0]
    assert event["occurred_at"] == day(3, 8)  # midnight where the account is
    assert event["detected_at"] == day(3)


def test_a_fulfillment_voided_before_its_day_never_ships(story: Story) -> None:
    assert ("fulfillment_shipped", "se-93") not in [
        pair for build in story.appended for pair in told(story, build)
    ]


def test_two_loads_between_builds_and_back_to_what_it_was(story: Story) -> None:
    assert told(story, "fifth") == [
        ("shipment_modified", "se-4"),
        ("fulfillment_modified", "se-94"),
        ("shipment_modified", "se-4"),
        ("fulfillment_modified", "se-94"),
    ]
    there, back = (event for event in story.appended["fifth"] if event["entity_id"] == "se-94")
    assert (there["before"], there["after"]) == (back["after"], back["before"])


def test_an_entity_first_seen_late_is_known_silently(story: Story) -> None:
    everything = [pair for build in story.appended for pair in told(story, build)]
    assert ("new_shipment", "se-5") not in everything


def test_a_late_package_with_a_lower_load_id_is_not_missed(story: Story) -> None:
    moved = story.appended["ninth"][0]
    assert (moved["entity_id"], moved["changed_fields"]) == ("se-92", ["ship_date"])
    assert moved["load_id"] < story.appended["fifth"][0]["load_id"]


def test_a_ship_date_moved_after_the_event_does_not_ship_again(story: Story) -> None:
    assert told(story, "ninth") == [("fulfillment_modified", "se-92")]


def test_looking_back_tells_each_past_entity_once(story: Story) -> None:
    assert sorted(told(story, "looking back")) == [
        ("fulfillment_shipped", "se-91"),
        ("new_fulfillment", "se-91"),
        ("new_fulfillment", "se-92"),
        ("new_fulfillment", "se-93"),
        ("new_shipment", "se-1"),
        ("new_shipment", "se-2"),
        ("new_shipment", "se-3"),
    ]


def test_event_ids_follow_from_what_the_account_held(story: Story) -> None:
    notified = content_hash(fulfillment(4, day(1, 21), ships=2, order_source_notified=True))
    silent = content_hash(fulfillment(4, day(1, 21), ships=2))
    touched = content_hash(shipment(2, OLD, day(1, 11)))
    expected = {
        "new_shipment/se-4",
        f"shipment_modified/se-2/{touched}/1",
        f"fulfillment_modified/se-94/{notified}/1",
        f"fulfillment_modified/se-94/{silent}/2",
        "fulfillment_shipped/se-92",
    }
    ids = {event["event_id"] for event in story.events()}
    assert {md5(name.encode()).hexdigest() for name in expected} <= ids


@pytest.mark.parametrize(
    ("view", "trigger"),
    [
        ("new_shipments", "new_shipment"),
        ("shipments_modified", "shipment_modified"),
        ("new_fulfillments", "new_fulfillment"),
        ("fulfillments_shipped", "fulfillment_shipped"),
    ],
)
def test_a_view_says_what_the_events_say(story: Story, view: str, trigger: str) -> None:
    wanted = [event for event in story.events() if event["trigger"] == trigger]
    shown = story.rows(f"from changes.{view} order by sequence")
    assert wanted
    assert [{name: row[name] for name in wanted[0]} for row in shown] == wanted


def test_a_view_shows_the_object_as_it_is_now(story: Story) -> None:
    row = story.rows("from changes.new_shipments where entity_id = 'se-1'")[0]
    assert (row["shipment_number"], row["shipment_status"]) == ("1001", "cancelled")
