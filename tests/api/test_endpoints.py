from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

import shipsync
from shipsync.api import endpoints
from shipsync.api.endpoints import LISTINGS, WriteEndpoint
from shipsync.errors import UsageError
from shipsync.sources.tables import TABLES

PACKAGE = Path(shipsync.__file__).parent

READS = [
    endpoints.shipment,
    endpoints.shipment_by_external_id,
    endpoints.shipment_rates,
    endpoints.label,
    endpoints.label_track,
    endpoints.warehouse,
]


def modules(*, outside: tuple[str, ...]) -> Iterator[tuple[str, ast.AST]]:
    """Every module of the package, by its path in it, but for those ``outside`` begins with."""
    for file in sorted(PACKAGE.rglob("*.py")):
        name = file.relative_to(PACKAGE).as_posix()
        if not name.startswith(outside):
            yield name, ast.parse(file.read_text(encoding="utf-8"))


def writes() -> set[str]:
    """The names of all that is a write, or makes one, in the table of endpoints."""
    constants = {
        name for name, value in vars(endpoints).items() if isinstance(value, WriteEndpoint)
    }
    makers = {
        name
        for name, value in vars(endpoints).items()
        if inspect.isfunction(value) and value.__annotations__.get("return") == "WriteEndpoint"
    }
    return constants | makers


def names_in(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.alias):
            found.add(node.name)
    return found


def calls_a_write(node: ast.AST) -> bool:
    """Whether it is ``something.write(..., stream=...)``, as no file has."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "write"
        and any(keyword.arg == "stream" for keyword in node.keywords)
    )


def test_the_writes_are_found() -> None:
    assert writes() == {
        "CHANGE_STOCK",
        "CREATE_SHIPMENTS",
        "CREATE_FULFILLMENTS",
        "CALCULATE_RATES",
        "cancel_shipment",
        "void_label",
    }


def test_only_reverse_writes() -> None:
    elsewhere = ("reverse/", "emulator/", "api/endpoints.py")
    for name, tree in modules(outside=elsewhere):
        assert not names_in(tree) & (writes() | {"WriteEndpoint"}), name
        assert not any(calls_a_write(node) for node in ast.walk(tree)), name


def test_no_other_module_spells_a_path() -> None:
    for name, tree in modules(outside=("emulator/", "api/endpoints.py")):
        documentation = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        spelt = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value.lstrip("/").startswith("v2/")
            and id(node) not in documentation
        ]
        assert not spelt, name


@pytest.mark.parametrize("listing", LISTINGS.values(), ids=LISTINGS)
def test_a_listing_fits_its_raw_table(listing: endpoints.Listing) -> None:
    [table] = [table for table in TABLES if table.name == listing.stream]
    assert listing.key == table.key


@pytest.mark.parametrize("read", READS, ids=lambda read: read.__name__)
@pytest.mark.parametrize("identifier", ["", " ", ".", ".."])
def test_no_id_turns_a_path_into_another(read: object, identifier: str) -> None:
    assert callable(read)
    with pytest.raises(UsageError, match="is not an id"):
        read(identifier)


def test_ids_are_quoted() -> None:
    assert endpoints.shipment("se-1/cancel?x=1#y") == "/v2/shipments/se-1%2Fcancel%3Fx%3D1%23y"
    assert endpoints.label_track("se 1") == "/v2/labels/se%201/track"
    assert endpoints.cancel_shipment("se-1") == WriteEndpoint("PUT", "/v2/shipments/se-1/cancel")
