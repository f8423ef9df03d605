"""Tables in files: every row and type, replaced as a whole, and never a half file under a table's name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from shipsync.errors import ExportFailed
from shipsync.export.folder import Folder
from shipsync.export.relation import select
from shipsync.export.run import export
from shipsync.warehouse.database import connect

# Kills itself when the first table of the second export was read.
KILLED = """
import os, signal, sys
from pathlib import Path
from shipsync.export.folder import Folder
from shipsync.export.run import export
export(
    Path(sys.argv[1]), Folder(Path(sys.argv[2]), "parquet"), schemas=["core"],
    told=lambda _: os.kill(os.getpid(), signal.SIGKILL),
)
"""


def files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


def test_each_table_is_a_file_with_its_rows(database: Path, tmp_path: Path) -> None:
    report = export(database, Folder(tmp_path / "out", "parquet"))

    assert {table.table: table.rows for table in report.tables} == {
        "changes.events": 7,
        "core.many": 25000,
        "core.nothing": 0,
        "core.recent": 1,
        "core.values": 3,
    }
    assert report.rows == 25011
    for table in report.tables:
        assert pq.read_metadata(table.place).num_rows == table.rows
    assert files(tmp_path / "out") == {
        f"{t.table.replace('.', '/')}.parquet" for t in report.tables
    }


def test_parquet_keeps_types_and_values(database: Path, tmp_path: Path) -> None:
    export(database, Folder(tmp_path, "parquet"), tables=["core.values", "core.nothing"])
    table = pq.read_table(tmp_path / "core" / "values.parquet")
    first = table.to_pylist()[0]

    assert table.schema.field("happened_at").type == pa.timestamp("us", tz="UTC")
    assert table.schema.field("local_at").type == pa.timestamp("us")
    assert table.schema.field("money").type == pa.decimal128(18, 4)
    assert first["happened_at"] == datetime(2026, 3, 1, 7, 30, 0, 123456, tzinfo=UTC)
    assert first["money"] == Decimal("12345678901234.5678")
    assert first["day"] == date(2026, 3, 1)
    assert first["quantity"] == 9007199254740993
    assert first["words"] == ["one", 'two, "three"']
    assert table["id"].to_pylist() == ["se-1", "se-2", ""]
    metadata = pq.read_metadata(tmp_path / "core" / "values.parquet")
    assert metadata.row_group(0).column(0).compression == "ZSTD"
    empty = pq.read_schema(tmp_path / "core" / "nothing.parquet")
    assert empty.field("happened_at").type == pa.timestamp("us", tz="UTC")


def test_csv_has_a_header_and_tells_nothing_from_an_empty_text(
    database: Path, tmp_path: Path
) -> None:
    export(database, Folder(tmp_path, "csv"), tables=["core.values"])
    lines = (tmp_path / "core" / "values.csv").read_text(encoding="utf-8").splitlines()

    assert lines[0].startswith("id,happened_at,local_at,day,money,")
    assert lines[1].startswith(
        "se-1,2026-03-01 07:30:00.123456+00,2026-03-01 23:59:59.5,2026-03-01,12345678901234.5678,"
    )
    assert lines[2] == "se-2,,,,,,,,,,,"
    assert lines[3].startswith('"",1999-12-31 23:59:59+00,,,-0.0001,')
    assert pyarrow.csv.read_csv(tmp_path / "core" / "values.csv").num_rows == 3


def test_an_export_replaces_the_one_before(database: Path, tmp_path: Path) -> None:
    target = Folder(tmp_path / "out", "parquet")
    first = export(database, target)
    again = export(database, target)
    with connect(database) as con:
        con.execute("delete from core.many where id >= 10")
    export(database, target)

    assert again == first
    assert pq.read_metadata(tmp_path / "out/core/many.parquet").num_rows == 10


def test_odd_names_are_read_and_stay_inside_the_folder(database: Path, tmp_path: Path) -> None:
    report = export(database, Folder(tmp_path / "out", "parquet"), schemas=["odd"])

    assert {pq.read_table(table.place)["id"][0].as_py() for table in report.tables} == {1, 2}
    assert all((tmp_path / "out" / "odd") in Path(table.place).parents for table in report.tables)
    assert len(files(tmp_path / "out")) == 2


def test_a_killed_export_leaves_the_last_one_whole(database: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(database, Folder(out, "parquet"))
    before = {name: (out / name).read_bytes() for name in files(out)}
    with connect(database) as con:
        con.execute("delete from core.many where id >= 10")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(database), str(out)],
        check=False,
        timeout=60,
        env={"PATH": os.environ["PATH"]},
    )

    assert killed.returncode == -signal.SIGKILL
    assert {name: (out / name).read_bytes() for name in before} == before
    assert files(out) - set(before) == {".shipsync-partial/0.parquet"}

    export(database, Folder(out, "parquet"))
    assert files(out) == set(before)
    assert pq.read_metadata(out / "core/many.parquet").num_rows == 10


def test_a_failure_is_one_sentence_and_removes_what_it_began(
    database: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (out / "core" / "values.parquet").mkdir(parents=True)
    with pytest.raises(ExportFailed, match=r"out can't be written: .* export again\.$"):
        export(database, Folder(out, "parquet"), schemas=["core"])

    assert not (out / ".shipsync-partial").exists()


def test_all_tables_are_of_one_state(database: Path, tmp_path: Path) -> None:
    """A commit between two tables of an export is in neither of them."""
    with connect(database) as con, con.cursor() as other:
        con.begin()
        relations = select(con, ["core"], [])

        def change(_: object) -> None:
            other.execute("insert into core.values (id) values ('late')")

        Folder(tmp_path, "parquet").write(con, relations, change)
        con.rollback()

    assert pq.read_metadata(tmp_path / "core" / "values.parquet").num_rows == 3
    with duckdb.connect(str(database), read_only=True) as con:
        assert con.execute("select count(*) from core.values").fetchone() == (3 + len(relations),)


def test_what_is_written_may_be_read_by_its_owner_alone(database: Path, tmp_path: Path) -> None:
    out = tmp_path / "not" / "there" / "yet"
    report = export(database, Folder(out, "parquet"))

    assert {Path(table.place).stat().st_mode & 0o777 for table in report.tables} == {0o600}
    for folder in (out, out / "core", out.parent):
        assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_link_in_the_folder_leads_nothing_elsewhere(
    database: Path, tmp_path: Path, form: Literal["parquet", "csv"]
) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    (out / "core").mkdir(parents=True)
    elsewhere.mkdir()
    mine = elsewhere / "mine"
    mine.write_text("mine")
    (out / ".shipsync-partial").symlink_to(elsewhere)
    (out / "core" / f"many.{form}").symlink_to(mine)
    export(database, Folder(out, form), tables=["core.many"])

    assert mine.read_text() == "mine"
    assert list(elsewhere.iterdir()) == [mine]
    assert not (out / "core" / f"many.{form}").is_symlink()
    (out / "odd").symlink_to(elsewhere)
    with pytest.raises(ExportFailed, match="symbolic link"):
        export(database, Folder(out, form), schemas=["odd"])
    assert list(elsewhere.iterdir()) == [mine]


def test_types_that_readers_refuse_become_portable_ones(database: Path, tmp_path: Path) -> None:
    with connect(database) as con:
        con.execute(
            "create table core.types as select '{\"a\": 1}'::json as document, "
            "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid as id, 12345678901234567890123::hugeint as huge, "
            "18446744073709551615::ubigint as big, interval 36 hours as span, time '10:30' as hour, "
            "[{'document': '1'::json, 'ids': [uuid()], 'sizes': [1, 2]::utinyint[2]}] as nested, "
            "map {'k': 5::hugeint} as counts, 'b'::enum('a', 'b') as choice, union_value(n := 1) as either, "
            "'101'::bit as bits, timestamp_ns '2026-03-01 10:00:00.123456789' as fine, "
            '1 as "odd ""name"" of.it"'
        )
    export(database, Folder(tmp_path, "parquet"), tables=["core.types"])
    file = tmp_path / "core" / "types.parquet"
    schema, row = pq.read_schema(file), pq.read_table(file).to_pylist()[0]

    for column in ("document", "id", "span", "hour", "choice", "either", "bits"):
        assert schema.field(column).type == pa.string(), column
    assert {str(pq.ParquetFile(file).schema.column(0).logical_type)} == {"String"}
    assert schema.field("huge").type == pa.decimal128(38, 0)
    assert schema.field("big").type == pa.decimal128(20, 0)
    assert schema.field("fine").type == pa.timestamp("us")
    assert "json" not in str(schema).lower().replace("document", "")
    assert row["huge"] == Decimal("12345678901234567890123")
    assert (row["document"], row["span"], row["hour"]) == ('{"a": 1}', "36:00:00", "10:30:00")
    assert row["nested"][0]["document"] == "1"
    assert row["nested"][0]["sizes"] == [1, 2]
    assert row["counts"] == [("k", Decimal(5))]
    assert row['odd "name" of.it'] == 1
