"""Asking from Python and from the command line: the same answer, and nothing heavy loaded for it."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

import shipsync
from shipsync.cli import boundary
from shipsync.cli.track import age
from shipsync.errors import DatabaseError, UnknownOrder
from shipsync.tracking import document, find_order, told
from tracking.cases import ASKED, NOW

HEAVY = {"dlt", "dbt", "sqlglot", "pyarrow", "pandas", "httpx", "mcp"}


def loaded_by(code: str) -> set[str]:
    """The top-level modules that a fresh process has loaded once it has run ``code``."""
    probe = f"{code}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    names: list[str] = orjson.loads(ran.stderr.splitlines()[-1])
    return {name.partition(".")[0] for name in names}


def test_the_package_gives_an_order_as_a_typed_object(
    situations: duckdb.DuckDBPyConnection, situations_file: Path
) -> None:
    expected = find_order(situations, "in_transit")

    assert shipsync.track("in_transit", database=situations) == expected
    assert shipsync.track("#in_transit", database=str(situations_file)) == expected
    assert expected.parcel is not None
    assert expected.parcel.carrier == "ups"


def test_many_orders_are_asked_for_together(situations_file: Path) -> None:
    batch = shipsync.track_many(["lost", "late", "nowhere"], database=situations_file)

    assert {asked: order.parcels[0].status_code for asked, order in batch.orders.items()} == {
        "lost": "EX",
        "late": "IT",
    }
    assert batch.unknown == ("nowhere",)


def test_a_connection_names_its_database(
    situations_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCES__SHIPSTATION__WEST__DATABASE", str(situations_file))

    assert shipsync.track("lost", connection="west").order_id == "lost"
    with pytest.raises(DatabaseError, match="shipsync sync"):
        shipsync.track("lost")
    with pytest.raises(UnknownOrder):
        shipsync.track("nowhere", connection="west")


def test_the_document_has_exactly_the_structure_support_tools_read(
    situations: duckdb.DuckDBPyConnection,
) -> None:
    answer: Any = document(find_order(situations, "several"), NOW)
    ours = answer["shipstation"]

    assert list(answer) == ["shipstation", "answer"]
    assert list(ours) == [
        *("order_id", "tracking", "carrier", "estimated_delivery_date", "exception_description"),
        "shipments",
    ]
    assert list(ours["tracking"]) == [
        *("tracking_number", "tracking_url", "status_description", "carrier_status_description"),
        *("ship_date", "actual_delivery_date", "events"),
    ]
    assert list(ours["tracking"]["events"][0]) == [
        *("carrier_occurred_at", "description", "city_locality", "state_province", "postal_code"),
        "carrier_status_description",
    ]
    assert ours["tracking"]["events"][0]["carrier_occurred_at"] == datetime(2026, 3, 11, 17, 30)  # noqa: DTZ001
    assert [s["parcels"][0]["situation"] for s in ours["shipments"]] == ["in_transit", "delivered"]


def test_an_order_without_a_parcel_has_the_same_structure(
    situations: duckdb.DuckDBPyConnection,
) -> None:
    ours: Any = document(find_order(situations, "not_shipped"), NOW)["shipstation"]

    assert ours["tracking"] == {
        "tracking_number": None,
        "tracking_url": None,
        "status_description": None,
        "carrier_status_description": None,
        "ship_date": None,
        "actual_delivery_date": None,
        "events": [],
    }


def test_the_command_tells_the_buyers_words_and_says_the_age_apart(
    situations: duckdb.DuckDBPyConnection, situations_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    situations.close()
    code = boundary.run(["track", "delivered", "--events", "--database", str(situations_file)], {})
    out, err = capsys.readouterr()

    assert code == 0
    assert out.startswith("USPS delivered your order delivered on Wednesday 11 March")
    assert "2026-03-11 17:30:00 · DELIVERED, FRONT DOOR/PORCH · RENO, NV" in out
    assert err.startswith("Known as of 2026-03-12 17:30:00Z")


def test_the_command_gives_the_document_as_json(
    situations_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = boundary.run(["track", "late", "--json", "--database", str(situations_file)], {})
    printed = orjson.loads(capsys.readouterr().out)

    assert code == 0
    assert printed["shipstation"]["estimated_delivery_date"] == "2026-03-09T00:00:00"
    assert printed["shipstation"]["tracking"]["events"][0]["carrier_occurred_at"] == (
        "2026-03-11T08:00:00"
    )
    assert printed["answer"]["known_at"] == "2026-03-12T17:30:00Z"


def test_an_order_that_is_not_there_fails_with_a_sentence(
    situations_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = boundary.run(["track", "nowhere", "--database", str(situations_file)], {})
    out, err = capsys.readouterr()

    assert (code, out) == (5, "")
    assert "No shipment is known as 'nowhere'" in err


def test_a_run_at_work_keeps_nobody_from_an_answer(situations_file: Path, tmp_path: Path) -> None:
    file = tmp_path / "busy.duckdb"
    file.write_bytes(situations_file.read_bytes())
    hold = (
        "import sys, duckdb; con = duckdb.connect(sys.argv[1]); print('held', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as run:
        assert run.stdout is not None
        assert run.stdin is not None
        assert run.stdout.readline() == b"held\n"
        try:
            order = shipsync.track("lost", database=file)
        finally:
            run.stdin.close()

    assert "as lost" in told(order, NOW)


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        (10, "just now."),
        (60, "1 minute ago; --live asks again."),
        (59 * 60, "59 minutes ago; --live asks again."),
        (3 * 3600, "3 hours ago; --live asks again."),
        (47 * 3600, "47 hours ago; --live asks again."),
        (3 * 86400, "3 days ago; --live asks again."),
        (-5, "just now."),
    ],
)
def test_the_age_of_an_answer_is_told_in_the_unit_that_fits(passed: int, expected: str) -> None:
    now = datetime.fromtimestamp(ASKED.timestamp() + passed, UTC)

    assert age(ASKED, now, live=False) == f"Known as of 2026-03-12 17:30:00Z, {expected}"


def test_importing_the_package_loads_nothing() -> None:
    assert not loaded_by("import shipsync") & {*HEAVY, "duckdb", "orjson"}


def test_tracking_an_order_loads_neither_dlt_nor_dbt(situations_file: Path) -> None:
    words = ["track", "late", "--database", str(situations_file)]
    asked = f"from shipsync.cli import boundary\nassert boundary.run({words!r}, {{}}) == 0"

    assert not loaded_by(asked) & HEAVY


def test_serving_an_assistant_loads_neither_dlt_nor_dbt(situations_file: Path) -> None:
    asked = (
        "from pathlib import Path\nfrom shipsync.assistant.server import server\n"
        "from shipsync.assistant.tools import Tools\n"
        f"file = Path({str(situations_file)!r})\nserver(file)\ntools = Tools(file)\n"
        "tools.track_order('late'), tools.query('select 1', 1), tools.find_shipment('late')"
    )

    assert not loaded_by(asked) & {"dlt", "dbt", "sqlglot"}
