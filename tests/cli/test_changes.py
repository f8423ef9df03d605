"""``shipsync changes list`` on the database that the demo made."""

from __future__ import annotations

from .conftest import Demo, Run, lines


def test_changes_are_listed_oldest_first_and_can_be_narrowed(run: Run, demo: Demo) -> None:
    every = run("changes", "list", "--limit", "1000", "--json", "--database", demo.database).json
    some = run("changes", "list", "--trigger", "shipment_modified", "--database", demo.database)
    latest = run("changes", "list", "--limit", "2", "--json", "--database", demo.database).json

    numbers = [event["sequence"] for event in every]
    assert numbers == list(range(1, len(every) + 1))
    assert [event["sequence"] for event in latest] == numbers[-2:]
    modified = [event for event in every if event["trigger"] == "shipment_modified"]
    assert len(lines(some.out)) == 1 + len(modified)
    with_fields = next(event for event in modified if event["changed_fields"])
    assert set(with_fields["before"]) == set(with_fields["after"])


def test_changes_since_a_time_after_all_of_them_are_none(run: Run, demo: Demo) -> None:
    listed = run("changes", "list", "--since", "2199-01-01", "--json", "--database", demo.database)

    assert listed.json == []
