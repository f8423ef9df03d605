"""Tables in a real Postgres: every row and type, replaced each time, and the password told to nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from parameters import quickly
from shipsync.cli import boundary
from shipsync.errors import ExportFailed, UsageError
from shipsync.export.run import export
from shipsync.export.targets import target
from shipsync.warehouse.database import connect

from .conftest import ESCAPED, PASSWORD, Server

Ask = Callable[[str], list[tuple[Any, ...]]]

TYPES = """
select column_name, data_type, numeric_precision, numeric_scale from information_schema.columns
where table_schema = 'core' and table_name = 'values' order by ordinal_position
"""


@pytest.fixture
def ask(server: Server) -> Iterator[Ask]:
    """Asks the server, in a transaction of its own."""
    import psycopg2

    con = psycopg2.connect(server.url)
    con.autocommit = True  # an open transaction would stand in the way of the next export

    def ask(query: str) -> list[tuple[Any, ...]]:
        with con.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    yield ask
    con.close()


def test_rows_and_types_arrive_and_a_repeat_replaces_them(
    server: Server, ask: Ask, database: Path
) -> None:
    first = export(database, target(server.url))
    again = export(database, target(server.url))

    assert again == first
    assert {table.table: table.rows for table in first.tables} == {
        "changes.events": 7,
        "core.many": 25000,
        "core.nothing": 0,
        "core.recent": 1,
        "core.values": 3,
    }
    for table in first.tables:
        assert ask(f"select count(*) from {table.place}") == [(table.rows,)]  # noqa: S608
    assert ask("select count(distinct id) from core.many") == [(25000,)]
    assert ask("select * from core.values order by id") == [
        (
            "",
            datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC),
            *(None, None, Decimal("-0.0001"), 0, 0, -1.5, False, [], [], None),
        ),
        (
            "se-1",
            datetime(2026, 3, 1, 7, 30, 0, 123456, tzinfo=UTC),
            datetime(2026, 3, 1, 23, 59, 59, 500000),  # noqa: DTZ001 - a carrier's local time
            date(2026, 3, 1),
            Decimal("12345678901234.5678"),
            9007199254740993,
            -2,
            0.1,
            True,
            {"a": [1, "é"]},
            ["one", 'two, "three"'],
            {"width": 3, "label": "x"},
        ),
        ("se-2", *[None] * 11),
    ]
    types = {name: rest for name, *rest in ask(TYPES)}
    assert types["happened_at"] == ["timestamp with time zone", None, None]
    assert types["local_at"] == ["timestamp without time zone", None, None]
    assert types["money"] == ["numeric", 18, 4]
    assert types["document"] == types["words"] == types["box"] == ["json", None, None]


def test_a_table_that_fills_or_empties_follows(server: Server, ask: Ask, database: Path) -> None:
    chosen = ["odd.orders"]
    with connect(database) as con:
        con.execute("create table odd.orders (id varchar, document json)")
    export(database, target(server.url), tables=chosen, allow_empty=True)
    assert ask("select * from odd.orders") == []

    with connect(database) as con:
        con.execute("""insert into odd.orders values ('', '{"a": 1}')""")
    export(database, target(server.url), tables=chosen)
    assert ask("select id, document from odd.orders") == [("", {"a": 1})]

    with connect(database) as con:
        con.execute("delete from odd.orders")
    with pytest.raises(UsageError, match=r"odd\.orders"):
        export(database, target(server.url), tables=[*chosen, "core.recent"])
    assert ask("select count(*) from odd.orders") == [(1,)]
    export(database, target(server.url), tables=chosen, allow_empty=True)
    assert ask("select * from odd.orders") == []


@pytest.mark.slow
def test_a_table_that_somebody_holds_is_not_waited_for_without_end(
    server: Server, ask: Ask, database: Path
) -> None:
    import psycopg2

    export(database, target(server.url), tables=["core.recent"])
    reader = psycopg2.connect(server.url)
    with reader.cursor() as cursor:
        cursor.execute("select * from core.recent")
        impatient = f"{server.url}?options=-clock_timeout%3D50ms"
        with pytest.raises(ExportFailed, match="lock timeout"):
            export(database, target(impatient), tables=["core.recent"])
    reader.close()

    assert ask("select count(*) from core.recent") == [(1,)]


@pytest.mark.parametrize("wrong", ["password", "port"])
def test_a_failure_is_one_sentence_without_the_password(
    server: Server, database: Path, capsys: pytest.CaptureFixture[str], wrong: str
) -> None:
    refused = Server(server.port if wrong == "password" else 1).url
    if wrong == "password":
        refused = refused.replace(ESCAPED, f"{ESCAPED}x")
    with pytest.raises(
        ExportFailed, match="could not be written: connection to server at"
    ) as error:
        export(database, target(refused), tables=["core.values"])
    code = boundary.run(
        ["--debug", "export", "--to", refused, "--database", str(database)],
    )
    printed = "".join(capsys.readouterr())

    assert code == 1
    assert "Traceback" in printed
    for text in (PASSWORD, ESCAPED):
        assert text not in printed + str(error.value) + repr(target(refused))


def test_a_nul_is_replaced_everywhere_and_said(
    server: Server, ask: Ask, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with connect(database) as con:
        con.execute(
            "create table odd.nuls as select 'a' || chr(0) || 'b' as plain, "
            """'{"k\\u0000": ["x\\u0000y", {"n": 1}], "kept": "\\\\u0000"}'::json as document, """
            "['x' || chr(0)] as words, {'inner': chr(0)} as box, 'fine' as fine"
        )
        con.execute("insert into odd.nuls (plain, fine) values ('none', null)")
    words = ["export", "--to", server.url, "--table", "odd.nuls", "--database", str(database)]
    assert boundary.run(words, {}) == 0
    err = capsys.readouterr().err

    assert ask(
        "select plain, document, words, box, fine from odd.nuls order by fine nulls last"
    ) == [
        (
            "a\ufffdb",
            {"k\ufffd": ["x\ufffdy", {"n": 1}], "kept": "\\u0000"},
            ["x\ufffd"],
            {"inner": "\ufffd"},
            "fine",
        ),
        ("none", None, None, None, None),
    ]
    assert "4 texts of odd.nuls contained a NUL" in err


def test_types_that_postgres_lacks_become_ones_that_it_has(
    server: Server, ask: Ask, database: Path
) -> None:
    with connect(database) as con:
        con.execute(
            "create table odd.kinds as select 12345678901234567890123::hugeint as huge, "
            "18446744073709551615::ubigint as big, interval 36 hours as span, time '10:30' as hour, "
            "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid as id, 'b'::enum('a', 'b') as choice, "
            "sum(range) as total, 5::utinyint as small from range(4)"
        )
    export(database, target(server.url), tables=["odd.kinds"])

    assert ask("select huge, big, span, hour, id, choice, total, small from odd.kinds") == [
        (
            *(Decimal("12345678901234567890123"), Decimal("18446744073709551615"), "36:00:00"),
            *("10:30:00", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "b", Decimal(6), 5),
        )
    ]


def test_a_first_export_that_fails_leaves_no_table_half_made(
    server: Server, ask: Ask, database: Path
) -> None:
    with connect(database) as con:
        con.execute("create schema first")
        con.execute("create table first.good as select range as id from range(10)")
        # Postgres knows no year so long ago: its copy of the second table fails.
        con.execute(
            "create table first.wrong as select 1 as id, timestamp '9000-01-01 (BC)' as moment"
        )
    with pytest.raises(ExportFailed, match="as it was or whole"):
        export(database, target(server.url), schemas=["first"])
    assert ask("select schemaname, tablename from pg_tables where schemaname like 'first%'") == []
    with connect(database) as con:
        con.execute("drop table first.wrong")
    export(database, target(server.url), schemas=["first"])
    assert ask("select count(*) from first.good") == [(10,)]


KILLED = """
import os, signal, sys
from pathlib import Path
from export.test_postgres import export, target

renamed = 0
def audit(event, arguments):
    global renamed
    if event == "os.rename":
        renamed += 1
        if renamed == int(sys.argv[4]):
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(audit)
export(Path(sys.argv[1]), target(sys.argv[2]), schemas=[sys.argv[3]])
"""


@pytest.mark.parametrize("files", quickly([35], range(5, 80, 5)))
def test_a_first_export_that_is_killed_leaves_each_table_whole_or_not_at_all(
    server: Server, ask: Ask, database: Path, files: int
) -> None:
    schema = f"killed{files}"
    with connect(database) as con:
        con.execute(f"create schema {schema}")
        for name, rows in (("one", 10), ("two", 10), ("empty", 0), ("three", 10)):
            con.execute(f"create table {schema}.{name} as select range as id from range({rows})")  # noqa: S608
    tests = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", KILLED, str(database), server.url, schema, str(files)]
    ended = subprocess.run(command, env=tests, check=False, capture_output=True)
    assert ended.returncode in (0, -signal.SIGKILL), ended.stderr
    names = ask(
        f"select tablename from pg_tables where schemaname = '{schema}' "  # noqa: S608
        "and tablename not like '\\_dlt%' order by 1"
    )
    assert names in ([], [("empty",), ("one",), ("three",), ("two",)])
    for again in (False, True):
        if again:
            export(database, target(server.url), schemas=[schema])
        elif not names:
            continue
        for name, rows in (("one", 10), ("two", 10), ("empty", 0), ("three", 10)):
            assert ask(f"select count(*) from {schema}.{name}") == [(rows,)]  # noqa: S608
    query = "select schema_name from information_schema.schemata where schema_name like '%draft%'"
    assert ask(query) == []


def test_a_failed_repeat_leaves_the_tables_as_they_were(
    server: Server, ask: Ask, database: Path
) -> None:
    with connect(database) as con:
        con.execute("create schema again")
        con.execute("create table again.one as select 1 as id, timestamp '2026-01-01' as moment")
    export(database, target(server.url), schemas=["again"])
    with connect(database) as con:
        con.execute("update again.one set moment = timestamp '9000-01-01 (BC)'")
        con.execute("insert into again.one select id + 1, moment from again.one")
    with pytest.raises(ExportFailed):
        export(database, target(server.url), schemas=["again"])

    assert ask("select id, moment from again.one") == [(1, datetime(2026, 1, 1))]  # noqa: DTZ001


@pytest.mark.parametrize("place", ["environment", "file", "named", "table", "all of it"])
def test_a_password_comes_from_where_no_process_list_shows_it(
    server: Server,
    ask: Ask,
    database: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    url = f"postgresql://shipsync@127.0.0.1:{server.port}/postgres"
    where = url
    if place == "environment":
        monkeypatch.setenv("PGPASSWORD", PASSWORD)
    elif place == "all of it":
        values = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": "shipsync"}
        for name, value in {**values, "PGDATABASE": "postgres", "PGPASSWORD": PASSWORD}.items():
            monkeypatch.setenv(name, value)
        where = "postgresql://"
    elif place == "file":
        passwords = folder / "passwords"
        escaped = PASSWORD.replace(":", "\\:")
        passwords.write_text(f"other:*:*:*:x\n127.0.0.1:{server.port}:*:shipsync:{escaped}\n")
        passwords.chmod(0o600)
        monkeypatch.setenv("PGPASSFILE", str(passwords))
    else:
        where = "destination:reports"
        (folder / ".dlt").mkdir()
        text = f'[destination.reports]\ncredentials = "{server.url}"'
        if place == "table":
            text = (
                "[destination.reports.credentials]\nhost = '127.0.0.1'\nusername = 'shipsync'\n"
                f"password = '{PASSWORD}'\nport = {server.port}\ndatabase = 'postgres'"
            )
        (folder / ".dlt" / "secrets.toml").write_text(text)
    goal = target(where)
    report = export(database, goal, tables=["core.recent"])

    assert report.target == url
    assert ask("select count(*) from core.recent") == [(1,)]
    assert PASSWORD not in repr(goal) + report.target


def test_a_password_file_that_others_may_read_is_left_aside(
    server: Server, database: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwords = folder / "passwords"
    escaped = PASSWORD.replace(":", "\\:")
    passwords.write_text(f"*:*:*:*:{escaped}\n")
    passwords.chmod(0o644)
    monkeypatch.setenv("PGPASSFILE", str(passwords))

    with pytest.raises(ExportFailed):
        export(
            database,
            target(f"postgresql://shipsync@127.0.0.1:{server.port}/postgres"),
            tables=["core.recent"],
        )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and an environment that knows no server."""
    monkeypatch.chdir(tmp_path)
    for name in ("PGPASSWORD", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path
