"""``shipsync status``, ``check`` and ``reconcile`` on an account on loopback."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from shipsync.emulator import Account
from shipsync.sources.streams import STREAMS
from shipsync.warehouse import lock

from .conftest import Demo, Run, lines


def test_check_asks_for_every_stream_and_writes_nothing(
    run: Run, account: Account, folder: Path
) -> None:
    checked = run("check")

    assert checked.code == 0
    assert [row[:2] for row in lines(checked.out)] == [
        ["stream", "reachable"],
        *([name, "yes"] for name in STREAMS),
    ]
    assert len(account.requests) == len(STREAMS) + 1
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"deliver_to": "ftp://x/hook?token=t"}, "'ftp://...' is nothing to deliver to; "),
        ({"deliver_to": "http://example.com/"}, "Events are not sent to example.com over http; "),
        (
            {"deliver_to": "https://example.com/x", "deliver_secret": "short"},
            "deliver_secret must be base64 of at least 24 random bytes",
        ),
    ],
)
def test_check_refuses_a_receiver_that_no_run_could_deliver_to(
    run: Run,
    account: Account,
    set_connection: Callable[..., None],
    settings: dict[str, str],
    said: str,
) -> None:
    set_connection(**settings)

    checked = run("check")

    assert (checked.code, checked.out) == (2, "")
    assert checked.err.startswith(said)
    assert account.requests == []


def test_check_makes_no_file_that_is_only_delivered_to_later(
    run: Run, account: Account, set_connection: Callable[..., None], folder: Path
) -> None:
    for place in ("events.jsonl", "events/"):
        set_connection(deliver_to=place)
        assert run("check").code == 0
    assert list(folder.iterdir()) == []


def test_reconcile_finds_a_table_that_agrees(run: Run, account: Account) -> None:
    run("sync", "--only", "shipments")
    compared = run("reconcile", "--only", "shipments", "--json")

    assert compared.code == 0
    assert sum(window["account"] for window in compared.json) == 30
    assert all(window["account"] == window["stored"] for window in compared.json)


def test_status_of_a_database_that_was_never_synced_says_what_to_do(run: Run, folder: Path) -> None:
    status = run("status")

    assert status.code == 2
    assert status.err == (
        "There is no database data/default.duckdb yet. `shipsync sync` makes it; --connection and "
        "--database choose another.\n"
    )


def test_writes_of_another_connection_are_pointed_at(run: Run, demo: Demo) -> None:
    nothing = run("stock", "status", "--database", demo.database)
    written = run("stock", "status", "--connection", "demo", "--database", demo.database)

    assert nothing.err == (
        "There are no writes for connection 'default'; this database has writes of demo: name one "
        "with --connection.\n"
    )
    assert (len(lines(nothing.out)), len(lines(written.out))) == (1, 4)


def test_status_says_that_runs_step_aside_for_another(run: Run, held: Path) -> None:
    with lock.hold(held):
        assert [run("sync").code for _ in range(2)] == [4, 4]
        told = run("status")
        told_as_json = run("status", "--json")

    assert (told.code, told_as_json.code) == (0, 0)
    assert "2 commands in a row stepped aside for another run (exit code 4)" in told.err
    assert f"process {os.getpid()}) is at work since" in told.err
    assert told_as_json.json["lock"]["refused"] == 2


def test_status_says_nothing_of_a_lock_that_is_free(run: Run, held: Path) -> None:
    with lock.hold(held):
        run("sync")
    assert "stepped aside" not in run("status").err
