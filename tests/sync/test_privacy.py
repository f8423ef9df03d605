"""What names a buyer is in no byte that is stored, from the moment of the setting, for old rows too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shipsync.connection import Secret
from shipsync.set_aside import SetAside
from shipsync.sync.privacy import _NOT_KEPT, enforce
from shipsync.warehouse import database, read_copy
from shipsync.warehouse.quarantine import Quarantine

from .planted import Planted, found_in
from .served_bodies import ServedAccount, opened

SALT = Secret("sixteen bytes of salt and more")
POLICIES: list[dict[str, Any]] = [
    {"personal_data": "drop"},
    {"personal_data": "drop", "personal_data_salt": SALT},
    {"personal_data": "hash", "personal_data_salt": SALT},
]


@pytest.fixture
def planted() -> Planted:
    return Planted()


def served(folder: Path, planted: Planted, **settings: Any) -> ServedAccount:
    account = opened(folder)
    account.bodies = planted.bodies
    account.tracking = planted.tracking
    under(account, **settings)
    return account


def under(account: ServedAccount, **settings: Any) -> Any:
    """Bring the database under other settings, and open it again."""
    account.con.close()
    account.settings = settings
    enforced = enforce(account.connection)
    account.con = database.connect(account.database)
    return enforced


def versions(account: ServedAccount) -> list[tuple[Any, ...]]:
    tables = ("shipments", "labels", "fulfillments", "tracking", "tracking_events")
    count = "select count(*) from query_table($1)"
    return [account.rows(count, f"raw.{table}")[0] for table in tables]


def test_the_marks_are_where_buyers_are_and_a_policy_of_keep_stores_them(
    tmp_path: Path, planted: Planted
) -> None:
    assert len(planted.marks) > 60
    account = served(tmp_path, planted)
    assert account.sync().failed == []
    account.con.close()
    assert {mark for _, mark in found_in(tmp_path, planted.marks)} == set(planted.marks)


@pytest.mark.parametrize("policy", POLICIES)
def test_nothing_marked_is_stored_under_a_policy(
    tmp_path: Path, planted: Planted, policy: dict[str, Any]
) -> None:
    account = served(tmp_path, planted, **policy)
    without_id = {**planted.bodies["fulfillments"]["fulfillments"][0], "fulfillment_id": None}
    planted.bodies["fulfillments"]["fulfillments"].append(without_id)
    report = account.sync()
    assert report.failed == []
    assert account.rows("select count(*) from ledger.quarantine") == [(1,)]
    assert account.rows("select ship_to_country_code, ship_to_postal_code from raw.shipments") != []
    account.con.close()
    assert list(found_in(tmp_path, planted.marks)) == []


@pytest.mark.parametrize("policy", POLICIES)
def test_what_was_stored_before_is_rewritten_and_nothing_becomes_another_version(
    tmp_path: Path, planted: Planted, policy: dict[str, Any]
) -> None:
    account = served(tmp_path, planted)
    account.sync()
    told = f"Refused: {planted.marks[0]} lives elsewhere."
    Quarantine(account.con).put(SetAside("shipments", told, row_id="se-1"))
    before = versions(account)
    account.con.close()
    read_copy.renew(account.database)
    copy = read_copy.path_of(account.database).name
    assert {mark for file, mark in found_in(tmp_path, planted.marks) if file == copy}
    account.con = database.connect(account.database)

    enforced = under(account, **policy)

    assert enforced is not None
    assert enforced.rows > 0
    account.con.close()
    assert list(found_in(tmp_path, planted.marks)) == []
    account.con = database.connect(account.database)
    assert versions(account) == before

    account.con.execute(
        "update ledger.marks set value = '\"2026-01-01T00:00:00Z\"' where mark = 'read'"
    )
    assert account.sync().failed == []
    assert versions(account) == before
    account.con.close()
    assert list(found_in(tmp_path, planted.marks)) == []
    assert enforce(account.connection) is None


def test_equal_texts_have_equal_hashes_before_and_after_the_change(
    tmp_path: Path, planted: Planted
) -> None:
    (tmp_path / "new").mkdir()
    query = "select shipment_id, ship_to_name, content_hash, _extra from raw.shipments order by 1"
    account = served(tmp_path, planted)
    account.sync()
    under(account, **POLICIES[2])
    fresh = served(tmp_path / "new", planted, **POLICIES[2])
    fresh.sync()
    assert account.rows(query) == fresh.rows(query)
    events = "select label_id, event_key from raw.tracking_events order by 1, 2"
    assert account.rows(events) == fresh.rows(events)


def test_another_salt_gives_other_hashes_and_going_back_brings_nothing_back(
    tmp_path: Path, planted: Planted
) -> None:
    account = served(tmp_path, planted, **POLICIES[2])
    account.sync()
    name = "select max(ship_to_name) from raw.shipments"
    before = account.rows(name)
    loosened = under(account, personal_data="keep")
    assert loosened.loosened
    assert account.rows(name) == before
    assert "--full-refresh" in str(loosened)


def test_a_rewriting_that_was_killed_before_the_file_was_written_anew_goes_on(
    tmp_path: Path, planted: Planted
) -> None:
    account = served(tmp_path, planted)
    account.sync()
    account.con.close()
    account.settings = POLICIES[0]
    part = tmp_path / f"{account.database.name}.compact"
    part.mkdir()
    with pytest.raises(Exception, match="compact"):
        enforce(account.connection)
    part.rmdir()
    assert list(found_in(tmp_path, planted.marks))

    assert enforce(account.connection) is not None
    assert list(found_in(tmp_path, planted.marks)) == []
    assert enforce(account.connection) is None


# Columns of the ledger in which words of an answer may stand.
THEIR_WORDS = {
    *("runs.error", "stream_runs.error", "stream_runs.extras", "tracking_polls.last_error"),
    *("quarantine.reason", "outbox.reason", "rates.messages"),
}
# These tell of receivers of ours, and quote no answer of theirs.
OUR_WORDS = {
    *("alert_attempts.error", "alerts.message", "dead_letters.reason", "paused_consumers.reason"),
}


def test_no_column_of_the_ledger_for_words_is_forgotten(tmp_path: Path) -> None:
    account = opened(tmp_path)
    found = account.rows(
        "select table_name || '.' || column_name from information_schema.columns "
        "inner join information_schema.tables using (table_schema, table_name) "
        "where table_schema = 'ledger' and table_type = 'BASE TABLE' "
        "and regexp_matches(column_name, 'error|reason|message|extras|said|remark')"
    )
    assert {name for (name,) in found} == THEIR_WORDS | OUR_WORDS


def test_what_was_said_of_errors_under_keep_goes_too(tmp_path: Path, planted: Planted) -> None:
    account = served(tmp_path, planted)
    account.sync()
    said = "Ann Smith of 1 Elm Street is not known"
    stored = "select error from query_table($1) where error is not null"
    account.con.execute("update ledger.runs set error = $1", [said])
    account.con.execute(
        "update ledger.stream_runs set error = $1, extras = json_object($1, 1)", [said]
    )
    account.con.execute(
        "insert into ledger.tracking_polls (label_id, polled_at, changed_at, polls, failures, last_error) "
        "select 'se-9', now(), now(), 1, 1, $1",
        [said],
    )
    for kind, state in (("create_shipment", "rejected"), ("void_label", "applied")):
        account.con.execute(
            "insert into ledger.outbox (recorded_at, connection, kind, row_key, state, source, attempt, "
            "plan_digest, reason) select now(), 'c', $1, 'r', $2, 'answer', 1, 'd', $3",
            [kind, state, said],
        )
    ours = "Created as se-1."
    account.con.execute(
        "insert into ledger.outbox (recorded_at, connection, kind, row_key, state, source, attempt, "
        "plan_digest, reason) select now(), 'c', 'create_shipment', 's', 'applied', 'answer', 1, 'd', $1",
        [ours],
    )
    account.con.execute(
        "insert into ledger.rates by name select now() as asked_at, 'c' as connection, 'se-1' as "
        "shipment_id, 'r' as rate_id, true as is_usable, [$1] as messages",
        [said],
    )
    account.con.execute(
        "insert into ledger.quarantine by name select 'q' as quarantine_id, 's' as stream, $1 as reason, "
        "now() as first_seen_at, now() as last_seen_at, 1 as times_seen",
        [said],
    )

    under(account, **POLICIES[0])

    assert {error for (error,) in account.rows(stored, "ledger.runs")} == {_NOT_KEPT}
    reasons = account.rows("select reason from ledger.outbox order by all")
    assert reasons == [(ours,), (_NOT_KEPT,), (_NOT_KEPT,)]
    account.con.close()
    assert list(found_in(tmp_path, ["Ann Smith"], "Ann Smith")) == []


def test_a_new_database_has_nothing_to_rewrite(tmp_path: Path, planted: Planted) -> None:
    account = served(tmp_path, planted, **POLICIES[0])
    account.con.close()
    missing = replace(account.connection, database=tmp_path / "new" / "none.duckdb")
    assert enforce(missing) is None
    assert enforce(missing) is None
