"""A Postgres kept equal by batches: row by row, whatever changed, and never seen by half."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from export.conftest import ESCAPED, PASSWORD, Server
from shipsync.cli import boundary
from shipsync.errors import ExportFailed, UsageError
from shipsync.export.run import export
from shipsync.export.targets import target as export_target
from shipsync.publish.run import PublishReport, publish, reset
from shipsync.publish.targets import target
from shipsync.publish.verify import verify
from shipsync.warehouse.database import connect

Ask = Callable[[str], list[tuple[Any, ...]]]
TABLES = ("changes.events", "core.many", "core.nothing", "core.recent", "core.values")
CHANGES = {
    "a row changed": "update core.values set money = 7.5 where id = 'se-1'",
    "a line removed": "delete from core.many where id = 77",
    "a row closed": "update core.values set happened_at = '2026-04-01' where id = 'se-2'",
    "a touch": "update core.many set name = name || ' ' where id < 10",
    "a row twice": "insert into core.many select * from core.many where id = 5",
    "a row vanished": "delete from core.values where id = 'se-1'",
    "an event": "insert into changes.events values (7)",
    "one more column": "alter table core.values add column weight_unit varchar default 'gram'",
    "all anew": "create or replace table core.many as select id + 1 as id, name from core.many",
    "emptied": "delete from core.many",
    "odd texts": r"update core.values set id = '\N' || chr(0) || chr(10) || '\"', words = ['\\.']",
    "a text that is a null's sign": r"update core.values set id = '\N' where id = ''",
}
PUBLISH = """
import os, sys
from pathlib import Path
from shipsync.publish.run import publish
from shipsync.publish.targets import target
publish(Path(sys.argv[1]), target(os.environ["TARGET"]))
"""


@pytest.fixture
def ask(server: Server) -> Iterator[Ask]:
    """Asks a server that holds nothing of ours yet."""
    import psycopg2

    with closing(psycopg2.connect(server.url)) as con:
        con.autocommit = True

        def ask(query: str) -> list[tuple[Any, ...]]:
            with con.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchall() if cursor.description else []

        drop = "drop schema if exists core, changes, odd, _shipsync cascade"
        ask(drop)
        yield ask
        ask(drop)


def _value(value: Any, kind: str) -> Any:
    if kind == "JSON" and value is not None:
        return orjson.loads(value)
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC)
    return value.replace("\x00", "\ufffd") if isinstance(value, str) else value


def _here(database: Path) -> dict[str, list[str]]:
    held = {}
    with connect(database, read_only=True) as con:
        for table in TABLES:
            rows = con.sql(f"from {table}")
            kinds = [str(kind) for kind in rows.types]
            held[table] = sorted(
                repr([_value(*cell) for cell in zip(row, kinds, strict=True)])
                for row in rows.fetchall()
            )
    return held


def _there(ask: Ask, database: Path) -> dict[str, list[str]]:
    """The rows at the target, without the column that is ours."""
    held = {}
    for table in TABLES:
        with connect(database, read_only=True) as con:
            columns = ", ".join(con.sql(f"from {table}").columns)
        rows = ask(f"select {columns} from {table}")  # noqa: S608
        held[table] = sorted(repr([_value(value, "") for value in row]) for row in rows)
    return held


def _change(database: Path, *statements: str) -> None:
    with connect(database) as con:
        for statement in statements:
            con.execute(statement)


def _batches(ask: Ask) -> list[int]:
    return [number for (number,) in ask("select batch from _shipsync.published order by batch")]


def test_a_first_batch_is_the_source_and_a_repeat_writes_nothing(
    server: Server, ask: Ask, database: Path
) -> None:
    first = publish(database, target(server.url))
    again = publish(database, target(server.url))

    assert _there(ask, database) == _here(database)
    assert first.batch == 1
    assert {t.table: (t.rows, t.deleted, t.inserted) for t in first.tables} == {
        "changes.events": (7, 0, 7),
        "core.many": (25000, 0, 25000),
        "core.nothing": (0, 0, 0),
        "core.recent": (1, 0, 1),
        "core.values": (3, 0, 3),
    }
    assert again.batch is None
    assert {(t.deleted, t.inserted) for t in again.tables} == {(0, 0)}
    assert ask("select batch, event_sequence from _shipsync.published") == [(1, 6)]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changed_is_there_after_the_next_batch(
    server: Server, ask: Ask, database: Path, change: str
) -> None:
    publish(database, target(server.url))
    _change(database, change)

    report = publish(database, target(server.url))

    assert report.batch == 2
    assert _there(ask, database) == _here(database)


def test_only_rows_that_differ_are_written(server: Server, ask: Ask, database: Path) -> None:
    publish(database, target(server.url))
    _change(database, CHANGES["a touch"])

    report = publish(database, target(server.url))

    assert _written(report) == {"core.many": (10, 10)}


def _written(report: PublishReport) -> dict[str, tuple[int, int]]:
    return {t.table: (t.deleted, t.inserted) for t in report.tables if t.deleted or t.inserted}


@pytest.mark.parametrize("stopped_at", TABLES)
@pytest.mark.parametrize("how", ["killed", "cut"])
def test_a_batch_that_is_cut_off_is_not_there_and_its_repeat_is(
    server: Server, ask: Ask, database: Path, stopped_at: str, how: str
) -> None:
    import psycopg2

    publish(database, target(server.url))
    before = _here(database)
    _change(
        database,
        "insert into changes.events values (7)",
        "update core.many set name = 'new' where id % 3 = 0",
        "insert into core.nothing values ('now', null)",
        "update core.values set happened_at = '2026-05-05', quantity = 3",
    )
    with closing(psycopg2.connect(server.url)) as blocking:
        with blocking.cursor() as cursor:
            # Readers may go on; whoever writes to this table waits, in the middle of the batch.
            cursor.execute(f"lock table {stopped_at} in exclusive mode")
        command = [sys.executable, "-c", PUBLISH, str(database)]
        publisher = subprocess.Popen(
            command, env={**os.environ, "TARGET": server.url}, stderr=subprocess.DEVNULL
        )
        waiting: list[tuple[Any, ...]] = []
        while not waiting and publisher.poll() is None:
            waiting = ask("select pid from pg_stat_activity where wait_event_type = 'Lock'")
        assert waiting, "the batch ended without reaching the table"
        if how == "killed":
            publisher.kill()
        else:
            ask(f"select pg_terminate_backend({waiting[0][0]})")
        assert publisher.wait(timeout=60) != 0
        assert _there(ask, database) == before
    assert _batches(ask) == [1]

    publish(database, target(server.url))

    assert _there(ask, database) == _here(database)
    assert _batches(ask) == [1, 2]


def test_a_changed_type_is_refused_by_name_and_nothing_is_published(
    server: Server, ask: Ask, database: Path
) -> None:
    publish(database, target(server.url))
    before = _there(ask, database)
    _change(
        database,
        "insert into changes.events values (7)",
        "alter table core.values alter column weight set data type varchar",
    )

    with pytest.raises(ExportFailed, match=r"weight of core.values is double precision .* text"):
        publish(database, target(server.url))

    assert _there(ask, database)["changes.events"] == before["changes.events"]
    assert _batches(ask) == [1]


def test_a_table_that_an_export_made_is_left_alone(
    server: Server, ask: Ask, database: Path
) -> None:
    export(database, export_target(server.url))

    with pytest.raises(ExportFailed, match="was not made by `shipsync publish`"):
        publish(database, target(server.url))


def test_comments_follow(server: Server, ask: Ask, database: Path) -> None:
    _change(database, "comment on column core.values.money is 'What it''s worth'")

    publish(database, target(server.url))

    assert ask(
        "select col_description('core.values'::regclass, attnum) from pg_attribute "
        "where attrelid = 'core.values'::regclass and attname = 'money'"
    ) == [("What it's worth",)]


@pytest.mark.parametrize("text", ["snowflake://me:secret@host/db", "csv:secret", "secret/folder"])
def test_an_unknown_target_is_told_with_those_there_are(text: str) -> None:
    with pytest.raises(
        UsageError, match=r"There is no publishing to .* Give one of: postgresql"
    ) as told:
        target(text)

    assert ":secret" not in str(told.value)


def test_the_watermark_is_the_last_batch(server: Server, ask: Ask, database: Path) -> None:
    with target(server.url).writer() as writer:
        assert writer.watermark() is None

    publish(database, target(server.url))
    _change(database, "insert into changes.events values (7)")
    publish(database, target(server.url))

    with target(server.url).writer() as writer:
        reached = writer.watermark()
    assert reached is not None
    assert (reached.batch, reached.event_sequence) == (2, 7)
    assert [(reached.published_at,)] == ask(
        "select published_at from _shipsync.published where batch = 2"
    )


@pytest.mark.parametrize("change", [None, *CHANGES.values()], ids=["as it is", *CHANGES])
def test_what_was_published_is_verified_by_its_values(
    server: Server, ask: Ask, database: Path, change: str | None
) -> None:
    if change is not None:
        _change(database, change)
    publish(database, target(server.url))

    report = verify(database, target(server.url))

    assert report.differences == ()
    assert report.batch == 1
    assert [table.table for table in report.tables if table.equal] == list(TABLES)


@pytest.mark.parametrize(
    ("there", "told"),
    [
        (
            "update core.values set money = 7.5 where id = 'se-1'",
            "core.values, all: 3 rows here and ",
        ),
        (
            "update core.values set words = '[]' where id = 'se-2'",
            "core.values, all: 3 rows here and ",
        ),
        (
            "delete from core.many where id = 7",
            "core.many, all: 25,000 rows here and 24,999 rows at",
        ),
        ("drop table core.nothing", "core.nothing is in no batch at the target; there are 0 rows"),
    ],
)
def test_what_somebody_changed_at_the_target_is_found(
    server: Server, ask: Ask, database: Path, there: str, told: str
) -> None:
    publish(database, target(server.url))
    ask(there)

    (difference,) = verify(database, target(server.url)).differences

    assert str(difference).startswith(told)


def test_a_reset_target_starts_anew_and_what_is_not_ours_stays(
    server: Server, ask: Ask, database: Path
) -> None:
    publish(database, target(server.url))
    ask("create table core.mine (id bigint)")
    _change(database, "alter table core.values alter column weight set data type varchar")

    removed = reset(target(server.url))

    assert removed == TABLES
    assert ask(
        "select tablename from pg_tables where schemaname in ('core', 'changes', '_shipsync')"
    ) == [("mine",)]
    assert publish(database, target(server.url)).batch == 1
    assert _there(ask, database) == _here(database)
    assert verify(database, target(server.url)).differences == ()


def test_a_view_on_a_table_keeps_a_reset_from_doing_half(
    server: Server, ask: Ask, database: Path
) -> None:
    publish(database, target(server.url))
    ask("create view core.seen as select id from core.values")

    with pytest.raises(ExportFailed, match="depend"):
        reset(target(server.url))

    assert _there(ask, database) == _here(database)
    assert _batches(ask) == [1]


def test_the_command_tells_of_the_batch_and_not_of_the_password(
    server: Server,
    ask: Ask,
    database: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESTINATION__REPORTS__CREDENTIALS", server.url)
    given = ["publish", "--to", "destination:reports", "--database", str(database)]

    assert boundary.run([*given, "--json"]) == 0
    told = orjson.loads(capsys.readouterr().out)
    assert boundary.run(given) == 0
    said = "".join(capsys.readouterr())

    assert told["batch"] == 1
    assert told["tables"][0] == {
        "table": "changes.events",
        "rows": 7,
        "deleted": 0,
        "inserted": 7,
        "compared": "everything",
    }
    assert "core.many\t25000\t0\t0" in said
    assert PASSWORD not in said
    assert ESCAPED not in said
