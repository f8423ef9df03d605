"""The table of a fleet's accounts: a name for each, and what is set for it.

======  =====================================================================
file    holds
======  =====================================================================
.toml   a table ``[accounts]`` with a line for each: ``west = { timezone = "America/Denver" }``
.csv    a column ``name``, and a column for each setting; an empty cell sets nothing
.sql    one ``select`` that DuckDB answers, with the columns of such a CSV file
======  =====================================================================

A setting is one of ``[sources.shipstation]``. What the table does not set comes from ``.dlt`` and the
environment, as for a run of that account alone.
"""

from __future__ import annotations

import csv
import io
import stat
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import duckdb

from shipsync.errors import InputFileError, UsageError
from shipsync.settings import SETTINGS
from shipsync.settings.reading import is_name, variable

_PLACE_OF_NAME: Final = "{account}"
_OTHERS_MAY_READ: Final = stat.S_IRGRP | stat.S_IROTH


@dataclass(frozen=True)
class FleetAccount:
    """A connection of a fleet, and the settings that the table gives it, as texts."""

    name: str
    settings: Mapping[str, str]

    @property
    def environ(self) -> dict[str, str]:
        """Its settings as variables of the environment."""
        return {variable(self.name, key): value for key, value in self.settings.items()}

    def publishing_to(self, target: str) -> FleetAccount:
        """The same, published to ``target``, where ``{account}`` is its name, unless it has a target itself.

        Raises ``UsageError`` for a target that is the same for all: they would replace each other's rows.
        """
        if _PLACE_OF_NAME not in target:
            raise UsageError(
                f"Every account needs a place of its own, so {target!r} must hold {_PLACE_OF_NAME}: "
                f"delta:lake/account={_PLACE_OF_NAME}, for example."
            )
        given = {"publish_to": target.replace(_PLACE_OF_NAME, self.name)}
        return FleetAccount(self.name, given | dict(self.settings))


def read_accounts(file: Path) -> list[FleetAccount]:
    """The accounts of a fleet, in the order of the table.

    Raises ``InputFileError`` for a file that cannot be read, has no account or one twice, has a column
    that is no setting, or holds keys that others can read.
    """
    read = {".toml": _from_toml, ".csv": _from_csv, ".sql": _from_query}.get(file.suffix.lower())
    if read is None:
        raise InputFileError(f"{file} is no table of accounts; give a .toml, .csv or .sql file.")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputFileError(f"{file} is not UTF-8 text; save it again as UTF-8.") from None
    except OSError as error:
        raise InputFileError(f"{file} cannot be read: {error.strerror or error}.") from None
    accounts = [_account(file, name, given) for name, given in read(file, text)]
    if not accounts:
        raise InputFileError(f"{file} names no account.")
    _refuse_doubled(file, accounts)
    _refuse_open_secrets(file, accounts)
    return accounts


_Rows = Iterable[tuple[object, Mapping[str, object]]]


def _from_toml(file: Path, text: str) -> _Rows:
    try:
        table = tomllib.loads(text).get("accounts")
    except tomllib.TOMLDecodeError as error:
        raise InputFileError(f"{file} is not valid TOML: {error}.") from None
    if not isinstance(table, dict):
        raise InputFileError(f"{file} has no table [accounts].")
    for name, given in table.items():
        if not isinstance(given, dict):
            raise InputFileError(
                f"{name} in {file} must be a table of settings, such as {name} = {{}}."
            )
        yield name, given


def _from_csv(file: Path, text: str) -> _Rows:
    try:
        rows = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise InputFileError(f"{file} is not valid CSV: {error}.") from None
    header, *lines = rows or [[]]
    for number, line in enumerate(lines, start=2):
        if line and len(line) != len(header):
            raise InputFileError(
                f"Line {number} of {file} has {len(line)} cells, its first line {len(header)}."
            )
    return _named(file, [name.strip() for name in header], [line for line in lines if line])


def _from_query(file: Path, text: str) -> _Rows:
    try:
        # An extension would be fetched from the network in the middle of it.
        with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as con:
            found = con.execute(text)
            columns = [column[0] for column in found.description or ()]
            return _named(file, columns, found.fetchall())
    except duckdb.Error as error:
        # Behind the first line it quotes the statement, which may hold a password; so may all that is said
        # of a place that cannot be reached.
        quotes = isinstance(error, duckdb.IOException | duckdb.HTTPException)
        said = f"a {type(error).__name__}" if quotes else str(error).splitlines()[0]
        raise InputFileError(f"DuckDB refused {file}: {said.rstrip('.')}.") from None


def _named(file: Path, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> _Rows:
    if "name" not in columns:
        raise InputFileError(f"{file} has no column name.")
    if len(set(columns)) < len(columns):
        raise InputFileError(f"{file} has a column twice.")
    for row in rows:
        given = dict(zip(columns, row, strict=True))
        yield (
            given.pop("name"),
            {key: value for key, value in given.items() if value not in (None, "")},
        )


def _account(file: Path, name: object, given: Mapping[str, object]) -> FleetAccount:
    if not isinstance(name, str) or not is_name(name.strip()):
        raise InputFileError(
            f"{name!r} in {file} cannot name an account; use small letters, digits and single underscores."
        )
    unknown = [key for key in given if key not in SETTINGS]
    if unknown:
        raise InputFileError(
            f"{unknown[0]!r} in {file} is no setting of an account; docs/settings.md lists them."
        )
    return FleetAccount(name.strip(), {key: _text(value) for key, value in given.items()})


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return value.isoformat() if isinstance(value, date) else str(value).strip()


def _refuse_doubled(file: Path, accounts: Sequence[FleetAccount]) -> None:
    names: set[str] = set()
    for account in accounts:
        if account.name in names:
            raise InputFileError(f"{file} names the account {account.name} twice.")
        names.add(account.name)


def _refuse_open_secrets(file: Path, accounts: Sequence[FleetAccount]) -> None:
    keys = {key for account in accounts for key in account.settings if SETTINGS[key].is_secret}
    if keys and file.stat().st_mode & _OTHERS_MAY_READ:
        raise InputFileError(
            f"{file} holds {min(keys)} and can be read by others: chmod 600 {file}, or put keys into "
            ".dlt/secrets.toml."
        )
