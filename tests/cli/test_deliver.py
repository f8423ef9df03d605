"""Delivery from the command line, and as a part of the scheduled job."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from feed.made_events import happen, open_shop
from feed.receiver import Receiver, listening
from shipsync.emulator import Account

from .conftest import Run

SECRET = base64.b64encode(b"a secret that nobody may see").decode()


def shop(folder: Path, *shipments: str) -> Path:
    """A database with an event for each of ``shipments``."""
    with open_shop(folder) as con:
        happen(con, *shipments)
    return folder / "shop.duckdb"


def test_a_file_gets_the_events_and_the_terminal_a_report(run: Run, folder: Path) -> None:
    database = shop(folder, "a", "b~", "a")
    words = ("changes", "deliver", "--consumer", "x", "--to", "file.jsonl", "--no-touches")

    told = run(*words, "--database", database, "--json").json
    again = run(*words, "--database", database)

    assert (told["outcome"], told["delivered"], told["acknowledged"]) == ("done", 2, 3)
    assert (again.code, again.out, again.err) == (0, "", "")
    lines = (folder / "file.jsonl").read_bytes().splitlines()
    assert [orjson.loads(row)["sequence"] for row in lines] == [1, 3]


def test_exit_codes_say_who_must_act(run: Run, folder: Path) -> None:
    database = shop(folder, "a", "b")
    with listening(Receiver()) as receiver:
        at = ("--consumer", "x", "--to", receiver.url, "--database", database)
        receiver.decide = lambda number, ids: 403
        stopped = run("changes", "deliver", *at)
        receiver.decide = lambda number, ids: 400 if "event-1" in ids else 204
        dead = run("changes", "deliver", *at, "--attempts", "1")
        receiver.decide = lambda number, ids: 410
        paused = run("changes", "retry", *at)
        listed = run("changes", "consumers", "--json", "--database", database).json
        receiver.decide = lambda number, ids: 204
        retried = run("changes", "retry", *at)

    assert [outcome.code for outcome in (stopped, dead, paused, retried)] == [1, 3, 3, 0]
    assert "stopped after event 0: 127.0.0.1 answered 403" in stopped.err
    assert "Consumer x has 1 dead letter; " in dead.err
    assert "retry --consumer x` with the same --to" in dead.err
    assert "paused: 127.0.0.1 answered 410" in paused.err
    assert (listed[0]["dead"], listed[0]["paused_because"]) == (1, "127.0.0.1 answered 410")
    assert receiver.ids() == ["event-2", "event-1"]
    assert "token" not in stopped.err + dead.err + paused.err


def test_without_a_place_it_asks_for_one(run: Run, folder: Path) -> None:
    refused = run("changes", "deliver", "--consumer", "x", "--database", shop(folder, "a"))
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("No receiver is named. Give --to, or set deliver_to")


@pytest.mark.slow
def test_a_run_delivers_when_it_is_told_where(
    run: Run, account: Account, set_connection: Callable[..., None]
) -> None:
    with listening(Receiver()) as receiver:
        set_connection(deliver_to=receiver.url, deliver_secret=SECRET, changes_since="2000-01-01")
        ran = run("run", "--json")
        events = run("changes", "list", "--limit", "100000", "--json").json

    assert (ran.code, ran.err) == (0, "")
    assert len(events) >= 30
    assert ran.json["delivery"]["delivered"] == len(events)
    assert receiver.ids() == [event["event_id"] for event in events]
    assert all("webhook-signature" in message.headers for message in receiver.messages)
    assert SECRET not in ran.out


def test_a_wrong_place_is_told_before_anything_is_read(
    run: Run, account: Account, set_connection: Callable[..., None]
) -> None:
    for place in ("-", "nowhere.txt"):
        set_connection(deliver_to=place)
        assert run("run").code == 2
    assert account.requests == []
