"""dbt's own documentation: it is made without a network, and says which page reads what."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from played_demo import Demo
from shipsync import clock
from shipsync.pages import catalogue
from shipsync.pages.content import Tiles
from shipsync.pages.reading import PACKAGE, Reader, reader
from shipsync.queries import ResultRows
from shipsync.statements import statement
from shipsync.warehouse.database import connect
from shipsync.warehouse.sql_project import sql_dir

# Refuses every connection in the process of dbt, and says so where the test sees it.
NO_NETWORK = """\
import socket
def refuse(self, address):
    raise SystemExit(f"dbt tried to reach {address}")
socket.socket.connect = socket.socket.connect_ex = refuse
"""
READ = re.compile(r"\b(?:from|join)\s+((?:metrics|tracking|reverse|ledger)\.\w+)")


@pytest.fixture(scope="module")
def documentation(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `dbt docs generate` made of the demo's database."""
    folder = tmp_path_factory.mktemp("dbt")
    (folder / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
    made = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), "docs", "generate"),
            *("--project-dir", str(sql_dir()), "--profiles-dir", str(sql_dir())),
            *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
        ],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(folder),
            "SHIPSYNC_DATABASE": str(demo.database),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return folder / "target"


def read(documentation: Path, name: str) -> Any:
    return json.loads((documentation / f"{name}.json").read_text(encoding="utf-8"))


def test_the_catalog_has_the_marts_with_their_columns(documentation: Path) -> None:
    nodes = read(documentation, "catalog")["nodes"]
    mart = nodes["model.shipsync.order_margin"]

    assert {"charged", "cost", "net"} <= set(mart["columns"])
    assert "Formula: charged - cost" in mart["columns"]["net"]["comment"]
    assert len([name for name in nodes if name.startswith("model.")]) > 60
    assert (documentation / "index.html").is_file()


class Noting(Reader):
    """A reader that remembers which relations its statements read."""

    relations: set[str]

    def rows(self, name: str, values: dict[str, object] | None = None) -> ResultRows:
        self.relations.update(READ.findall(statement(PACKAGE, name)))
        return super().rows(name, values)


@pytest.mark.parametrize("kind", catalogue.PAGES, ids=lambda kind: kind.name)
def test_an_exposure_names_what_its_page_reads(
    documentation: Path, demo: Demo, kind: catalogue.PageKind
) -> None:
    manifest = read(documentation, "manifest")
    exposure = manifest["exposures"][f"exposure.shipsync.{kind.name.replace('-', '_')}"]
    nodes = {**manifest["nodes"], **manifest["sources"]}
    named = {
        nodes[one]["schema"] + "." + nodes[one]["name"] for one in exposure["depends_on"]["nodes"]
    }
    with connect(demo.database, read_only=True) as con:
        noting = Noting(con, clock.now(), reader(con, clock.now()).state)
        noting.relations = set()
        [[number]] = con.execute("select min(shipment_number) from core.shipments").fetchall()
        sections = kind.sections(noting, number)
        numbers = catalogue.page(con, kind, clock.now()).numbers
    assert any(isinstance(part, Tiles) for part in sections)

    assert named == noting.relations | {number.mart for number in numbers}
    assert exposure["label"] == kind.title


def test_every_page_is_an_exposure(documentation: Path) -> None:
    exposures = read(documentation, "manifest")["exposures"]

    assert {one["name"].replace("_", "-") for one in exposures.values()} == {
        kind.name for kind in catalogue.PAGES
    }
