"""``shipsync fleet`` over emulated accounts, each in a process of its own."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from shipsync.emulator import Account, serve
from shipsync.emulator.simulation.seed import seed_account
from shipsync.emulator.simulation.simulation import Simulation

from .conftest import Run

PAGE = (Path(__file__).parents[2] / "docs" / "publish.md").read_text(encoding="utf-8")
ACROSS_ACCOUNTS = next(
    block for block in re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL) if "account=*" in block
)
"""The query of all accounts that the page shows."""


@dataclass(frozen=True)
class Fleet:
    """Emulated accounts by name, the addresses at which they answer, and the table that names them."""

    accounts: dict[str, Account]
    urls: dict[str, str]
    table: Path

    def write(self, *lines: str) -> None:
        """Write the table: the accounts, and further lines."""
        own = [f"{name},emulator-key,{url}" for name, url in self.urls.items()]
        self.table.write_text("\n".join(["name,api_key,base_url", *own, *lines]) + "\n")
        self.table.chmod(0o600)

    def differing(self, folder: Path) -> list[str]:
        """Accounts whose current shipments and labels are not those that the account has."""
        found = []
        for name, account in self.accounts.items():
            with duckdb.connect(str(folder / "data" / f"{name}.duckdb"), read_only=True) as con:
                for table, key in (("shipments", "shipment_id"), ("labels", "label_id")):
                    query = f"select {key}, count(*) from raw.{table} where _dlt_valid_to is null group by 1"  # noqa: S608
                    stored = dict(con.execute(query).fetchall())
                    if stored != dict.fromkeys(account.ids(table), 1):
                        found.append(f"{name}.{table}")
        return found


def served(folder: Path, count: int) -> Iterator[Fleet]:
    with ExitStack() as stack:
        accounts, urls = {}, {}
        for number in range(count):
            name = f"shop_{number}"
            accounts[name] = Account(seed=number)
            seed_account(accounts[name], shipments=12 + number, days=4)
            urls[name] = stack.enter_context(serve(accounts[name])).url
        fleet = Fleet(accounts, urls, folder / "accounts.csv")
        fleet.write()
        yield fleet


@pytest.fixture
def fleet(folder: Path) -> Iterator[Fleet]:
    """Two accounts with a few shipments each."""
    yield from served(folder, 2)


@pytest.mark.xdist_group("dbt")
def test_accounts_that_fail_hold_up_no_other(run: Run, fleet: Fleet, folder: Path) -> None:
    url = fleet.urls["shop_0"]
    fleet.write(f"revoked,another-key,{url}", "gone,emulator-key,http://127.0.0.1:9")
    ran = run(
        *("fleet", "run", fleet.table, "--json", "--publish-to", "parquet:lake/account={account}")
    )
    assert ran.code == 3
    outcomes = {one["account"]: (one["outcome"], one["exit_code"]) for one in ran.json}
    assert outcomes == {
        "shop_0": ("done", 0),
        "shop_1": ("done", 0),
        "revoked": ("failed", 1),
        "gone": ("failed", 1),
    }
    assert "2 accounts of 4" in ran.err
    assert all(one["requests"] > 0 and one["rows"] > 0 for one in ran.json if not one["exit_code"])
    assert fleet.differing(folder) == []
    assert duckdb.execute(ACROSS_ACCOUNTS).fetchall() == [
        (name, len(account.ids("shipments"))) for name, account in fleet.accounts.items()
    ]

    shown = {one["account"]: one for one in run("fleet", "status", "--json").json}
    assert list(shown)[:2] == ["gone", "revoked"]
    assert "401" in shown["revoked"]["said"]
    assert shown["shop_0"]["lag_seconds"] is not None

    written = run("fleet", "status", "--to", "fleet.html", "--json")
    assert written.json == {"file": "fleet.html", "accounts": 4, "alarms": 2}
    assert "revoked" in (folder / "fleet.html").read_text(encoding="utf-8")
    neither = run("fleet", "status", "--to", "fleet.txt")
    assert (neither.code, neither.out) == (2, "")

    alone = run("fleet", "run", fleet.table, "--only", "revoked")
    assert (alone.code, alone.err.strip()) == (
        1,
        "No account was brought up to date; the table says why.",
    )
    unknown = run("fleet", "run", fleet.table, "--only", "nobody")
    assert (unknown.code, unknown.err.strip()) == (2, f"{fleet.table} names no account 'nobody'.")


@pytest.mark.slow
@pytest.mark.xdist_group("fleet")
def test_rounds_with_kills_lose_nothing(run: Run, folder: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - it is what a failure is replayed with
    dice = random.Random(seed)
    for fleet in served(folder, 10):
        lines = [f"revoked,another-key,{fleet.urls['shop_0']}"]
        fleet.write(*lines)
        for _ in range(3):
            for account in fleet.accounts.values():
                Simulation(account, orders_per_day=8).run(0.5)
            # Ends some of them in the midst of their work.
            minutes = str(dice.uniform(0.05, 0.3))
            ran = run("fleet", "run", fleet.table, "--deadline-minutes", minutes, "--json")
            assert ran.code in (1, 3)
            assert len(ran.json) == len(fleet.accounts) + 1
        last = run("fleet", "run", fleet.table, "--json")
        assert [one["account"] for one in last.json if one["exit_code"]] == ["revoked"]
        assert fleet.differing(folder) == []
