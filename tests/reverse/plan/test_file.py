"""A plan as a file: the same when read back, refused when it is not as it was made."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from reverse.stock_shop import Shop
from shipsync.errors import InputFileError, UsageError
from shipsync.reverse import service
from shipsync.reverse.plan import file as plan_file
from shipsync.reverse.plan.row import Plan


@pytest.fixture
def plan(shop: Shop) -> Plan:
    return shop.plan(
        {"sku": "A-1", "location": "Main", "quantity": 25, "notes": 'says "10"'},
        {"sku": "A-2", "location": "Main", "quantity": 10},
        {
            "sku": "A-3",
            "location": "Main",
            "quantity": 4,
            "action": "increment",
            "cost_amount": "0.1",
            "cost_currency": "usd",
        },
        {"sku": "nothing", "location": "Main", "quantity": 1},
    )


def test_a_plan_is_the_same_when_read_back(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    plan_file.save(plan, path)
    read = service.load_plan(path, "stock")
    assert read == plan
    assert plan_file.digest(read) == plan_file.digest(plan)
    assert list(tmp_path.glob("plan.json*")) == [path]


def test_a_plan_can_be_read_by_a_person(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    plan_file.save(plan, path)
    text = path.read_text()
    assert '"connection": "shop"' in text
    lines = [line for line in text.splitlines() if '"sku":' in line]
    assert len(lines) == len(plan.rows)
    summary = orjson.loads(text)["summary"]
    assert (summary["ready"], summary["no_op"], summary["invalid"]) == (2, 1, 1)


def test_other_layout_is_the_same_plan(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    plan_file.save(plan, path)
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes())))
    assert service.load_plan(path, "stock") == plan


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('"quantity":25', '"quantity":26', id="a_quantity"),
        pytest.param('"connection": "shop"', '"connection": "other"', id="the_connection"),
        pytest.param('"ready": 2', '"ready": 1', id="the_summary"),
        pytest.param('"status":"invalid"', '"status":"ready"', id="a_status"),
        pytest.param('"digest": "sha256:', '"digest": "sha256:0', id="the_digest"),
        pytest.param('"digest":', '"digests":', id="no_digest"),
    ],
)
def test_an_edited_plan_is_refused(plan: Plan, tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "plan.json"
    plan_file.save(plan, path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputFileError, match="was changed after it was made"):
        service.load_plan(path, "stock")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"format": "shipsync stock plan 1", "rows": [', id="cut_off"),
        pytest.param(b"[]", id="a_list"),
        pytest.param(b"sku,quantity\n", id="the_csv"),
    ],
)
def test_what_is_no_plan_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises(InputFileError, match="is not a plan, or it was cut off"):
        service.load_plan(path, "stock")


def test_a_missing_plan_and_a_missing_folder(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="cannot be read: No such file"):
        service.load_plan(tmp_path / "none.json", "stock")
    with pytest.raises(UsageError, match="could not be written"):
        plan_file.save(plan, tmp_path / "none" / "plan.json")
