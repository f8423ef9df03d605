"""Delivery to files: whole lines, whole files, nothing skipped after a crash."""

from __future__ import annotations

import io
from pathlib import Path

import duckdb
import orjson
import pyarrow.parquet as pq
import pytest

from shipsync.errors import UsageError
from shipsync.feed.consumers import read, rewind, set_acknowledged
from shipsync.feed.delivery import Delivery, Effort
from shipsync.feed.events import line
from shipsync.feed.files import JsonLines, JsonStream, ParquetFolder

from .made_events import happen

Con = duckdb.DuckDBPyConnection


def sequences(path: Path) -> list[int]:
    return [orjson.loads(row)["sequence"] for row in path.read_bytes().splitlines()]


def test_json_lines_grow_by_what_is_new(con: Con, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "events.jsonl"
    happen(con, "a", "b", "a")
    Delivery(con, "x", JsonLines(path), Effort(batch_size=2)).deliver()
    happen(con, "c")
    Delivery(con, "x", JsonLines(path), Effort(batch_size=2)).deliver()

    assert sequences(path) == [1, 2, 3, 4]
    assert path.read_bytes() == b"".join(line(event) for event in read(con, "new").events)


def test_a_line_cut_by_a_crash_is_taken_off_and_comes_again(con: Con, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    happen(con, "a", "b", "c")
    Delivery(con, "x", JsonLines(path)).deliver()
    path.write_bytes(path.read_bytes()[:-7])
    set_acknowledged(con, "x", 2)

    Delivery(con, "x", JsonLines(path)).deliver()

    assert sequences(path) == [1, 2, 3]


def test_a_file_of_something_else_is_left_alone(con: Con, tmp_path: Path) -> None:
    path = tmp_path / "diary.jsonl"
    path.write_text("Dear diary")
    happen(con, "a")

    with pytest.raises(UsageError, match="doesn't hold JSON Lines"):
        Delivery(con, "x", JsonLines(path)).deliver()

    assert path.read_text() == "Dear diary"
    assert read(con, "x").up_to == 1


def test_a_place_that_cannot_be_written_stops_the_delivery(con: Con, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    happen(con, "a")

    report = Delivery(con, "x", JsonLines(tmp_path / "file" / "events.jsonl")).deliver()

    assert (report.outcome, report.acknowledged) == ("stopped", 0)
    assert "can't be written" in str(report.reason)


def test_parquet_is_partitioned_by_day_and_a_repeat_replaces(con: Con, tmp_path: Path) -> None:
    folder = tmp_path / "events"
    happen(con, "a", "a", "b", "b", hours=10)
    Delivery(con, "x", ParquetFolder(folder)).deliver()
    rewind(con, "x", 1)
    Delivery(con, "x", ParquetFolder(folder)).deliver()

    assert sorted(str(p.relative_to(folder)) for p in folder.rglob("*.*")) == [
        "day=2026-03-01/000000000001.parquet",
        "day=2026-03-02/000000000003.parquet",
    ]
    rows = pq.read_table(folder).to_pylist()
    assert [row["sequence"] for row in rows] == [1, 2, 3, 4]
    assert rows[1]["after"] == '{"zone":2}'
    assert rows[0]["after"] is None
    found = con.execute(
        "select day::varchar, count(*) from read_parquet(?, hive_partitioning = true) group by 1 order by 1",
        [f"{folder}/**/*.parquet"],
    )
    assert found.fetchall() == [("2026-03-01", 2), ("2026-03-02", 2)]


def test_a_stream_gets_lines(con: Con) -> None:
    stream = io.BytesIO()
    happen(con, "a", "b")

    Delivery(con, "x", JsonStream(stream)).deliver()

    assert [orjson.loads(row)["entity_id"] for row in stream.getvalue().splitlines()] == ["a", "b"]


def test_parquet_is_the_owner_s_and_is_not_written_through_a_link(con: Con, tmp_path: Path) -> None:
    diary, day = tmp_path / "diary", tmp_path / "feed" / "day=2026-03-01"
    diary.write_text("Dear diary")
    day.mkdir(parents=True)
    (day / "000000000001.unfinished").symlink_to(diary)
    happen(con, "a")

    Delivery(con, "x", ParquetFolder(tmp_path / "feed")).deliver()

    assert diary.read_text() == "Dear diary"
    (file,) = day.iterdir()
    assert (file.name, file.is_symlink()) == ("000000000001.parquet", False)
    assert file.stat().st_mode & 0o777 == 0o600
