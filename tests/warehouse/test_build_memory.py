"""A build that has more to take in at once than memory holds makes its models from nothing instead."""

from __future__ import annotations

import shutil
from pathlib import Path

import pendulum
import pytest

from shipsync.warehouse import models
from shipsync.warehouse.builds import Build
from shipsync.warehouse.database import connect
from shipsync.warehouse.models import BuildOutOfMemory
from sql.raw_tables import RawTables
from sql.story import day, shipment

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dbt")]

ENOUGH_TO_MAKE_ANEW_MB = 80
SINCE = pendulum.datetime(2026, 2, 1)
# All of one number, so that one more shipment of it has every row of them replaced in one step.
OF_ONE_NUMBER = """
insert into tracking.parcel_states
select held.* replace (shipment_id || repeat('x', 60) || number as shipment_id)
from tracking.parcel_states as held, range(1500000) as numbers(number)
"""
ONE_MORE = """
insert into raw.shipments
select * replace ('2.0' as _dlt_load_id, 'se-2' as shipment_id) from raw.shipments
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Models that hold far more than the account has, and a shipment that concerns all of it."""
    database = tmp_path / "shop.duckdb"
    raw = RawTables()
    raw.load("shipments", shipment(1, day(1)), load_id="1.0", observed_at=day(1))
    raw.save(database)
    Build(database, day(2), SINCE).everything()
    with connect(database, memory_limit_mb=2000) as con:
        con.execute(OF_ONE_NUMBER)
        con.execute(ONE_MORE)
    return database


def test_what_is_too_much_at_once_is_made_anew(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy" / database.name
    copy.parent.mkdir()
    shutil.copyfile(database, copy)
    with pytest.raises(BuildOutOfMemory, match="Raise memory_limit_mb"):
        models.build(copy, now=day(2), memory_limit_mb=ENOUGH_TO_MAKE_ANEW_MB)

    built = Build(database, day(2), SINCE, memory_limit_mb=ENOUGH_TO_MAKE_ANEW_MB).what_is_due()
    assert built.scope == "everything"
    with connect(database, read_only=True) as con:
        held = con.execute("select shipment_id from tracking.parcel_states order by all").fetchall()
        told = con.execute("select entity_id from changes.events order by sequence").fetchall()
    assert held == [("se-1",), ("se-2",)]
    assert told == [("se-1",), ("se-2",)], "each once, although it was built twice"
