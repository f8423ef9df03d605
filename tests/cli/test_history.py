"""``shipsync runs`` and what ``status`` says first."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipsync import settings
from shipsync.connection import Secret
from shipsync.emulator import Account
from shipsync.set_aside import SetAside
from shipsync.warehouse import runs
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate
from shipsync.warehouse.quarantine import Quarantine

from .conftest import Run, lines


@pytest.fixture
def ran(held: Path) -> Path:
    """A database with a sync that went well, a build that was killed and a sync that failed after it."""
    with connect(held) as con:
        migrate(con)
        runs.begin(con, "build")
        failed = runs.begin(con, "run")
        runs.end(con, failed, "failed", requests=3, error="labels: the key was refused")
    return held


def test_runs_are_listed_with_what_became_of_them(run: Run, ran: Path) -> None:
    listed = run("runs", "--json")

    assert listed.code == 0
    assert [(r["command"], r["outcome"], r["requests"] > 0) for r in listed.json] == [
        ("run", "failed", True),
        ("build", "killed", False),
        ("sync", "done", True),
    ]
    assert list(listed.json[2]["phases"]) == ["sync"]
    assert listed.json[2]["rows"] > 0
    assert lines(run("runs").out)[1][1] == "run"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["--outcome", "failed"], ["run"]),
        (["--command", "build"], ["build"]),
        (["--limit", "2"], ["run", "build"]),
        (["--since", "1d"], ["run", "build", "sync"]),
        (["--since", "2099-01-01"], []),
    ],
)
def test_runs_are_filtered(run: Run, ran: Path, filters: list[str], expected: list[str]) -> None:
    listed = run("runs", *filters, "--json")
    assert [r["command"] for r in listed.json] == expected


def test_one_run_is_shown_with_its_streams(run: Run, ran: Path) -> None:
    run_id = run("runs", "--command", "sync", "--json").json[0]["run_id"]
    shown = run("runs", run_id, "--json").json

    assert {s["stream"] for s in shown["streams"]} >= {"tags", "inventory_levels"}
    assert shown["run_id"] == run_id
    assert "inventory_levels" in run("runs", run_id).out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["runs", "no-such-run"], "There is no run 'no-such-run'"),
        (["runs", "--outcome", "odd"], "'odd' is no outcome"),
        (["status", "--max-age", "2"], "'2' is no length of time"),
        (["status", "--max-age", "0h"], "'0h' is no length of time"),
    ],
)
def test_what_is_wrong_is_said(run: Run, held: Path, words: list[str], said: str) -> None:
    asked = run(*words)
    assert (asked.code, asked.out) == (2, "")
    assert said in asked.err


def test_status_says_first_what_needs_a_person_and_ends_with_3_if_asked(
    run: Run, ran: Path
) -> None:
    shown, told = run("status"), run("status", "--exit-code")

    assert (shown.code, told.code) == (0, 3)
    assert [row[:2] for row in lines(told.out)[:3]] == [
        ["needs_person", "subject"],
        ["run_failed", "build"],
        ["run_failed", "run"],
    ]


def test_an_outside_monitor_is_told_of_a_run_that_is_too_old(run: Run, held: Path) -> None:
    good = run("status", "--max-age", "90m", "--exit-code")
    with connect(held) as con:
        con.execute("update ledger.runs set finished_at = finished_at - interval 2 hours")
    old = run("status", "--max-age", "90m", "--exit-code", "--json")

    assert (good.code, old.code) == (0, 3)
    assert [c["name"] for c in old.json["needs_person"]] == ["run_too_old"]


def test_status_says_that_an_alert_could_not_be_sent(
    run: Run, account: Account, held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERTS__URL", "http://127.0.0.1:9/alerts?token=not-to-be-shown")
    with connect(held) as con:
        migrate(con)
        Quarantine(con).put(SetAside("labels", "It has no label_id.", position=1))
    assert run("sync", "--only", "tags").code == 0
    told = run("status")

    assert told.err.startswith(
        "The receiver of alerts could not be reached (ConnectError). It was tried"
    )
    assert "not-to-be-shown" not in told.out + told.err


def test_figures_for_prometheus(run: Run, ran: Path) -> None:
    pytest.importorskip("prometheus_client")
    told = run("status", "--prometheus")

    assert told.code == 0
    assert (
        'shipsync_needs_person{account="default",condition="run_failed",subject="run"} 1.0'
        in told.out
    )
    assert (
        'shipsync_stream_last_good_timestamp_seconds{account="default",stream="tags"}' in told.out
    )


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {"ALERTS__URL": "http://example.com/x?token=t"},
            "url in [alerts] must be an address that",
        ),
        (
            {"ALERTS__FORM": "smoke"},
            "form in [alerts] is 'smoke'; it can be json, slack, healthchecks.",
        ),
        (
            {"ALERTS__MAX_AGE_HOURS": "0"},
            "max_age_hours in [alerts] is 0; 0.01 to 8760 are allowed.",
        ),
        (
            {"ALERTS__UR": "x"},
            "Unknown setting 'ur' in the environment, section [alerts]. Did you mean url?",
        ),
    ],
)
def test_an_alert_setting_that_will_not_do_gets_its_sentence(
    run: Run,
    held: Path,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    said: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    asked = run("status")

    assert asked.code == 2
    assert asked.err.startswith(said)
    assert "token" not in asked.err


def test_the_address_of_alerts_is_refused_in_a_file_that_is_shared(
    run: Run, held: Path, folder: Path
) -> None:
    (folder / ".dlt").mkdir()
    (folder / ".dlt" / "config.toml").write_text('[alerts]\nurl = "https://example.com"\n')
    asked = run("status", "--json")

    assert asked.json["error"]["type"] == "ConfigurationError"
    assert "move it to .dlt/secrets.toml" in asked.err


def test_a_connection_has_its_own_alerts_or_those_of_all(folder: Path) -> None:
    (folder / ".dlt").mkdir()
    (folder / ".dlt" / "secrets.toml").write_text(
        '[alerts]\nurl = "https://all.example"\nform = "slack"\n[alerts.west]\nurl = "https://w.example"\n'
    )
    east, west = settings.local("east").alerts, settings.local("west").alerts

    assert (east.url, east.form) == (Secret("https://all.example"), "slack")
    assert (west.url, west.form) == (Secret("https://w.example"), "slack")
