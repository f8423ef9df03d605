"""The table of a fleet's accounts, in each of its forms, and what is wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipsync import settings
from shipsync.errors import InputFileError, UsageError
from shipsync.fleet.accounts import FleetAccount, read_accounts

TOML = """
[accounts]
west = { timezone = "America/Denver", page_size = 100, tracking_promises = true }
east = {}
"""
CSV = (
    "\ufeffname,timezone,page_size,tracking_promises\r\nwest,America/Denver,100,true\r\neast,,,\r\n"
)
SQL = """
select * from (values ('west', 'America/Denver', 100, true), ('east', null, null, null))
as accounts (name, timezone, page_size, tracking_promises)
"""
ACCOUNTS = [
    FleetAccount(
        "west", {"timezone": "America/Denver", "page_size": "100", "tracking_promises": "true"}
    ),
    FleetAccount("east", {}),
]


def table(folder: Path, name: str, text: str, mode: int = 0o600) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8", newline="")
    file.chmod(mode)
    return file


@pytest.mark.parametrize(("name", "text"), [("a.toml", TOML), ("a.csv", CSV), ("a.sql", SQL)])
def test_each_form_gives_the_same_accounts(tmp_path: Path, name: str, text: str) -> None:
    assert read_accounts(table(tmp_path, name, text)) == ACCOUNTS


def test_its_settings_are_those_of_the_connection(tmp_path: Path) -> None:
    west = ACCOUNTS[0]
    found = settings.local("west", environ=west.environ, config_dir=tmp_path)
    assert (found.page_size, found.tracking_promises) == (100, True)
    assert found.merchant.timezone == "America/Denver"
    other = settings.local("east", environ=west.environ, config_dir=tmp_path)
    assert other.page_size != 100


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.txt", "west", "is no table of accounts; give a .toml, .csv or .sql file."),
        ("a.csv", "", "has no column name."),
        ("a.csv", "name\n", "names no account."),
        ("a.csv", "name\nwest\nwest\n", "names the account west twice."),
        ("a.csv", "name\nWest Coast\n", "'West Coast'"),
        ("a.csv", "name\n../west\n", "'../west'"),
        ("a.csv", "name,name\nwest,east\n", "has a column twice."),
        ("a.csv", "name,colour\nwest,red\n", "'colour'"),
        ("a.csv", "name,timezone\nwest\n", "Line 2"),
        ("a.csv", 'name\n"west\n', "is not valid CSV"),
        ("a.toml", "accounts = 1", "has no table [accounts]."),
        ("a.toml", "[accounts]\nwest = 1", "must be a table of settings"),
        ("a.toml", "[accounts", "is not valid TOML"),
        ("a.sql", "select", "DuckDB refused"),
        ("a.sql", "select 1 as number", "has no column name."),
        ("a.sql", "select 7 as name", "7 in"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    with pytest.raises(InputFileError) as refused:
        read_accounts(table(tmp_path, name, text))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "selec name from read_csv('https://me:hunter2@127.0.0.1/a.csv')",
        "from read_csv('https://me:hunter2@127.0.0.1:9/a.csv')",
        "attach 'password=hunter2 host=127.0.0.1 port=9' as shop (type postgres); from shop.accounts",
        "from read_csv('hunter2/accounts.csv')",
    ],
)
def test_a_query_that_fails_quotes_no_password(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputFileError) as refused:
        read_accounts(table(tmp_path, "a.sql", text))
    assert str(refused.value).startswith(f"DuckDB refused {tmp_path / 'a.sql'}: ")
    assert "hunter2" not in str(refused.value)
    assert str(refused.value).count("\n") == 0


def test_a_table_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="cannot be read: No such file or directory"):
        read_accounts(tmp_path / "accounts.csv")
    (tmp_path / "accounts.csv").write_bytes(b"name\n\xff\n")
    with pytest.raises(InputFileError, match="is not UTF-8 text"):
        read_accounts(tmp_path / "accounts.csv")


def test_keys_that_others_can_read_are_refused(tmp_path: Path) -> None:
    text = "name,api_key\nwest,a-key\n"
    with pytest.raises(InputFileError, match=r"holds api_key and can be read by others: chmod 600"):
        read_accounts(table(tmp_path, "a.csv", text, mode=0o640))
    (west,) = read_accounts(table(tmp_path, "a.csv", text))
    assert west.environ == {"SOURCES__SHIPSTATION__WEST__API_KEY": "a-key"}


def test_each_account_is_published_to_a_place_of_its_own() -> None:
    target = "delta:lake/account={account}"
    own = FleetAccount("south", {"publish_to": "destination:south"})
    assert [one.publishing_to(target).settings["publish_to"] for one in (*ACCOUNTS, own)] == [
        "delta:lake/account=west",
        "delta:lake/account=east",
        "destination:south",
    ]
    with pytest.raises(UsageError, match=r"must hold \{account\}"):
        own.publishing_to("delta:lake")
