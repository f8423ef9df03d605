"""Rows that are gone stay at the target, marked, where the setting says so; keys tell which they are."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from export.conftest import Server
from shipsync.connection import RemovedRows
from shipsync.errors import ExportFailed
from shipsync.publish.run import PublishReport, publish
from shipsync.publish.targets import target
from shipsync.publish.verify import verify
from shipsync.warehouse.contract import Key, keys

from .lakes import Lake
from .loaded_shop import MARKED, UNMARKED, LoadedShop
from .test_killed import KilledLake, PostgresTables, Reader
from .test_killed import reader as any_reader

KEYED = [table for table in MARKED if table in keys() and table != "core.tracking_events"]
CHANGES = (
    LoadedShop.arrived,
    LoadedShop.modified,
    LoadedShop.vanished,
    LoadedShop.came_back,
    LoadedShop.line_deleted,
    LoadedShop.repaired,
    LoadedShop.next_day,
)
# A first publish, one with rows that went, and one with some of these again.
FIRST = ([], [LoadedShop.vanished, LoadedShop.line_deleted], [LoadedShop.came_back])
Rows = dict[tuple[str, ...], tuple[str | None, ...]]
reader = pytest.fixture(any_reader.__wrapped__, params=["postgres", "ducklake"])


class Expected:
    """What the target must hold of one table, reckoned from the source's rows after each publish."""

    def __init__(self) -> None:
        self.live: Rows = {}
        self.marked: Rows = {}

    def follow(self, rows: Rows) -> None:
        """The source has ``rows`` now."""
        gone = {key: row for key, row in self.live.items() if key not in rows}
        back = self.marked.keys() & rows.keys()
        self.marked = {k: row for k, row in self.marked.items() if k not in back} | gone
        self.live = rows


@pytest.fixture
def shop_of_loads(tmp_path: Path) -> LoadedShop:
    return LoadedShop(tmp_path / "loaded" / "shop.duckdb", Random(7))


def _publish(shop: LoadedShop, reader: Reader, removed_rows: RemovedRows = "mark") -> PublishReport:
    return publish(
        shop.file,
        target(reader.address),
        schemas=["core", "changes"],
        removed_rows=removed_rows,
    )


def _by_key(table: str, columns: list[str], rows: list[tuple[Any, ...]]) -> Rows:
    places = [columns.index(name) for name in keys()[table].columns]
    found = {tuple(row[place] for place in places): tuple(row) for row in rows}
    assert len(found) == len(rows), f"{table} has two rows with one key"
    return found


def _here(shop: LoadedShop, table: str) -> tuple[list[str], Rows]:
    with duckdb.connect(str(shop.file), read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        rows = con.table_function("query_table", [table])
        texts = rows.select(
            *(
                duckdb.ColumnExpression(name).cast(duckdb.type("VARCHAR")).alias(name)
                for name in rows.columns
            )
        )
        return rows.columns, _by_key(table, rows.columns, texts.fetchall())


def _there(reader: Reader, table: str, columns: list[str], which: str) -> list[tuple[Any, ...]]:
    texts = ", ".join(f'"{name}"::varchar' for name in columns)
    question = f"select {texts} from {{}} where {which}"  # noqa: S608
    if isinstance(reader, PostgresTables):
        return reader._ask(question.format(table))
    assert isinstance(reader, Lake)
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        held = reader.relation(con, table)
        return held.query("held", question.format("held")).fetchall()


def _held(reader: Reader, table: str, columns: list[str]) -> tuple[Rows, Rows]:
    """The rows that are there, and those that are marked."""
    live, marked = (
        _by_key(table, columns, _there(reader, table, columns, f"_deleted_at is {how}"))
        for how in ("null", "not null")
    )
    return live, marked


@pytest.mark.parametrize("seed", range(2))
def test_a_row_that_went_is_marked_as_it_was_last_and_one_that_comes_back_is_not(
    shop_of_loads: LoadedShop, reader: Reader, seed: int
) -> None:
    shop, random = shop_of_loads, Random(seed)
    expected: Mapping[str, Expected] = {table: Expected() for table in KEYED}
    was_marked = came_back = 0
    for number in range(6):
        done = FIRST[number] if number < len(FIRST) else random.choices(CHANGES, k=2)
        for change in done:
            change(shop)
        told = f"seed {seed}, round {number}: {', '.join(change.__name__ for change in done)}"
        _publish(shop, reader)
        for table, one in expected.items():
            columns, rows = _here(shop, table)
            before = one.marked.keys()
            one.follow(rows)
            came_back += len(before - one.marked.keys())
            was_marked += len(one.marked.keys() - before)
            assert _held(reader, table, columns) == (one.live, one.marked), f"{told}: {table}"
        assert _publish(shop, reader).batch is None, told
    assert was_marked > 2
    assert came_back > 0
    assert verify(shop.file, target(reader.address), schemas=["core", "changes"]).differences == ()


def test_a_table_without_a_key_has_the_rows_that_are_here_alone(
    shop_of_loads: LoadedShop, reader: Reader
) -> None:
    _publish(shop_of_loads, reader)
    shop_of_loads.note_changed()
    _publish(shop_of_loads, reader)
    assert reader.rows(UNMARKED) == shop_of_loads.here()[UNMARKED]


def test_marks_go_when_the_setting_does_and_begin_again_with_it(
    shop_of_loads: LoadedShop, reader: Reader
) -> None:
    shop = shop_of_loads
    _publish(shop, reader, "delete")
    _publish(shop, reader)
    shop.vanished()
    _publish(shop, reader)
    columns, rows = _here(shop, "core.shipments")
    _, marked = _held(reader, "core.shipments", columns)
    _publish(shop, reader, "delete")

    assert marked
    assert not marked.keys() & rows.keys()
    held = {table: reader.rows(table) for table in (*MARKED, UNMARKED)}
    assert held == shop.here()
    again = _publish(shop, reader)
    assert _held(reader, "core.shipments", columns) == (rows, {})
    assert again.batch is None


@pytest.mark.parametrize("kind", ["parquet", "delta", "iceberg"])
def test_a_lake_of_files_says_that_it_cannot(shop: Path, tmp_path: Path, kind: str) -> None:
    goal = target(f"{kind}:{tmp_path / 'lake'}")
    with pytest.raises(
        ExportFailed, match=r"Postgres and in a DuckLake only; nothing was published\."
    ):
        publish(shop, goal, removed_rows="mark")
    assert publish(shop, goal).batch == 1


def _keys_in_postgres(server: PostgresTables) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Kind and columns of each key, by table; only ours, which a batch may find to be another's."""
    rows = server._ask(
        """
        select
            constraints.table_schema || '.' || constraints.table_name,
            constraints.constraint_type,
            array_agg(columns.column_name::text order by columns.ordinal_position)
        from information_schema.table_constraints as constraints
        inner join information_schema.key_column_usage as columns
            using (constraint_schema, constraint_name, table_name)
        where constraints.table_schema in ('core', 'changes')
        group by 1, 2
        """
    )
    return {str(table): (str(kind), tuple(columns)) for table, kind, columns in rows}  # type: ignore[arg-type]


@pytest.fixture
def postgres(server: Server) -> PostgresTables:
    held = PostgresTables(server.url)
    held.clear()
    return held


def test_postgres_has_the_keys_and_tables_from_before_get_them(
    shop_of_loads: LoadedShop, postgres: PostgresTables
) -> None:
    _publish(shop_of_loads, postgres, "delete")
    first = _keys_in_postgres(postgres)
    postgres._ask("alter table core.shipments drop constraint shipments_key_published")
    postgres._ask("alter table core.shipment_items drop constraint shipment_items_key_published")
    postgres._ask(
        "alter table core.shipment_items add constraint shipment_items_key_published "
        "unique (shipment_id, item_index, sku)"
    )
    _publish(shop_of_loads, postgres, "delete")

    assert first == {
        table: ("PRIMARY KEY", key.columns) for table, key in keys().items() if table in KEYED
    }
    assert _keys_in_postgres(postgres) == first
    postgres.clear()


def test_rows_of_keys_are_found_by_the_key_of_the_table_where_it_begins_with_theirs(
    shop_of_loads: LoadedShop, postgres: PostgresTables
) -> None:
    _publish(shop_of_loads, postgres, "delete")
    shop_of_loads.modified()
    report = _publish(shop_of_loads, postgres, "delete")

    compared = {table.table for table in report.tables if table.compared == "changes"}
    assert compared >= {"core.shipments", "core.shipment_items", "changes.shipments_modified"}
    found = postgres._ask(
        "select tablename::text from pg_indexes where indexname like '%_id_published' order by 1"
    )
    assert {table for (table,) in found} & {"shipments", "shipment_items"} == set()
    assert ("shipments_modified",) in found
    postgres.clear()


def test_a_key_of_which_a_part_may_be_missing_lets_it_be(
    shop_of_loads: LoadedShop, postgres: PostgresTables
) -> None:
    with duckdb.connect(str(shop_of_loads.file)) as con:
        con.execute(
            "create table core.inventory_levels as select 'A' as sku, 'l1' as inventory_location_id, "
            "null::varchar as inventory_warehouse_id union all select 'A', 'l1', 'w1'"
        )
    _publish(shop_of_loads, postgres)
    assert _keys_in_postgres(postgres)["core.inventory_levels"] == (
        "UNIQUE",
        ("sku", "inventory_location_id", "inventory_warehouse_id"),
    )
    with duckdb.connect(str(shop_of_loads.file)) as con:
        con.execute("delete from core.inventory_levels where inventory_warehouse_id is null")
    _publish(shop_of_loads, postgres)
    with duckdb.connect(str(shop_of_loads.file)) as con:
        con.execute("insert into core.inventory_levels values ('A', 'l1', null)")
    marked = postgres._ask(
        "select inventory_warehouse_id from core.inventory_levels where _deleted_at is not null"
    )
    _publish(shop_of_loads, postgres)

    assert marked == [(None,)]
    left = postgres._ask("select count(*), count(_deleted_at) from core.inventory_levels")
    assert left == [(2, 0)]
    postgres.clear()


@pytest.mark.parametrize(
    ("spoiled", "told"),
    [
        ("*", r"Two rows of core.shipments have one key \(shipments_key_published\)"),
        ("* replace (null as shipment_id)", "A row of core.shipments has no shipment_id"),
    ],
)
@pytest.mark.parametrize("is_first", [True, False], ids=["first", "later"])
def test_rows_that_break_a_key_are_published_nowhere(
    shop_of_loads: LoadedShop, postgres: PostgresTables, spoiled: str, told: str, is_first: bool
) -> None:
    if not is_first:
        _publish(shop_of_loads, postgres, "delete")
        before = postgres.rows("core.shipments")
    with duckdb.connect(str(shop_of_loads.file)) as con:
        con.execute(
            f"insert into raw.shipments select {spoiled} from raw.shipments "  # noqa: S608
            "where _dlt_valid_to is null limit 1"
        )
    with pytest.raises(ExportFailed, match=f"^{told}, .*nothing was published"):
        _publish(shop_of_loads, postgres, "delete")
    if is_first:
        assert postgres._ask("select to_regclass('core.shipments')") == [(None,)]
    else:
        assert postgres.rows("core.shipments") == before
    postgres.clear()


def test_tables_say_at_the_target_what_they_are(
    shop_of_loads: LoadedShop, postgres: PostgresTables, reader: Reader
) -> None:
    with duckdb.connect(str(shop_of_loads.file)) as con:
        con.execute("comment on view core.shipments is 'One row per order''s shipment.'")
        con.execute("comment on table core.notes is 'What somebody noted.'")
    _publish(shop_of_loads, reader)
    if isinstance(reader, KilledLake):
        with closing(duckdb.connect()) as con:
            reader.relation(con, "core.notes")
            told = con.sql(
                "select comment from duckdb_tables() where schema_name = 'core' "
                "and table_name in ('notes', 'shipments') order by table_name"
            ).fetchall()
    else:
        told = postgres._ask(
            "select obj_description('core.notes'::regclass) union all "
            "select obj_description('core.shipments'::regclass)"
        )
    assert told == [("What somebody noted.",), ("One row per order's shipment.",)]


def test_a_key_is_read_as_it_was_written() -> None:
    assert keys()["core.inventory_levels"] == Key(
        ("sku", "inventory_location_id", "inventory_warehouse_id"),
        frozenset({"inventory_warehouse_id"}),
    )
