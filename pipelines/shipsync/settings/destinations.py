"""Addresses of databases, from dlt's own configuration of destinations."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from shipsync.errors import ConfigurationError
from shipsync.settings.toml_files import CONFIG_DIR, content_of, value_at


def destination(
    name: str, *, environ: Mapping[str, str] | None = None, config_dir: Path | None = None
) -> str:
    """The address of the database that dlt's own configuration calls ``[destination.NAME]``.

    Its ``credentials`` are an address, or a table of host, port, database, username and password. Raises
    ``ConfigurationError`` when there are none; the address holds a password and is not to be shown.
    """
    environ = os.environ if environ is None else environ
    folder = CONFIG_DIR if config_dir is None else config_dir
    prefix = f"DESTINATION__{name.upper()}__CREDENTIALS"
    given: object = environ.get(prefix)
    if not given:
        begin = f"{prefix}__"
        given = {
            variable.removeprefix(begin).lower(): value
            for variable, value in environ.items()
            if variable.startswith(begin)
        }
    for file in (folder / "secrets.toml", folder / "config.toml"):
        if not given:
            given = value_at(content_of(file), ("destination", name, "credentials"))
    if isinstance(given, str) and given:
        return given
    if not isinstance(given, dict) or not given:
        raise ConfigurationError(
            f"There are no credentials of a destination {name!r}. Put them into {folder / 'secrets.toml'} as "
            f'credentials = "postgresql://USER:PASSWORD@HOST/DATABASE" under [destination.{name}].'
        )
    table = {key: str(value) for key, value in given.items()}
    user, password = (quote(table.get(key, ""), safe="") for key in ("username", "password"))
    port = f":{table['port']}" if "port" in table else ""
    place = f"{table.get('host', '')}{port}/{quote(table.get('database', ''), safe='')}"
    return f"postgresql://{user}:{password}@{place}"
