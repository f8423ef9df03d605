"""Where orders are, over several builds: what is built step by step equals what is built at once."""

from __future__ import annotations

import csv
from copy import deepcopy
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest

from shipsync.errors import ModelError
from shipsync.sync.parcel_state import ParcelState, state_of
from shipsync.tracking.known_dates import known
from shipsync.warehouse.models import build
from shipsync.warehouse.sql_project import sql_dir
from sql.raw_tables import RawTables
from sql.story import day, seven, shipment
from tracking.test_plain_text import DAYS

pytestmark = pytest.mark.xdist_group("dbt")


def _seed(name: str) -> list[dict[str, str]]:
    """The rows of a seed file."""
    text = (sql_dir() / "seeds" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


CODES = _seed("tracking_codes")
MODELS = "+parcels +orders +timeline +order_references +unknown_codes"
BUYER = {"ship_to_name": "Ann Lee", "ship_to_postal_code": "89501"}
SHOWN = ("tracking.parcels", "tracking.orders", "tracking.order_references", "tracking.timeline")


def _of(kind: str) -> list[str]:
    return [row["code"] for row in CODES if row["kind"] == kind]


def _label(number: int, of: int, **more: Any) -> dict[str, Any]:
    first = {
        "label_id": f"se-7{number}",
        "shipment_id": f"se-{of}",
        "status": "completed",
        "created_at": day(1),
        "ship_date": seven(2026, 3, 1),
        "tracking_number": f"1Z{number}",
        "carrier_code": "ups",
        "voided": False,
    }
    return first | more


def _answer(label_id: str, status: str, detail: str | None = None, **more: Any) -> dict[str, Any]:
    return {"label_id": label_id, "status_code": status, "status_detail_code": detail, **more}


def _scan(label_id: str, at: datetime, detail: str, status: str = "IT") -> dict[str, Any]:
    return {
        "label_id": label_id,
        "event_key": f"{label_id} {at} {detail}",
        "tracking_number": "1Z" + label_id[4:],
        "occurred_at": at,
        "carrier_occurred_at": at.replace(tzinfo=None),
        "event_code": detail,
        "status_code": status,
        "status_detail_code": detail,
        "description": detail,
    }


def _everything(con: duckdb.DuckDBPyConnection) -> dict[str, list[Any]]:
    found = {}
    for table in SHOWN:
        columns = "* exclude (known_at)" if table == "tracking.orders" else "*"
        found[table] = con.sql(f"select {columns} from {table} order by all").fetchall()  # noqa: S608
    return found


class Shop:
    """Raw tables that loads are added to, and builds of the tracking models from them."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "shop.duckdb"
        self.raw = RawTables()
        self.loads = 0

    def load(self, at: datetime, **rows: list[dict[str, Any]]) -> None:
        """One load of rows by raw table."""
        self.loads += 1
        for name, found in rows.items():
            self.raw.load(name, *found, load_id=f"{self.loads}.0", observed_at=at)

    def build(self, at: datetime, *, full_refresh: bool = False) -> None:
        """Build the models, without their tests."""
        self.raw.save(self.database)
        build(self.database, now=at, select=MODELS, full_refresh=full_refresh, run_tests=False)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with duckdb.connect(str(self.database), read_only=True) as con:
            con.execute("set timezone = 'UTC'")
            return con.sql(query).fetchall()

    def everything(self) -> dict[str, list[Any]]:
        """All rows of what people look at."""
        with duckdb.connect(str(self.database), read_only=True) as con:
            con.execute("set timezone = 'UTC'")
            return _everything(con)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop built on the 2nd, and again on the 6th of March after much had come late."""
    shop = Shop(tmp_path_factory.mktemp("tracking"))
    shop.load(
        day(1),
        shipments=[
            shipment(1, day(1), shipment_number="LW-1001", **BUYER),
            shipment(2, day(1), shipment_number="LW-1001", **BUYER),
            shipment(3, day(1)),
        ],
        labels=[_label(1, of=1), _label(3, of=3)],
    )
    shop.load(
        day(2),
        tracking=[_answer("se-71", "IT", "HUB_SCAN_IN"), _answer("se-73", "IT")],
        tracking_events=[
            _scan("se-71", day(1, 10), "PICKED_UP"),
            _scan("se-71", day(1, 20), "HUB_SCAN_IN"),
            _scan("se-73", day(1, 20), "BEAMED_UP"),
        ],
    )
    shop.build(day(2))
    # A scan of the first day told late, a label voided and printed again, the second part of the order
    # sent in two boxes, and an order that got another number.
    box = {"label_id": "se-74", "tracking_number": "1Z4B", "sequence": 2, "package_index": 0}
    shop.load(
        day(4),
        shipments=[shipment(3, day(1), day(3), shipment_number="1003-B")],
        labels=[
            _label(1, of=1, voided=True, voided_at=day(3), status="voided"),
            _label(2, of=1, created_at=day(3)),
            _label(4, of=2, created_at=day(3)),
        ],
        label_packages=[box, {**box, "tracking_number": "1Z4", "sequence": 1, "package_index": 1}],
        tracking_events=[_scan("se-73", day(1, 9), "PICKED_UP")],
    )
    shop.load(
        day(6),
        tracking=[
            _answer("se-72", "DE", "DELIVERED"),
            _answer("se-74", "DE", "DELIVERED_TO_NEIGHBOUR"),
            _answer("se-74/1Z4B", "IT", "OUT_FOR_DELIVERY"),
        ],
        tracking_events=[
            _scan("se-72", day(5, 15), "DELIVERED", "DE"),
            _scan("se-72", day(5, 14), "OUT_FOR_DELIVERY"),
            _scan("se-74", day(5, 16), "DELIVERED_TO_NEIGHBOUR", "DE"),
            _scan("se-74/1Z4B", day(5, 14), "OUT_FOR_DELIVERY"),
        ],
    )
    shop.build(day(6))
    return shop


def test_step_by_step_equals_at_once(shop: Shop, tmp_path: Path) -> None:
    at_once = Shop(tmp_path)
    at_once.raw = shop.raw
    at_once.build(day(6), full_refresh=True)
    assert at_once.everything() == shop.everything()


def test_a_build_that_cannot_note_what_it_took_in_changes_nothing(
    shop: Shop, tmp_path: Path
) -> None:
    later = Shop(tmp_path)
    later.raw, later.loads = deepcopy(shop.raw), shop.loads
    later.database.write_bytes(shop.database.read_bytes())
    later.load(day(7), tracking=[_answer("se-74/1Z4B", "DE", "DELIVERED")])
    with duckdb.connect(str(later.database)) as con:
        con.execute("alter table tracking.taken_loads rename to kept")
        con.execute(
            "create table tracking.taken_loads"
            " (model varchar, raw_table varchar, load_id varchar check (load_id <> '5.0'))"
        )
        con.execute("insert into tracking.taken_loads from tracking.kept")
    told = "select state from tracking.carrier_reports where parcel_id = 'se-74/1Z4B'"
    with pytest.raises(ModelError, match=r"^Model \w+: Constraint Error"):
        later.build(day(7))
    assert later.rows(told) == [("out_for_delivery",)]
    with duckdb.connect(str(later.database)) as con:
        con.execute("drop table tracking.taken_loads")
        con.execute("alter table tracking.kept rename to taken_loads")
    later.build(day(7))
    assert later.rows(told) == [("delivered",)]


def test_every_parcel_of_the_split_order_is_told(shop: Shop) -> None:
    parcels = shop.rows(
        "select parcel_id, state, box_number, box_count, is_voided from tracking.parcels"
        " where order_id = 'LW-1001' order by parcel_id"
    )
    assert parcels == [
        ("se-71", "cancelled", 1, 1, True),
        ("se-72", "delivered", 1, 1, False),
        ("se-74", "delivered", 1, 2, False),
        ("se-74/1Z4B", "out_for_delivery", 2, 2, False),
    ]
    orders = shop.rows(
        "select order_id, state, shipment_count, parcel_count, parcels_delivered, delivered_at"
        " from tracking.orders order by order_id"
    )
    assert orders == [
        ("1003-B", "in_transit", 1, 1, 0, None),
        ("LW-1001", "out_for_delivery", 2, 3, 2, None),
    ]


def test_an_order_is_found_by_all_it_is_called(shop: Shop) -> None:
    found = shop.rows(
        "select reference, is_exact, kind, shipment_id from tracking.order_references where reference in"
        " ('lw-1001', '1001', 'se-2', '1z4b', '1z1', '1003-b', '1003') order by all"
    )
    assert found == [
        ("1001", False, "shipment_number", "se-1"),
        ("1001", False, "shipment_number", "se-2"),
        ("1003", False, "shipment_number", "se-3"),
        ("1003-b", True, "shipment_number", "se-3"),
        ("1z1", True, "tracking_number", "se-1"),
        ("1z4b", True, "tracking_number", "se-2"),
        ("lw-1001", True, "shipment_number", "se-1"),
        ("lw-1001", True, "shipment_number", "se-2"),
        ("se-2", True, "shipment_id", "se-2"),
    ]


def test_unknown_codes_are_kept_and_counted(shop: Shop) -> None:
    counted = shop.rows(
        "select status_detail_code, status_code, event_count, parcel_count from tracking.unknown_codes"
    )
    assert counted == [("BEAMED_UP", "IT", 1, 1)]
    told = shop.rows(
        "select state, is_known_code from tracking.timeline where label_id = 'se-73' order by moment"
    )
    assert told == [("in_transit", True), ("in_transit", False)]


def test_a_scan_keeps_its_instant_and_the_clock_of_its_place(shop: Shop) -> None:
    types = shop.rows(
        "select distinct typeof(occurred_at), typeof(carrier_occurred_at) from tracking.timeline"
    )
    assert types == [("TIMESTAMP WITH TIME ZONE", "TIMESTAMP")]


def test_python_and_sql_read_every_code_alike(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    details = [None, "BEAMED_UP", *_of("detail")]
    grid = list(product([None, "ZZ", *_of("letters")], details, [None, "ZZ", *_of("carrier")]))
    answers = [
        _answer(f"se-{number}", status, detail, carrier_detail_code=carrier)  # type: ignore[arg-type]
        for number, (status, detail, carrier) in enumerate(grid)
    ]
    shop.load(day(1), tracking=answers)
    shop.raw.save(shop.database)
    build(shop.database, now=day(1), select="+carrier_reports", run_tests=False)
    told = dict(shop.rows("select parcel_id, state from tracking.carrier_reports"))
    assert len(told) == len(grid) > 2000
    wrong = [
        (codes, told[f"se-{number}"])
        for number, codes in enumerate(grid)
        if told[f"se-{number}"] != state_of(*codes)
    ]
    assert wrong == []
    assert set(told.values()) == set(ParcelState)


def test_the_seeds_hold_the_states_and_no_other() -> None:
    assert {row["state"] for row in _seed("tracking_states")} == set(ParcelState)
    assert {row["state"] for row in CODES} <= {*ParcelState, ""}
    assert len(_of("detail")) == 75


def test_a_day_that_is_none_is_unknown_and_a_failed_label_is_no_parcel(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 12, tzinfo=UTC)
    shop.load(
        day(2),
        shipments=[
            shipment(1, day(1), deliver_by_date=last, ship_date=first),
            shipment(2, day(1)),
        ],
        labels=[
            _label(1, of=1, ship_date=datetime(1970, 1, 1, tzinfo=UTC)),
            _label(2, of=2, status="error", tracking_number=None),
        ],
        tracking=[
            _answer(
                "se-71",
                "IT",
                ship_date=first,
                estimated_delivery_date=last,
                estimated_delivery_date_text="9999-12-31T00:00:00Z",
                actual_delivery_date=first,
                actual_delivery_date_text="0001-01-01T00:00:00",
            )
        ],
        tracking_events=[
            _scan("se-71", first, "OLD"),
            _scan("se-71", day(1, 20), "HUB_SCAN_IN"),
            _scan("se-71", last, "NEW"),
        ],
    )
    shop.build(day(2))

    assert shop.rows(
        "select state, ship_date, shipped_at, promised_date, estimated_delivery_date, estimated_delivery_at,"
        " delivered_at, delivered_local_at, last_event_at, is_late from tracking.parcels"
        " where parcel_id = 'se-71'"
    ) == [("in_transit", *[None] * 7, day(1, 20), None)]
    assert shop.rows(
        "select state, parcel_count, ship_date from tracking.orders order by order_id"
    ) == [("in_transit", 1, None), ("pre_transit", 0, None)]
    assert shop.rows("select is_voided from tracking.parcels where label_id = 'se-72'") == [(True,)]


def test_python_and_sql_know_the_same_days(tmp_path: Path) -> None:
    macros = (sql_dir() / "macros" / "instants.sql").read_text(encoding="utf-8")
    query = (
        "select {{ known_date('day') }}, {{ known_instant(\"day::timestamp at time zone 'UTC'\") }}::date, "
        "{{ known_local_time('day::timestamp') }}::date from unnest($1) as days(day)"
    )
    days = [date.fromisoformat(text) for text, is_known in DAYS.items() if is_known is not None]
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        rows = con.execute(jinja2.Environment().from_string(macros + query).render(), [days])
        assert rows.fetchall() == [(known(each),) * 3 for each in days]
