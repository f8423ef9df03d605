"""Runs tell of their jobs, and are what they are whatever becomes of that."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from alerts.alert_receiver import AlertReceiver, Behaviour, listening
from shipsync import job
from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.connection import Connection, Secret
from shipsync.emulator import Account, Transport
from shipsync.emulator.simulation.seed import seed_account
from shipsync.errors import MissingLibrary, ModelError
from shipsync.lineage.jobs import Lineage
from shipsync.lineage.receiver import Receiver
from shipsync.sync.reports import StreamReport, SyncReport
from shipsync.warehouse.contract import columns
from shipsync.warehouse.database import connect
from shipsync.warehouse.models import BuildReport, ModelOutcome

from .told_events import checked, kinds

KEY = "emulator-key"
SYNCED = SyncReport("r1", [StreamReport("tags", "loaded", rows=3)])
BUILT = BuildReport((ModelOutcome("shipments", "model", "success", "", 0.1),))


@pytest.fixture
def catalog() -> Iterator[AlertReceiver]:
    with listening() as catalog:
        yield catalog


def at(folder: Path) -> Connection:
    """A connection that publishes into a folder, and tells of lineage in a file."""
    return Connection(
        "west",
        Secret(KEY),
        folder / "west.duckdb",
        publish_to=f"parquet:{folder / 'lake'}",
        lineage_to=str(folder / "lineage.jsonl"),
    )


@pytest.fixture
def connection(tmp_path: Path) -> Connection:
    return at(tmp_path)


def carry_out(connection: Connection, account: Account) -> job.JobReport:
    """One run; nothing waits."""
    pacing = JumpingPacing(account.clock.now())
    with Session(connection, transport=Transport(account), pacing=pacing) as session:
        return job.run(connection, session, job.Scope())


def told(connection: Connection) -> list[bytes]:
    """The lines of the file, which is removed."""
    file = Path(str(connection.lineage_to))
    lines = file.read_bytes().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return lines


@dataclass(frozen=True)
class Told:
    """Two runs, the second of which found nothing new: the report of the first, and the lines of both."""

    connection: Connection
    report: job.JobReport
    first: list[bytes]
    second: list[bytes]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Told:
    connection = at(tmp_path_factory.mktemp("lineage"))
    account = Account(seed=4)
    seed_account(account, shipments=5)
    report = carry_out(connection, account)
    first = told(connection)
    carry_out(connection, account)
    return Told(connection, report, first, told(connection))


@pytest.mark.xdist_group("dbt")
def test_each_job_of_a_run_begins_and_ends(runs: Told) -> None:
    events = checked(runs.first)

    assert runs.report.lineage_failure is None
    assert kinds(events) == [
        ("west.sync", "START"),
        ("west.sync", "COMPLETE"),
        ("west.build", "START"),
        ("west.build", "COMPLETE"),
        ("west.publish", "START"),
        ("west.publish", "COMPLETE"),
    ]
    assert [event["eventTime"] for event in events] == sorted(e["eventTime"] for e in events)
    ids = [event["run"]["runId"] for event in events]
    assert ids[0::2] == ids[1::2]
    assert len(set(ids)) == 3
    assert {event["job"]["namespace"] for event in events} == {"shipsync"}


@pytest.mark.xdist_group("dbt")
def test_a_build_that_had_nothing_to_do_is_not_told(runs: Told) -> None:
    assert kinds(checked(runs.second)) == [
        ("west.sync", "START"),
        ("west.sync", "COMPLETE"),
        ("west.publish", "START"),
        ("west.publish", "COMPLETE"),
    ]


@pytest.mark.xdist_group("dbt")
def test_jobs_are_joined_by_the_tables_that_they_read_and_wrote(runs: Told) -> None:
    _, synced, _, built, _, published = checked(runs.first)

    loaded = {use["name"]: use["outputFacets"] for use in synced["outputs"]}
    shipments = next(one for one in runs.report.sync.streams if one.stream == "shipments")
    assert loaded["west.raw.shipments"]["outputStatistics"]["rowCount"] == shipments.rows > 0
    assert {use["namespace"] for use in synced["inputs"]} == {"shipstation://west"}
    assert set(loaded) <= {use["name"] for use in built["inputs"]}
    schemas = {use["name"]: use["facets"]["schema"]["fields"] for use in built["outputs"]}
    assert {name.partition(".")[2] for name in schemas} == set(columns())
    types = {field["name"]: field["type"] for field in schemas["west.core.shipments"]}
    assert types == columns()["core.shipments"]
    here = {use["namespace"] for use in (*built["inputs"], *built["outputs"], *synced["outputs"])}
    assert here == {f"duckdb://{runs.connection.database}"}
    assert {use["name"] for use in published["inputs"]} <= set(schemas)
    at_target = {use["name"]: use["outputFacets"] for use in published["outputs"]}
    copied = at_target[f"{runs.connection.database.parent}/lake/core/shipments"]
    assert copied["outputStatistics"]["rowCount"] == 5


@pytest.mark.xdist_group("dbt")
def test_no_event_holds_a_buyer_or_a_key(runs: Told) -> None:
    said = b"".join((*runs.first, *runs.second))
    with connect(runs.connection.database, read_only=True) as con:
        buyers = con.execute("select ship_to_name from raw.shipments").fetchall()

    assert buyers
    assert not [name for (name,) in buyers if name.encode() in said]
    assert KEY.encode() not in said


def test_a_run_that_fails_tells_that(connection: Connection) -> None:
    report = carry_out(connection, Account(seed=4, api_keys=("another",)))
    lines = told(connection)

    assert report.sync.failed
    started, failed = checked(lines)
    assert (started["eventType"], failed["eventType"]) == ("START", "FAIL")
    said = failed["run"]["facets"]["errorMessage"]["message"]
    assert said.startswith("These lists could not be read: shipments, ")
    assert failed["outputs"] == []
    assert KEY.encode() not in b"".join(lines)


@pytest.mark.parametrize(
    ("failure", "end"), [(ModelError("Ann Example"), "FAIL"), (KeyboardInterrupt(), "ABORT")]
)
def test_a_job_that_stops_tells_it_without_the_words_of_the_failure(
    connection: Connection, failure: BaseException, end: str
) -> None:
    with pytest.raises(type(failure)), Lineage.of(connection).job("build"):
        raise failure
    lines = told(connection)

    started, ended = checked(lines)
    assert (started["eventType"], ended["eventType"]) == ("START", end)
    said = ended["run"]["facets"]["errorMessage"]["message"]
    assert said == f"It stopped on {type(failure).__name__}. `shipsync runs` says why."
    assert b"Ann" not in b"".join(lines)


def test_a_publish_that_fails_tells_that(connection: Connection) -> None:
    with Lineage.of(connection).job("publish") as run:
        run.published(None)
    assert kinds(checked(told(connection))) == [("west.publish", "START"), ("west.publish", "FAIL")]


@pytest.mark.parametrize("behaviour", ["hang", "trickle", "cut", 500])
def test_a_catalog_that_fails_is_asked_once_and_changes_nothing(
    connection: Connection, catalog: AlertReceiver, behaviour: Behaviour
) -> None:
    catalog.behaviour = behaviour
    lineage = Lineage(connection, Receiver(catalog.url, patience=0.2))
    with lineage.job("sync") as run:
        synced = run.synced(SYNCED)
    with lineage.job("build") as run:
        built = run.built(BUILT)

    assert (synced, built) == (SYNCED, BUILT)
    assert lineage.failure is not None
    # Where this machine is slow, not even the first may have come.
    assert len(catalog.arrivals) <= 1


@pytest.mark.parametrize("behaviour", ["cut", 500, 201])
def test_a_run_is_the_same_whatever_the_catalog_answers(
    connection: Connection, catalog: AlertReceiver, behaviour: Behaviour
) -> None:
    catalog.behaviour = behaviour
    address = catalog.url.partition("?")[0]
    report = carry_out(
        replace(connection, lineage_to=address), Account(seed=4, api_keys=("another",))
    )
    silent = carry_out(replace(connection, lineage_to=None), Account(seed=4, api_keys=("another",)))

    assert (report.lineage_failure is None) == (behaviour == 201)
    assert len(catalog.arrivals) == (2 if behaviour == 201 else 1)
    outcomes = [(stream.stream, stream.outcome) for stream in report.sync.streams]
    assert outcomes == [(stream.stream, stream.outcome) for stream in silent.sync.streams]


def test_what_cannot_be_told_is_said_and_fails_no_job(connection: Connection) -> None:
    unknown = SyncReport("r1", [StreamReport("a stream that there is not", "loaded")])
    lineage = Lineage.of(connection)
    with lineage.job("sync") as run:
        assert run.synced(unknown) is unknown
    assert lineage.failure == "No event could be made (KeyError)."


def test_a_library_that_is_missing_is_told_before_anything_is_read(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openlineage", None)
    account = Account(seed=4)
    with pytest.raises(MissingLibrary, match="`python -m pip install openlineage-python`"):
        carry_out(connection, account)
    assert account.requests == []
    assert not connection.database.exists()


SILENT = """
import sys
from pathlib import Path
from shipsync import job
from shipsync.connection import Connection, Secret
from shipsync.lineage.jobs import Lineage
from shipsync.sync.reports import SyncReport

lineage = Lineage.of(Connection("west", Secret("a-key"), Path("west.duckdb")))
with lineage.job("sync") as run:
    run.synced(SyncReport("r1"))
assert lineage.failure is None
print([name for name in sys.modules if name.partition(".")[0] == "openlineage"])
"""


def test_without_the_setting_nothing_is_loaded_and_nothing_sent_whatever_the_environment_says(
    catalog: AlertReceiver, tmp_path: Path
) -> None:
    environ = os.environ | {
        "OPENLINEAGE_URL": catalog.url,
        "OPENLINEAGE__TRANSPORT__TYPE": "http",
        "OPENLINEAGE__TRANSPORT__URL": catalog.url,
    }
    done = subprocess.run(
        [sys.executable, "-c", SILENT],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=environ,
    )
    assert done.stdout == "[]\n"
    assert catalog.arrivals == []


def test_the_environment_adds_nothing_to_an_event(
    connection: Connection, catalog: AlertReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENLINEAGE_URL", catalog.url)
    monkeypatch.setenv("OPENLINEAGE__FACETS__ENVIRONMENT_VARIABLES", '["A_SECRET"]')
    monkeypatch.setenv("A_SECRET", "not-to-be-shown")
    with Lineage.of(connection).job("sync") as run:
        run.synced(SYNCED)
    lines = told(connection)

    assert len(checked(lines)) == 2
    assert b"not-to-be-shown" not in b"".join(lines)
    assert catalog.arrivals == []
