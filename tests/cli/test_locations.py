"""``shipsync warehouses`` and ``locations`` on the database that the demo made."""

from __future__ import annotations

import pytest

from .conftest import Demo, Run, lines


@pytest.mark.parametrize(
    ("name", "column"),
    [("warehouses", "warehouse_id"), ("locations", "inventory_location_id")],
)
def test_places_are_listed_as_held(run: Run, demo: Demo, name: str, column: str) -> None:
    listed = run(name, "--json", "--database", demo.database)
    in_a_pipe = run(name, "--database", demo.database)

    assert listed.code == 0
    assert len(listed.json) >= 2
    assert len({row[column] for row in listed.json}) == len(listed.json)
    assert len(lines(in_a_pipe.out)) == 1 + len(listed.json)
