"""``shipsync publish`` as it is called, and ``publish_to`` at the end of a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shipsync.emulator import Account

from .conftest import Demo, Run


def test_a_lake_is_filled_verified_and_reset(run: Run, demo: Demo, folder: Path) -> None:
    to = ("--to", "parquet:lake", "--database", demo.database)
    chosen = ("--table", "core.tags", "--table", "core.shipments")

    unpublished = run("publish", "verify", *to, *chosen)
    published = run("publish", *to, *chosen)
    again = run("publish", *to, *chosen, "--json")
    verified = run("publish", "verify", *to, *chosen, "--json")
    # What is at a target is removed where there is no database, too.
    refused = run("publish", "reset", "--to", "parquet:lake")
    removed = run("publish", "reset", "--to", "parquet:lake", "--yes")

    assert unpublished.code == 3
    assert "core.tags is in no batch at the target; there are 5 rows here." in unpublished.err
    assert published.code == 0
    assert published.out.startswith("table\trows\tdeleted\tinserted\n")
    assert "core.tags\t5\t0\t5\n" in published.out
    assert (again.code, again.json["batch"]) == (0, None)
    assert (verified.code, verified.json["batch"], verified.json["differences"]) == (0, 1, [])
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("All that was published into ")
    assert (removed.code, removed.out) == (0, f"2 tables were removed from {folder / 'lake'}.\n")


def test_a_call_without_a_target(run: Run, demo: Demo) -> None:
    none = run("publish", "--database", demo.database)

    assert none.code == 2
    assert none.err.startswith("No target is named. Give --to, or set publish_to")


@pytest.mark.parametrize(
    "early",
    [
        ("--to", "delta:lake"),
        ("--connection", "west"),
        ("--table", "core.tags"),
        ("--whole",),
        ("--json",),
    ],
)
def test_options_in_front_of_a_command_are_refused_and_not_overlooked(
    run: Run, early: tuple[str, ...]
) -> None:
    before = run("publish", *early, "verify", "--to", "parquet:lake")

    assert before.code == 2
    assert before.err.startswith("Options stand behind verify: ")


@pytest.mark.xdist_group("dbt")
def test_a_run_publishes_at_its_end_and_a_failure_harms_no_run(
    run: Run, account: Account, folder: Path, set_connection: Callable[..., None]
) -> None:
    set_connection(publish_to="parquet:lake")
    ran = run("run", "--json")
    verified = run("publish", "verify")
    manifest = folder / "lake/manifests/0000000001.json"
    whole = manifest.read_text(encoding="utf-8")
    manifest.write_text("no manifest", encoding="utf-8")
    failed = run("run", "--json")
    told = run("status", "--json").json["needs_person"]
    synced = run("build")

    assert (ran.code, ran.json["publish"]["batch"], ran.json["publish_failure"]) == (0, 1, None)
    assert verified.code == 0
    assert (failed.code, failed.json["publish"]) == (3, None)
    assert failed.err.startswith("Not published: ")
    assert failed.json["sync"]["read_up_to"] is not None
    assert synced.code == 0
    assert [one["name"] for one in told] == ["publish_failed"]

    manifest.write_text(whole, encoding="utf-8")
    assert run("publish").code == 0
    assert run("status", "--json").json["needs_person"] == []


def test_a_place_that_there_is_no_publishing_into_is_told_before_anything_is_read(
    run: Run, account: Account, set_connection: Callable[..., None]
) -> None:
    set_connection(publish_to="snowflake:x")

    ran, checked = run("run"), run("check")

    assert (ran.code, checked.code) == (2, 2)
    assert ran.err == checked.err
    assert ran.err.startswith("There is no publishing to 'snowflake'.")
    assert account.requests == []
