"""``shipsync.connect``: the whole of it in Python, each method against the demo's database or an account."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

import shipsync
from played_demo import Demo
from shipsync.clock import JumpingPacing
from shipsync.emulator import Account, Transport
from shipsync.emulator.simulation.seed import seed_account
from shipsync.feed import consumers
from shipsync.synced_account import SyncedAccount
from shipsync.warehouse import lock
from shipsync.warehouse.database import connect

KEY = "a-key-that-nobody-may-see"


@pytest.fixture
def no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder without settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SOURCES__SHIPSTATION__API_KEY", raising=False)
    return tmp_path


@pytest.fixture
def file(demo: Demo, no_settings: Path) -> Path:
    """A copy of the demo's database."""
    return Path(shutil.copy(demo.database, no_settings / "copy.duckdb"))


@pytest.fixture
def account(file: Path) -> Iterator[SyncedAccount]:
    with SyncedAccount(database=file, pacing=JumpingPacing()) as account:
        yield account


def test_what_only_reads_needs_no_key(account: SyncedAccount) -> None:
    (row,) = account.read("select count(*) as shipments from core.shipments")
    number = account.read("from core.shipments select shipment_number limit 1")

    assert row["shipments"] >= 400
    assert account.track(number[0]["shipment_number"]).shipments


def test_values_are_bound_by_place_or_by_name(account: SyncedAccount) -> None:
    assert account.read("select ? + 1 as n", [41]) == [{"n": 42}]
    assert account.read("select $a || $b as text", {"a": "x", "b": "y"}) == [{"text": "xy"}]


def test_a_query_gives_an_arrow_table(account: SyncedAccount) -> None:
    table = account.read_arrow("from core.shipments select shipment_id, created_at limit 3")

    assert table.column_names == ["shipment_id", "created_at"]
    assert table.num_rows == 3
    assert str(table.schema.field("created_at").type) == "timestamp[us, tz=UTC]"


@pytest.mark.parametrize(
    "query",
    ["selec 1", "from no_such_table", "delete from raw.shipments", "create table t (n int)"],
)
def test_a_query_that_is_wrong_or_would_write_is_refused(
    account: SyncedAccount, query: str
) -> None:
    with pytest.raises(shipsync.errors.UsageError, match="DuckDB refused the query: "):
        account.read(query)


def test_a_database_that_is_not_there_is_said(no_settings: Path) -> None:
    with pytest.raises(shipsync.errors.DatabaseError, match="There is no database at"):
        shipsync.connect().read("select 1")


def test_a_key_is_asked_for_when_the_account_is(account: SyncedAccount) -> None:
    with pytest.raises(shipsync.errors.ConfigurationError, match="No API key for connection"):
        account.sync()


def test_a_loop_over_changes_acknowledges_each_batch_when_it_comes_back(
    account: SyncedAccount, file: Path
) -> None:
    newest = account.read("select max(sequence) as n from changes.events")[0]["n"]
    sequences: list[int] = []
    for batch in account.changes("billing", limit=7):
        sequences += [event.sequence for event in batch.events]
        with connect(file, read_only=True) as con:
            behind = consumers.acknowledged(con, "billing")
        assert behind == sequences[0] - 1 + len(sequences) - len(batch.events)

    assert sequences == list(range(1, newest + 1))
    assert not list(account.changes("billing"))


def test_a_loop_that_fails_is_given_the_same_batch_again(account: SyncedAccount) -> None:
    def first_of_second_batch() -> int:
        for number, batch in enumerate(account.changes("billing", limit=5)):
            if number == 1:
                raise ConnectionResetError(batch.events[0].sequence)
        raise AssertionError("there was no second batch")

    with pytest.raises(ConnectionResetError) as failed:
        first_of_second_batch()

    again = next(iter(account.changes("billing")))
    assert again.events[0].sequence == failed.value.args[0] == 6


def test_events_that_are_not_wanted_are_acknowledged_too(account: SyncedAccount) -> None:
    wanted = list(account.changes("billing", triggers=["new_fulfillment"]))

    assert {e.trigger for batch in wanted for e in batch.events} == {"new_fulfillment"}
    assert not list(account.changes("billing"))


class EndsTheRun(JumpingPacing):
    """A run that ends during the third wait."""

    def __init__(self, end: Callable[[], None]) -> None:
        super().__init__()
        self._end = end

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if len(self.waits) == 3:
            self._end()


def test_an_acknowledgement_waits_for_a_run(file: Path) -> None:
    with ExitStack() as run:
        account = SyncedAccount(database=file, pacing=EndsTheRun(run.close))
        events = 0
        for batch in account.changes("billing", limit=10_000):
            events += len(batch.events)
            run.enter_context(lock.hold(file))

    assert events > 0
    assert not list(account.changes("billing"))


def test_an_acknowledgement_does_not_wait_for_ever(file: Path) -> None:
    pacing = JumpingPacing()
    account = SyncedAccount(database=file, pacing=pacing)
    with pytest.raises(shipsync.errors.LockHeld), lock.hold(file):
        for _ in account.changes("billing", wait=timedelta(seconds=20)):
            pass

    assert sum(pacing.waits) == 20


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"consumer": "no such name"}, "cannot name a consumer"),
        ({"consumer": "billing", "triggers": ["new_order"]}, "There is no trigger 'new_order'"),
    ],
)
def test_a_wrong_call_is_refused_at_once(
    account: SyncedAccount, arguments: dict[str, str], sentence: str
) -> None:
    with pytest.raises(shipsync.errors.UsageError, match=sentence):
        account.changes(**arguments)


def test_it_runs_syncs_and_builds_one_account(
    no_settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__SHIPSTATION__API_KEY", KEY)
    emulated = Account(seed=3, api_keys=(KEY,))
    seed_account(emulated, shipments=20)
    streams = ["shipments", "tags"]
    with SyncedAccount(transport=Transport(emulated), pacing=JumpingPacing()) as account:
        first = account.sync(only=streams)
        second = account.sync(only=streams)

        assert [(stream.stream, stream.outcome) for stream in second.streams] == [
            ("shipments", "unchanged"),
            ("tags", "unchanged"),
        ]
        assert first.requests + second.requests == len(emulated.requests)
        order = account.read("from raw.shipments select shipment_number limit 1")[0]
        assert account.track(order["shipment_number"], live=True).shipments
        recorded = account.read("from ledger.runs select sum(requests)::int as requests")
        assert recorded == [{"requests": len(emulated.requests)}]
        assert account.database == Path("data/default.duckdb")
        assert len(account.read("from raw.shipments where _dlt_valid_to is null")) >= 20


def test_its_settings_can_lie_in_another_folder(no_settings: Path) -> None:
    folder = no_settings / "elsewhere"
    folder.mkdir()
    (folder / "config.toml").write_text('[sources.shipstation.west]\ndatabase = "west/it.duckdb"\n')

    account = shipsync.connect("west", config_dir=folder)

    assert account.database == Path("west/it.duckdb")
    assert repr(account) == "SyncedAccount('west', database='west/it.duckdb')"
