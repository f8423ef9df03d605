"""The database against the account's own journal: every current row and child row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from shipsync.emulator import Account
from shipsync.sources.streams import STREAMS
from truth.second_reading import Body, Row, differences
from truth.synced_shop import Shop

Key = tuple[Any, ...]
State = Body | None
"""An object as it is served, None while its list does not hold it."""

KEYS: Mapping[str, tuple[str, ...]] = {
    **{name: stream.table.key for name, stream in STREAMS.items()},
    "carrier_services": ("carrier_id", "service_code"),
}
"""What is compared: every stream, and the one kind of line that has a history of its own."""
CHILDREN = {
    lines.table.name: (name, lines.list_key, lines.index)
    for name, stream in STREAMS.items()
    for lines in stream.lines
    if lines.index is not None
}


@dataclass
class Table:
    """A raw table as it stands in DuckDB."""

    types: dict[str, str]
    rows: list[Row]

    @classmethod
    def read(cls, con: duckdb.DuckDBPyConnection, name: str) -> Table:
        """All rows, in the order in which they came."""
        relation = con.table(f"raw.{name}")
        names = relation.columns
        types = {column: str(kind) for column, kind in zip(names, relation.types, strict=True)}
        rows = [dict(zip(names, row, strict=True)) for row in relation.fetchall()]
        return cls(types, rows)

    def current(self) -> list[Row]:
        """Rows that no later version has replaced."""
        return [row for row in self.rows if row["_dlt_valid_to"] is None]

    def chains(self, key: Sequence[str]) -> dict[Key, list[Row | None]]:
        """The versions of each entity in order; None where it was not there for a while."""
        found: dict[Key, list[Row]] = defaultdict(list)
        for row in sorted(self.rows, key=lambda row: row["_dlt_valid_from"]):
            found[tuple(row[part] for part in key)].append(row)
        return {entity: list(_with_gaps(rows)) for entity, rows in found.items()}


def _with_gaps(rows: Sequence[Row]) -> Iterator[Row | None]:
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        yield row
        if following is None:
            if row["_dlt_valid_to"] is not None:
                yield None
        elif row["_dlt_valid_to"] != following["_dlt_valid_from"]:
            yield None


def states(account: Account, kind: str) -> dict[Key, list[tuple[int, State]]]:
    """Every state of each entity with the length of the journal when it came about."""
    found: dict[Key, list[tuple[int, State]]] = defaultdict(list)
    names: dict[str, Key] = {}
    for entry in account.journal.of("carriers" if kind == "carrier_services" else kind):  # type: ignore[arg-type]
        body: dict[str, Any] = entry.body
        if kind == "carrier_services":
            for service in body["services"]:
                line = {**service, "carrier_id": body["carrier_id"]}
                found[body["carrier_id"], service["service_code"]].append((entry.sequence, line))
            continue
        if kind == "tracking":
            found[(entry.entity_id,)].append((entry.sequence, body))
            continue
        if not entry.removed:
            names[entry.entity_id] = tuple(body[part] for part in KEYS[kind])
        is_there = not entry.removed and not (kind == "inventory_levels" and not body["on_hand"])
        found[names[entry.entity_id]].append((entry.sequence, body if is_there else None))
    return found


def latest(account: Account, kind: str) -> dict[Key, Body]:
    """What the account holds of a kind now."""
    last = {key: history[-1][1] for key, history in states(account, kind).items()}
    return {key: body for key, body in last.items() if body is not None}


def as_held(kind: str, key: Key, body: Body) -> Body:
    """The object with what its table adds or leaves out of it."""
    if kind == "tracking":
        rest = {name: value for name, value in body.items() if name != "events"}
        return {**rest, "label_id": key[0], "event_count": len(body["events"])}
    if kind == "carriers":
        return {name: value for name, value in body.items() if name != "services"}
    return body


@dataclass
class Complaints:
    """What was found wrong; ``where`` is put before each complaint."""

    where: str
    found: list[str] = field(default_factory=list)

    def add(self, what: str) -> None:
        """Note one more."""
        self.found.append(f"{self.where}: {what}")

    def settle(self) -> None:
        """Raise AssertionError with the first of them, if there are any."""
        shown = "\n".join(self.found[:15])
        assert not self.found, f"{len(self.found)} differences\n{shown}"


def compare_current(
    shop: Shop,
    where: str,
    kinds: Sequence[str] = tuple(KEYS),
    *,
    but: Sequence[str] = ("tracking",),
) -> None:
    """Every current row and child row equals what the account holds now, in all columns."""
    complaints = Complaints(where)
    with shop.opened() as con:
        for kind in kinds:
            if kind in but:
                continue
            wanted = latest(shop.account, kind)
            table = Table.read(con, kind)
            _compare_rows(kind, table, wanted, complaints)
        for name, (parent, list_key, index) in CHILDREN.items():
            if parent in kinds and parent not in but:
                lines = _lines(latest(shop.account, parent), KEYS[parent][0], list_key, index)
                _compare_lines(
                    name, Table.read(con, name), lines, (KEYS[parent][0], index), complaints
                )
    complaints.settle()


def _compare_rows(
    kind: str, table: Table, wanted: Mapping[Key, Body], complaints: Complaints
) -> None:
    found: dict[Key, Row] = {}
    for row in table.current():
        key = tuple(row[part] for part in KEYS[kind])
        if key in found:
            complaints.add(f"{kind} {key} has two current rows")
        found[key] = row
    _compare_keys(kind, found.keys(), wanted.keys(), complaints)
    for key in found.keys() & wanted.keys():
        for difference in differences(as_held(kind, key, wanted[key]), found[key], table.types):
            complaints.add(f"{kind} {key} {difference}")


def _compare_keys(name: str, found: Any, wanted: Any, complaints: Complaints) -> None:
    if missing := sorted(map(str, wanted - found)):
        complaints.add(f"{name} lacks {len(missing)} rows, such as {missing[:3]}")
    if surplus := sorted(map(str, found - wanted)):
        complaints.add(f"{name} has {len(surplus)} rows too many, such as {surplus[:3]}")


def _lines(parents: Mapping[Key, Body], id_key: str, list_key: str, index: str) -> dict[Key, Body]:
    return {
        (*key, position): {**line, id_key: key[0], index: position}
        for key, parent in parents.items()
        for position, line in enumerate(parent[list_key] or ())
    }


def _compare_lines(
    name: str, table: Table, wanted: Mapping[Key, Body], key: Sequence[str], complaints: Complaints
) -> None:
    found = {tuple(row[part] for part in key): row for row in table.rows}
    if len(found) != len(table.rows):
        complaints.add(f"{name} has {len(table.rows) - len(found)} lines twice")
    _compare_keys(name, found.keys(), wanted.keys(), complaints)
    for place in found.keys() & wanted.keys():
        for difference in differences(wanted[place], found[place], table.types):
            complaints.add(f"{name} {place} {difference}")
