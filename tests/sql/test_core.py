"""Current rows, their history, and the days and events in them."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from sql.story import Story, day

pytestmark = pytest.mark.xdist_group("dbt")


def test_current_rows_are_what_was_said_last(story: Story) -> None:
    rows = story.rows("select shipment_id, shipment_status from core.shipments order by all")
    assert [(row["shipment_id"], row["shipment_status"]) for row in rows] == [
        ("se-1", "cancelled"),
        ("se-2", "pending"),
        ("se-3", "pending"),
        ("se-4", "pending"),
        ("se-5", "pending"),
    ]


def test_history_numbers_the_versions(story: Story) -> None:
    rows = story.rows(
        """
        select version_number, is_order_source_notified, valid_from, valid_to, is_current
        from core.fulfillments_history where fulfillment_id = 'se-94' order by version_number
        """
    )
    assert [tuple(row.values()) for row in rows] == [
        (1, False, day(2), day(4), False),
        (2, True, day(4), day(5), False),
        (3, False, day(5), None, True),
    ]


def test_stock_that_vanished_is_history_only(story: Story) -> None:
    assert [row["sku"] for row in story.rows("from core.inventory_levels")] == ["MUG"]
    gone = story.rows("from core.inventory_levels_history where sku = 'CUP'")
    assert [(row["on_hand"], row["valid_to"]) for row in gone] == [(3, day(2))]


def test_a_tracking_event_told_twice_stands_once(story: Story) -> None:
    rows = story.rows(
        "select event_key, city_locality from core.tracking_events order by occurred_at"
    )
    # Of two tellings in one answer the fuller one stands; a later answer changes nothing.
    assert [tuple(row.values()) for row in rows] == [("k2", "AUSTIN"), ("k3", None), ("k5", None)]


def test_a_ship_date_is_the_same_day_wherever_it_is_read(story: Story) -> None:
    with duckdb.connect(str(story.database), read_only=True) as con:
        con.execute("set timezone = 'America/Los_Angeles'")
        found = con.execute(
            """
            select ship_date from core.shipments where shipment_id = 'se-1'
            union all select ship_date from core.labels
            union all select ship_date from core.fulfillments where fulfillment_id = 'se-94'
            """
        ).fetchall()
    assert found == [(date(2026, 3, 1),), (date(2026, 3, 1),), (date(2026, 3, 2),)]


def test_the_models_hold_in_a_copy_under_another_name(story: Story) -> None:
    copy = story.database.with_name("a copy.duckdb")
    copy.write_bytes(story.database.read_bytes())
    with duckdb.connect(str(copy), read_only=True) as con:
        assert con.execute("select count(*) from core.shipments").fetchone() == (5,)
        assert con.execute("select count(*) from changes.new_shipments").fetchone() == (4,)
    with duckdb.connect() as con:
        con.execute(f"attach '{copy}' as other (read_only)")
        assert con.execute("select count(*) from other.core.shipments").fetchone() == (5,)
