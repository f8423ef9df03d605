"""What an event looks like outside."""

from __future__ import annotations

import duckdb
import orjson

from shipsync.feed.consumers import read
from shipsync.feed.events import cloud_line, line, source_of

from .made_events import happen


def test_a_line_is_one_json_object(con: duckdb.DuckDBPyConnection) -> None:
    happen(con, "se-1", "se-1")
    new, modified = (line(event) for event in read(con, "x").events)

    assert new.count(b"\n") == modified.count(b"\n") == 1
    assert orjson.loads(modified) == {
        "sequence": 2,
        "event_id": "event-2",
        "trigger": "shipment_modified",
        "entity_id": "se-1",
        "shipment_id": "se-1",
        "occurred_at": "2026-03-01T09:00:00Z",
        "detected_at": "2026-03-01T09:00:00Z",
        "is_touch": False,
        "changed_fields": ["zone"],
        "before": {"zone": 1},
        "after": {"zone": 2},
    }


def test_a_document_that_was_written_over_lines_takes_one(con: duckdb.DuckDBPyConnection) -> None:
    happen(con, "se-1")
    document = orjson.dumps({"notes": "one\ntwo"}, option=orjson.OPT_INDENT_2).decode()
    con.execute("update changes.events set after = ?", [document])
    (event,) = read(con, "x").events

    assert line(event).count(b"\n") == 1
    assert event.after == {"notes": "one\ntwo"}
    assert orjson.loads(line(event))["after"] == event.after


def test_a_cloud_event_has_every_attribute_that_the_standard_asks_for(
    con: duckdb.DuckDBPyConnection,
) -> None:
    happen(con, "se-1")
    (event,) = read(con, "x").events
    sent = orjson.loads(cloud_line(event, source_of("west")))

    data = sent.pop("data")
    assert data == orjson.loads(line(event))
    assert sent == {
        "specversion": "1.0",
        "id": "event-1",
        "source": "/shipsync/west",
        "type": "shipsync.new_shipment",
        "subject": "se-1",
        "time": "2026-03-01T08:00:00Z",
        "datacontenttype": "application/json",
        "sequence": "000000000001",
        "partitionkey": "se-1",
    }
