"""Events and the note of what they were made from are committed together."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import duckdb
import pytest

from shipsync.errors import ModelError
from sql.story import Story, day, shipment

pytestmark = pytest.mark.xdist_group("dbt")

REFUSE_THE_NOTE = """
    alter table changes.processed_loads rename to kept;
    create table changes.processed_loads (
        stream varchar,
        load_id varchar check (load_id <> '10.0'),
        changes_since timestamptz,
        processed_at timestamptz
    );
    insert into changes.processed_loads from changes.kept
"""
ACCEPT_IT_AGAIN = """
    drop table changes.processed_loads;
    alter table changes.kept rename to processed_loads
"""


def test_a_build_that_cannot_note_what_it_read_appends_nothing(
    story: Story, tmp_path: Path
) -> None:
    later = Story(tmp_path / story.database.name, deepcopy(story.raw))
    later.database.write_bytes(story.database.read_bytes())
    later.raw.load("shipments", shipment(99, day(9, 12)), load_id="10.0", observed_at=day(10))
    told = len(later.events())
    with duckdb.connect(str(later.database)) as con:
        con.execute(REFUSE_THE_NOTE)
    with pytest.raises(ModelError, match=r"^Model events: Constraint Error"):
        later.build("refused", day(10), select="changes", run_tests=False)
    assert len(later.events()) == told
    with duckdb.connect(str(later.database)) as con:
        con.execute(ACCEPT_IT_AGAIN)
    for name in ("accepted", "again"):
        later.build(name, day(10), select="changes", run_tests=False)
    assert [event["entity_id"] for event in later.events()[told:]] == ["se-99"]
