"""A plan as a file: the same when read back, refused when it is not as it was made."""

from __future__ import annotations

import hashlib
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


def test_a_plan_is_the_same_when_read_back(shop: Shop, plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    service.save_plan(plan, path, shop.connection.database)
    read = service.load_plan(path, "stock", shop.connection.database)
    assert read == plan
    assert plan_file.digest(read) == plan_file.digest(plan)
    assert list(tmp_path.glob("plan.json*")) == [path]


def test_a_plan_can_be_read_by_a_person(shop: Shop, plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    service.save_plan(plan, path, shop.connection.database)
    text = path.read_text()
    assert '"connection": "shop"' in text
    lines = [line for line in text.splitlines() if '"sku":' in line]
    assert len(lines) == len(plan.rows)
    summary = orjson.loads(text)["summary"]
    assert (summary["ready"], summary["no_op"], summary["invalid"]) == (2, 1, 1)


def test_other_layout_is_the_same_plan(shop: Shop, plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    service.save_plan(plan, path, shop.connection.database)
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes())))
    assert service.load_plan(path, "stock", shop.connection.database) == plan


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
def test_an_edited_plan_is_refused(
    shop: Shop, plan: Plan, tmp_path: Path, old: str, new: str
) -> None:
    path = tmp_path / "plan.json"
    service.save_plan(plan, path, shop.connection.database)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputFileError, match="was changed after it was made"):
        service.load_plan(path, "stock", shop.connection.database)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"format": "shipsync stock plan 1", "rows": [', id="cut_off"),
        pytest.param(b"[]", id="a_list"),
        pytest.param(b"sku,quantity\n", id="the_csv"),
    ],
)
def test_what_is_no_plan_is_refused(shop: Shop, plan: Plan, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plan.json"
    service.save_plan(plan, path, shop.connection.database)
    path.write_bytes(content)
    with pytest.raises(InputFileError, match="is not a plan, or it was cut off"):
        service.load_plan(path, "stock", shop.connection.database)


def test_a_missing_plan_and_a_missing_folder(shop: Shop, plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="cannot be read: No such file"):
        service.load_plan(tmp_path / "none.json", "stock", shop.connection.database)
    with pytest.raises(UsageError, match="could not be written"):
        service.save_plan(plan, tmp_path / "none" / "plan.json", shop.connection.database)


def sealed_by_hand(path: Path) -> None:
    """The digest made again after an edit, as anybody can."""
    kept = orjson.loads(path.read_bytes())
    signed = {name: kept[name] for name in kept if name not in ("digest", "signature")}
    canonical = orjson.dumps(signed, option=orjson.OPT_SORT_KEYS)
    kept["digest"] = f"sha256:{hashlib.sha256(canonical).hexdigest()}"
    path.write_bytes(orjson.dumps(kept))


def test_an_edited_plan_that_was_sealed_again_is_refused(
    shop: Shop, plan: Plan, tmp_path: Path
) -> None:
    path, database = tmp_path / "plan.json", shop.connection.database
    service.save_plan(plan, path, database)
    path.write_text(path.read_text().replace('"quantity":25', '"quantity":26'))
    sealed_by_hand(path)
    with pytest.raises(InputFileError, match="changed and sealed by hand"):
        service.load_plan(path, "stock", database)


@pytest.mark.parametrize("signed", [None, "", "hmac-sha256:0", 7, ["hmac"]], ids=str)
def test_a_plan_without_its_signature_is_refused(
    shop: Shop, plan: Plan, tmp_path: Path, signed: object
) -> None:
    path, database = tmp_path / "plan.json", shop.connection.database
    service.save_plan(plan, path, database)
    path.write_bytes(orjson.dumps({**orjson.loads(path.read_bytes()), "signature": signed}))
    with pytest.raises(InputFileError, match="is not signed with the key of this database"):
        service.load_plan(path, "stock", database)


def test_a_plan_of_an_older_version_has_to_be_made_again(
    shop: Shop, plan: Plan, tmp_path: Path
) -> None:
    path, database = tmp_path / "plan.json", shop.connection.database
    service.save_plan(plan, path, database)
    for old in ("shipsync stock plan 1", "shipsync shipments plan 1", "shipsync plan 9"):
        path.write_bytes(orjson.dumps({"digest": "sha256:1", "format": old, "rows": []}))
        with pytest.raises(
            InputFileError, match="another version of shipsync; make the plan again"
        ):
            service.load_plan(path, "stock", database)
