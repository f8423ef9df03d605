"""``--log-file`` and ``--log-format``."""

from __future__ import annotations

import stat
from pathlib import Path

import orjson

from shipsync.cli import output
from shipsync.emulator import Account, Fault, FaultKind

from .conftest import Run


def test_a_run_is_logged_from_its_beginning_to_its_end(
    run: Run, account: Account, folder: Path
) -> None:
    for _ in range(2):
        words = ("--only", "tags", "--log-file", "logs/sync.jsonl", "--log-format", "json")
        assert run("sync", *words).code == 0
    file = folder / "logs" / "sync.jsonl"
    told = [orjson.loads(line) for line in file.read_text().splitlines()]

    assert [line["event"] for line in told] == ["begun", "stream", "ended"] * 2
    assert {line["command"] for line in told} == {"sync"}
    assert (told[1]["stream"], told[1]["outcome"], told[1]["requests"]) == ("tags", "loaded", 1)
    assert told[2]["exit_code"] == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_failure_is_logged_and_said(run: Run, account: Account, folder: Path) -> None:
    failed = run("sync", "--only", "nothing", "--log-file", "log.txt")
    lines = (folder / "log.txt").read_text().splitlines()

    assert failed.code == 2
    assert failed.err.startswith("There is no stream 'nothing'.")
    assert [line.split()[2] for line in lines] == ["begun:", "failed:", "ended:"]
    assert lines[-1].endswith("ended: exit code 2")


def test_json_without_a_file_is_all_there_is_on_standard_error(run: Run, account: Account) -> None:
    account.faults.add(Fault(FaultKind.ACCESS_DENIED, path="/v2/tags"))
    failed = run("sync", "--only", "tags", "--log-format", "json")
    told = [orjson.loads(line) for line in failed.err.splitlines()]

    assert failed.code == 1
    assert [line["event"] for line in told] == ["begun", "stream", "note", "ended"]
    assert told[2]["message"].startswith("Failed: tags.")


def test_a_log_that_cannot_be_written_is_said_before_anything_is_done(
    run: Run, account: Account, folder: Path
) -> None:
    (folder / "taken").mkdir()
    refused = run("sync", "--log-file", "taken")

    assert refused.code == 2
    assert refused.err.startswith("The log taken cannot be written: Is a directory.")
    assert account.requests == []


def test_a_command_keeps_no_log_of_the_next(run: Run, account: Account, folder: Path) -> None:
    run("sync", "--only", "tags", "--log-file", "log.txt")
    before = (folder / "log.txt").read_text()
    run("sync", "--only", "nothing")
    assert (folder / "log.txt").read_text() == before


def test_nothing_is_logged_once_the_command_has_ended(
    run: Run, account: Account, folder: Path
) -> None:
    run("sync", "--only", "tags", "--log-file", "log.txt")
    before = (folder / "log.txt").read_text()
    output.note("Said by whoever goes on in this process.")
    assert (folder / "log.txt").read_text() == before
