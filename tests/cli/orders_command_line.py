"""``shipsync shipments`` and ``fulfillments`` on a command line, for an office on loopback."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.stock_command_line import Outcome
from reverse.orders_shop import Office, open_office
from reverse.write_kinds import fulfillment_rows, pending, shipment_rows
from shipsync.cli import boundary
from shipsync.emulator import serve

Run = Callable[..., Outcome]


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """An office on loopback that connection ``shop`` points at, with files to send."""
    office = open_office(tmp_path, stays_open=False)
    monkeypatch.chdir(tmp_path)
    rows = shipment_rows(office, 3)
    rows[2]["ship_to_country_code"] = "USA"
    write("orders.csv", rows)
    write("shipped.csv", fulfillment_rows(office))
    write("cancel.csv", [{"shipment_id": i} for i in pending(office)])
    with serve(office.account) as server:
        for name, value in (
            ("API_KEY", "emulator-key"),
            ("BASE_URL", server.url),
            ("REQUESTS_PER_MINUTE", "100000"),
        ):
            monkeypatch.setenv(f"SOURCES__SHIPSTATION__SHOP__{name}", value)
        yield office


@pytest.fixture
def run(served: Office, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs ``shipsync`` with the given words for the office."""

    def run(*words: str) -> Outcome:
        capsys.readouterr()
        where = ("--connection", "shop", "--database", str(served.connection.database))
        return Outcome(boundary.run([*words, *where], {}), *capsys.readouterr())

    return run


def write(name: str, rows: list[dict[str, object]]) -> None:
    with Path(name).open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def lines(text: str) -> list[list[str]]:
    return [line.split("\t") for line in text.splitlines()]
