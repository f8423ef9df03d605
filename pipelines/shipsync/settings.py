"""Settings of a connection, read once: the only reader of configuration files and the environment.

The places are dlt's own, and so is their order: environment (``SOURCES__SHIPSTATION__API_KEY``), then
``.dlt/secrets.toml``, then ``.dlt/config.toml``. ``[sources.shipstation]`` holds what all connections
share, ``[sources.shipstation.<name>]`` what one has for itself. dlt is not imported for it: every
command begins here, and must begin quickly.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from shipsync.connection import PERSONAL_DATA, Connection, PersonalData, Secret
from shipsync.errors import ConfigurationError

__all__ = ["PERSONAL_DATA", "Connection", "PersonalData", "Secret", "load"]

CONFIG_DIR = Path(".dlt")
_SECTION = ("sources", "shipstation")
_ENVIRONMENT_PREFIX = "SOURCES__SHIPSTATION__"
_NAME = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")


@dataclass(frozen=True)
class _Place:
    """One place a value may stand, and what it holds there for this connection."""

    label: str
    values: Mapping[str, object]


def load(
    name: str = "default",
    *,
    database: Path | None = None,
    environ: Mapping[str, str] | None = None,
    config_dir: Path | None = None,
) -> Connection:
    """The settings of connection ``name``, read from the environment and from ``config_dir``.

    ``database`` overrides the configured file (``data/<name>.duckdb`` when none is). ``environ``
    defaults to the process environment, ``config_dir`` to ``.dlt`` in the working directory. Raises
    ``ConfigurationError`` for a key that is unknown, missing, unreadable or out of range.
    """
    arguments = _arguments(name, environ, config_dir)
    if "api_key" not in arguments:
        raise ConfigurationError(_missing_key(name, config_dir or CONFIG_DIR))
    if database is not None:
        arguments["database"] = database
    return Connection(**arguments)


def database_file(
    name: str = "default",
    *,
    database: Path | None = None,
    environ: Mapping[str, str] | None = None,
    config_dir: Path | None = None,
) -> Path:
    """The DuckDB file of connection ``name``, for those who only read it: no key is needed.

    Parameters and errors are those of ``load``, but for the missing key.
    """
    arguments = _arguments(name, environ, config_dir)
    file: Path = arguments["database"] if database is None else database
    return file


def _arguments(
    name: str, environ: Mapping[str, str] | None, config_dir: Path | None
) -> dict[str, Any]:
    """What the configuration says of connection ``name``, as arguments of ``Connection``."""
    if not _NAME.fullmatch(name) or name in _READERS:
        raise ConfigurationError(
            f"{name!r} cannot name a connection; use small letters, digits and single underscores, "
            "and no name of a setting."
        )
    environ = os.environ if environ is None else environ
    places = list(_places(name, environ, CONFIG_DIR if config_dir is None else config_dir))
    for place in places:
        _refuse_unknown(place)

    arguments: dict[str, Any] = {"name": name, "database": Path("data") / f"{name}.duckdb"}
    for key, reader in _READERS.items():
        for place in places:
            if key in place.values:
                arguments[reader.argument] = _read(reader, key, place)
                break
    return arguments


def _places(name: str, environ: Mapping[str, str], config_dir: Path) -> Iterator[_Place]:
    """Every place in the order in which they are asked; the first that has a value gives it."""
    shared = _from_environment(environ, None)
    own = _from_environment(environ, name)
    yield _Place("the environment", own)
    yield _Place("the environment", _inherited(name, shared))
    for file in (config_dir / "secrets.toml", config_dir / "config.toml"):
        section = _section(file)
        shared = {key: value for key, value in section.items() if not isinstance(value, dict)}
        named = section.get(name, {})
        yield _Place(str(file), named if isinstance(named, dict) else {})
        yield _Place(str(file), _inherited(name, shared))


def _inherited(name: str, shared: Mapping[str, object]) -> Mapping[str, object]:
    # A key belongs to one account. If another connection fell back on it, a misspelt --connection
    # would load one account into the file of another and write stock into the wrong one.
    # The same holds for a file that two connections would share.
    if name == "default":
        return shared
    return {k: v for k, v in shared.items() if k not in ("api_key", "database")}


def _from_environment(environ: Mapping[str, str], name: str | None) -> dict[str, object]:
    found: dict[str, object] = {}
    for variable, value in environ.items():
        if not variable.startswith(_ENVIRONMENT_PREFIX):
            continue
        section, _, key = variable.removeprefix(_ENVIRONMENT_PREFIX).lower().rpartition("__")
        if section == (name or ""):
            found[key] = value
    return found


def _section(file: Path) -> dict[str, object]:
    try:
        content: object = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        # The error's text gives line and column, never the line itself.
        raise ConfigurationError(f"{file} is not valid TOML: {error}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {type(error).__name__}.") from None
    for part in _SECTION:
        content = content.get(part, {}) if isinstance(content, dict) else {}
    return content if isinstance(content, dict) else {}


def _refuse_unknown(place: _Place) -> None:
    for key in place.values:
        if key not in _READERS:
            import difflib  # only needed on the way out; keeps every other start fast

            near = difflib.get_close_matches(key, _READERS, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise ConfigurationError(
                f"Unknown setting {key!r} in {place.label}.{hint} Known: {', '.join(_READERS)}."
            )


def _missing_key(name: str, config_dir: Path) -> str:
    default = name == "default"
    variable = f"{_ENVIRONMENT_PREFIX}{'' if default else name.upper() + '__'}API_KEY"
    section = ".".join(_SECTION) + ("" if default else f".{name}")
    return (
        f"No API key for connection {name!r}. Put it into {config_dir / 'secrets.toml'} as "
        f'api_key = "..." under [{section}], or into the environment as {variable}. '
        "ShipStation shows it under Settings > Account > API Settings; ask for a V2 key."
    )


@dataclass(frozen=True)
class _Reader:
    """How the value of a key becomes an argument of ``Connection``; ``wanted`` completes "must be"."""

    argument: str
    wanted: str
    convert: Callable[[object], object]


def _read(reader: _Reader, key: str, place: _Place) -> object:
    try:
        return reader.convert(place.values[key])
    except (TypeError, ValueError, OverflowError):
        shown = "" if reader.convert is _secret else f" is {place.values[key]!r}; it"
        raise ConfigurationError(
            f"{key} in {place.label}{shown} must be {reader.wanted}."
        ) from None


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value.strip()


def _secret(value: object) -> Secret:
    return Secret(_text(value))


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError
    return float(value)


def _whole(value: object) -> int:
    number = _number(value)
    if number != int(number):
        raise ValueError
    return int(number)


def _yes_or_no(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = _text(value).lower()
    if word not in ("true", "false"):
        raise ValueError
    return word == "true"


def _instant(value: object) -> object:
    import pendulum  # a twentieth of a second that only this setting needs

    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError
        return pendulum.instance(value).in_timezone("UTC")
    text = value.isoformat() if isinstance(value, date) else _text(value)
    if not re.fullmatch(r"\d{4}-\d\d-\d\d(?:T.*(?:Z|[+-]\d\d:\d\d))?", text):
        raise ValueError
    return pendulum.instance(datetime.fromisoformat(text), tz="UTC").in_timezone("UTC")


def _seconds(value: object) -> timedelta:
    return timedelta(seconds=_number(value))


def _hours(value: object) -> timedelta:
    return timedelta(hours=_number(value))


_READERS: dict[str, _Reader] = {
    "api_key": _Reader("api_key", "a text that is not empty", _secret),
    "base_url": _Reader("base_url", "an address", _text),
    "timeout_seconds": _Reader("timeout_seconds", "a number from 10 to 180", _number),
    "requests_per_minute": _Reader("requests_per_minute", "a whole number", _whole),
    "page_size": _Reader("page_size", "a whole number from 1 to 500", _whole),
    "give_up_after_seconds": _Reader("give_up_after", "a number of seconds", _seconds),
    "lag_seconds": _Reader("lag", "a number of seconds", _seconds),
    "label_sweep_days": _Reader("label_sweep_days", "a whole number of days", _whole),
    "slow_lists_every_hours": _Reader("slow_lists_every", "a number of hours", _hours),
    "inventory_every_hours": _Reader("inventory_every", "a number of hours", _hours),
    "checkpoint_pages": _Reader("checkpoint_pages", "a whole number", _whole),
    "tracking_calls_per_run": _Reader("tracking_calls_per_run", "a whole number", _whole),
    "tracking_finished_after_days": _Reader(
        "tracking_finished_after_days", "a whole number of days", _whole
    ),
    "personal_data": _Reader("personal_data", "keep, hash or drop", _text),
    "personal_data_salt": _Reader("personal_data_salt", "a text that is not empty", _secret),
    "read_only": _Reader("read_only", "true or false", _yes_or_no),
    "database": _Reader("database", "the path of a file", lambda value: Path(_text(value))),
    "changes_since": _Reader(
        "changes_since", "a day (2026-01-31) or an instant (2026-01-31T08:00:00Z)", _instant
    ),
}
