"""The feed from the command line, on a database that the whole job has made."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from feed.made_events import COLUMNS
from shipsync.feed.consumers import consumers, read_after
from shipsync.warehouse import lock
from shipsync.warehouse.database import connect

from .conftest import Run
from .test_documentation import PAGES


def objects(text: str) -> list[dict[str, object]]:
    return [orjson.loads(row) for row in text.splitlines()]


def test_events_have_the_columns_that_the_feed_is_tested_with(database: Path) -> None:
    with connect(database, read_only=True) as con:
        described = con.execute("describe changes.events").fetchall()
    assert {row[0]: row[1] for row in described} == COLUMNS


def test_read_acknowledge_and_rewind_go_round(run: Run, database: Path) -> None:
    at = ("--consumer", "billing", "--database", database)
    first = objects(run("changes", "read", *at, "--limit", "5").out)
    assert [event["sequence"] for event in first] == [1, 2, 3, 4, 5]
    assert objects(run("changes", "read", *at, "--limit", "5").out) == first

    assert run("changes", "ack", "3", *at, "--create", "--json").json["acknowledged"] == 3
    assert objects(run("changes", "read", *at, "--limit", "2").out) == first[3:5]

    assert run("changes", "rewind", "--to", "2", *at, "--json").json["next"] == 2
    assert objects(run("changes", "read", *at, "--limit", "4").out) == first[1:5]

    assert run("changes", "rewind", "--to", "end", *at).code == 0
    assert run("changes", "read", *at).out == ""
    assert run("changes", "rewind", "--to", "2026-01-01", *at, "--json").json["next"] == 1
    assert run("changes", "ack", "1", *at).code == 0

    listed = run("changes", "consumers", "--json", "--database", database).json
    every = run("changes", "list", "--limit", "100000", "--json", "--database", database).json
    assert [(c["consumer"], c["acknowledged"], c["lag"]) for c in listed] == [
        ("billing", 1, len(every) - 1)
    ]


def test_the_document_says_what_to_acknowledge(run: Run, database: Path) -> None:
    words = ("--consumer", "x", "--trigger", "fulfillment_shipped", "--json")
    document = run("changes", "read", *words, "--database", database).json
    every = run("changes", "list", "--limit", "100000", "--json", "--database", database).json

    assert {event["trigger"] for event in document["events"]} == {"fulfillment_shipped"}
    assert document["up_to"] == len(every)


def test_the_whole_object_comes_on_request(run: Run, database: Path) -> None:
    read = ("changes", "read", "--consumer", "x", "--limit", "400", "--database", database)
    plain = objects(run(*read).out)
    whole = objects(run(*read, "--with-object").out)

    assert all("object" not in event for event in plain)
    assert [event["event_id"] for event in whole] == [event["event_id"] for event in plain]
    shipment = next(e for e in whole if e["trigger"] == "shipment_modified")["object"]
    fulfillment = next(e for e in whole if e["trigger"] == "new_fulfillment")["object"]
    assert isinstance(shipment, dict)
    assert isinstance(fulfillment, dict)
    assert {"shipment_id", "items", "tags", "shipment_status"} <= set(shipment)
    assert {"fulfillment_id", "tracking_number"} <= set(fulfillment)
    assert isinstance(shipment["items"], list)


def test_cloud_events_come_on_lines_too(run: Run, database: Path) -> None:
    words = ("--consumer", "x", "--limit", "2", "--format", "cloudevents")
    sent = objects(run("changes", "read", *words, "--database", database).out)

    assert [(e["specversion"], e["source"]) for e in sent] == [("1.0", "/shipsync/default")] * 2


def test_no_offset_moves_while_a_run_is_at_work(run: Run, database: Path) -> None:
    with lock.hold(database):
        refused = run("changes", "ack", "1", "--consumer", "x", "--database", database)
    assert refused.code == 4
    assert run("changes", "consumers", "--json", "--database", database).json == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ack", "999999"), "There is no event 999999"),
        (("rewind", "--to", "yesterday"), "'yesterday' is no time"),
        (("rewind", "--to", "0"), "There is no event 0"),
    ],
)
def test_a_wrong_place_is_refused_with_a_sentence(
    run: Run, database: Path, words: tuple[str, ...], said: str
) -> None:
    refused = run("changes", *words, "--consumer", "x", "--create", "--database", database)

    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err


@pytest.mark.parametrize("words", [("ack", "3"), ("rewind", "--to", "2")])
def test_a_mistyped_consumer_is_not_made(run: Run, database: Path, words: tuple[str, ...]) -> None:
    at = ("--database", database)
    run("changes", "ack", "1", "--consumer", "billing", "--create", *at)

    refused = run("changes", *words, "--consumer", "biling", *at)

    assert (refused.code, refused.out) == (5, "")
    assert refused.err == (
        "There is no consumer 'biling', so nothing was changed. The known ones: billing. `changes ack` and "
        "`changes rewind` make a new one with --create.\n"
    )
    listed = run("changes", "consumers", "--json", *at).json
    assert [(c["consumer"], c["acknowledged"]) for c in listed] == [("billing", 1)]


def test_a_consumer_can_be_removed(run: Run, database: Path) -> None:
    at = ("--database", database)
    for name in ("billing", "stale"):
        run("changes", "ack", "3", "--consumer", name, "--create", *at)

    left = run("changes", "consumers", "--remove", "stale", "--json", *at)
    again = run("changes", "consumers", "--remove", "stale", *at)

    assert [c["consumer"] for c in left.json] == ["billing"]
    assert again.code == 5
    first = objects(run("changes", "read", "--consumer", "stale", "--limit", "1", *at).out)
    assert first[0]["sequence"] == 1


def test_the_consumer_in_the_documentation_runs(
    database: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = PAGES["changes.md"].split("```python\n", 1)[1].split("```", 1)[0]
    (folder / "data").mkdir()
    database.rename(folder / "data" / "default.duckdb")

    exec(program, {})

    with connect(folder / "data" / "default.duckdb", read_only=True) as con:
        (consumer,) = consumers(con)
        (first,) = read_after(con, 0, limit=1).events
    assert (consumer.consumer, consumer.lag) == ("billing", 0)
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == consumer.acknowledged
    assert printed[0].startswith(f"{first.trigger} {first.entity_id} ")
