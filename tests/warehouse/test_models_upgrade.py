"""A database whose models an older version built."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from shipsync import job
from shipsync.errors import ModelError
from shipsync.merchant import Merchant
from shipsync.warehouse import build_record
from shipsync.warehouse.database import connect
from shipsync.warehouse.sql_project import fingerprint
from sql.raw_tables import RawTables
from sql.story import day, scan

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dbt")]


def made_of(database: Path) -> object:
    with connect(database) as con:
        last = build_record.read_last(con)
        return last and last.inputs.sql


def forget_a_column(database: Path) -> None:
    with duckdb.connect(str(database)) as con:
        con.execute("alter table core.tracking_events drop column parcel_id")


def test_what_other_sql_made_is_made_anew(tmp_path: Path) -> None:
    database = tmp_path / "shop.duckdb"
    raw = RawTables()
    raw.load("tracking_events", scan("k1", 5), load_id="1.0", observed_at=day(1))
    raw.save(database)
    job.build(database, None)
    assert made_of(database) == fingerprint(Merchant().variables())

    forget_a_column(database)
    with pytest.raises(ModelError, match=r"Model tracking_events: .*parcel_id"):
        job.build(database, None, select="tracking_events")
    with connect(database) as con:
        con.execute(
            "update ledger.last_build set taken_in = json_merge_patch(taken_in, ?)",
            ['{"sql": "what an older version was made of"}'],
        )
    job.build(database, None, select="tracking_events")

    with connect(database, read_only=True) as con:
        assert con.execute("select count(parcel_id) from core.tracking_events").fetchone() == (1,)
    # The others may still be what they were.
    assert made_of(database) == "what an older version was made of"


def test_a_table_that_came_with_an_upgrade_is_made_before_models_read_it(tmp_path: Path) -> None:
    database = tmp_path / "shop.duckdb"
    raw = RawTables()
    raw.load("tracking_events", scan("k1", 5), load_id="1.0", observed_at=day(1))
    raw.save(database)
    with duckdb.connect(str(database)) as con:
        con.execute("drop table raw.suppliers")
    job.build(database, None)
    with connect(database, read_only=True) as con:
        assert con.execute("select count(*) from core.suppliers").fetchone() == (0,)
        assert con.execute("select count(*) from core.tracking_events").fetchone() == (1,)
