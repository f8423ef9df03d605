"""Reading the settings of a connection: the only reader of configuration files and the environment.

The places are dlt's own, and so is their order: environment (``SOURCES__SHIPSTATION__API_KEY``),
then ``.dlt/secrets.toml``, then ``.dlt/config.toml``. ``[sources.shipstation]`` holds what all
connections share, ``[sources.shipstation.<name>]`` what one has for itself; so do ``[alerts]`` and
``[alerts.<name>]``. dlt is not imported for it: every command begins here, and must begin quickly.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipsync.connection import (
    AlertSettings,
    Connection,
    PersonalData,
    RemovedRows,
    Secret,
    check_personal_data,
)
from shipsync.errors import ConfigurationError
from shipsync.merchant import Merchant
from shipsync.settings.keys import ALERT_SETTINGS, SETTINGS
from shipsync.settings.setting import Setting
from shipsync.settings.toml_files import CONFIG_DIR, content_of, value_at

if TYPE_CHECKING:
    import pendulum


_NAME = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")


@dataclass(frozen=True)
class _Section:
    """A table of the configuration: where it stands, and the settings that it knows."""

    path: tuple[str, ...]
    settings: Mapping[str, Setting]

    @property
    def prefix(self) -> str:
        """What its variables in the environment begin with."""
        return "".join(f"{part.upper()}__" for part in self.path)


_ACCOUNT = _Section(("sources", "shipstation"), SETTINGS)
_ALERTS = _Section(("alerts",), ALERT_SETTINGS)


@dataclass(frozen=True)
class _ConfigFile:
    """One place that settings are read from, and what it holds for this connection."""

    label: str
    values: Mapping[str, object]


@dataclass(frozen=True)
class Local:
    """What a connection has on this machine: its DuckDB file, and where it delivers and publishes; no key.

    ``deliver_to``, ``deliver_secret`` and ``publish_to`` are None where nothing is delivered, signed or
    published. Name, limit and
    page size make it ``RateSettings``; ``personal_data`` says what is kept of buyers.
    """

    name: str
    database: Path
    changes_since: pendulum.DateTime | None
    deliver_to: str | None = None
    deliver_secret: Secret | None = None
    publish_to: str | None = None
    publish_removed_rows: RemovedRows = Connection.publish_removed_rows
    requests_per_minute: int = Connection.requests_per_minute
    page_size: int = Connection.page_size
    personal_data: PersonalData = "keep"
    personal_data_salt: Secret | None = None
    tracking_language: str = Connection.tracking_language
    tracking_wording: Path | None = None
    tracking_promises: bool = False
    order_prefixes: tuple[str, ...] = ()
    order_suffixes: tuple[str, ...] = ()
    largest_webhook_mb: int = Connection.largest_webhook_mb
    merchant: Merchant = field(default=Merchant())
    slow_lists_every: timedelta = Connection.slow_lists_every
    inventory_every: timedelta = Connection.inventory_every
    tracking_calls_per_day: int = Connection.tracking_calls_per_day
    memory_limit_mb: int | None = None
    alerts: AlertSettings = Connection.alerts


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


def local(
    name: str = "default",
    *,
    database: Path | None = None,
    environ: Mapping[str, str] | None = None,
    config_dir: Path | None = None,
) -> Local:
    """What connection ``name`` has on this machine, for what does not ask the account.

    Parameters and errors are those of ``load``, but that no key is needed.
    """
    arguments = _arguments(name, environ, config_dir)
    check_personal_data(
        arguments.get("personal_data", Local.personal_data), arguments.get("personal_data_salt")
    )
    return Local(
        name=name,
        database=database or arguments["database"],
        changes_since=arguments.get("changes_since"),
        deliver_to=arguments.get("deliver_to"),
        deliver_secret=arguments.get("deliver_secret"),
        publish_to=arguments.get("publish_to"),
        publish_removed_rows=arguments.get("publish_removed_rows", Local.publish_removed_rows),
        requests_per_minute=arguments.get("requests_per_minute", Local.requests_per_minute),
        page_size=arguments.get("page_size", Local.page_size),
        personal_data=arguments.get("personal_data", Local.personal_data),
        personal_data_salt=arguments.get("personal_data_salt"),
        tracking_language=arguments.get("tracking_language", Local.tracking_language),
        tracking_wording=arguments.get("tracking_wording"),
        tracking_promises=arguments.get("tracking_promises", Local.tracking_promises),
        order_prefixes=arguments.get("order_prefixes", Local.order_prefixes),
        order_suffixes=arguments.get("order_suffixes", Local.order_suffixes),
        largest_webhook_mb=arguments.get("largest_webhook_mb", Local.largest_webhook_mb),
        merchant=arguments.get("merchant", Local.merchant),
        slow_lists_every=arguments.get("slow_lists_every", Local.slow_lists_every),
        inventory_every=arguments.get("inventory_every", Local.inventory_every),
        tracking_calls_per_day=arguments.get(
            "tracking_calls_per_day", Local.tracking_calls_per_day
        ),
        memory_limit_mb=arguments.get("memory_limit_mb"),
        alerts=arguments["alerts"],
    )


def is_name(name: str) -> bool:
    """Whether a connection can be called that."""
    return _NAME.fullmatch(name) is not None and name not in SETTINGS and name not in ALERT_SETTINGS


def variable(name: str, key: str) -> str:
    """The variable of the environment that sets ``key`` of connection ``name``."""
    return f"{_ACCOUNT.prefix}{name.upper()}__{key.upper()}"


def _arguments(
    name: str, environ: Mapping[str, str] | None, config_dir: Path | None
) -> dict[str, Any]:
    """What the configuration says of connection ``name``, as arguments of ``Connection``."""
    if not is_name(name):
        raise ConfigurationError(
            f"{name!r} cannot name a connection; use small letters, digits and single underscores, "
            "and no name of a setting."
        )
    environ = os.environ if environ is None else environ
    folder = CONFIG_DIR if config_dir is None else config_dir
    arguments: dict[str, Any] = {"name": name, "database": Path("data") / f"{name}.duckdb"}
    arguments |= _given(_ACCOUNT, name, environ, folder)
    decided = {f.name for f in fields(Merchant)} & arguments.keys()
    if decided:
        arguments["merchant"] = Merchant(**{name: arguments.pop(name) for name in decided})
    arguments["alerts"] = AlertSettings(**_given(_ALERTS, name, environ, folder))
    return arguments


def _given(
    section: _Section, name: str, environ: Mapping[str, str], config_dir: Path
) -> dict[str, Any]:
    """What is set in one section, by the names of the arguments that it sets."""
    places = list(_places(section, name, environ, config_dir))
    for place in places:
        _refuse_unknown(section, place)
    given = {}
    for key, setting in section.settings.items():
        place_of_key = next((place for place in places if key in place.values), None)
        if place_of_key is not None:
            given[setting.argument] = _read(key, setting, place_of_key)
    return given


def _places(
    section: _Section, name: str, environ: Mapping[str, str], config_dir: Path
) -> Iterator[_ConfigFile]:
    """Every place in the order in which they are asked; the first that has a value gives it."""
    yield _ConfigFile("the environment", _from_environment(section, environ, name))
    for_all = _from_environment(section, environ, "")
    yield _ConfigFile("the environment", _inherited(section, name, for_all))
    for file in (config_dir / "secrets.toml", config_dir / "config.toml"):
        found = value_at(content_of(file), section.path)
        table = found if isinstance(found, dict) else {}
        own = table.get(name, {})
        shared = {
            k: v for k, v in table.items() if k in section.settings or not isinstance(v, dict)
        }
        for values in (
            own if isinstance(own, dict) else {},
            _inherited(section, name, shared),
        ):
            if file.name == "config.toml":
                _refuse_secrets(section, file, values)
            yield _ConfigFile(str(file), values)


def _inherited(section: _Section, name: str, shared: Mapping[str, object]) -> Mapping[str, object]:
    # If a connection fell back on another's key, a misspelt --connection would load one account
    # into the file of another and write stock into the wrong one. So too with a shared file.
    if name == "default":
        return shared
    known = section.settings
    return {k: v for k, v in shared.items() if k not in known or not known[k].is_own}


def _from_environment(
    section: _Section, environ: Mapping[str, str], name: str
) -> dict[str, object]:
    found: dict[str, object] = {}
    for variable, value in environ.items():
        if variable.startswith(section.prefix):
            rest = variable.removeprefix(section.prefix).lower()
            connection, _, key = rest.rpartition("__")
            if connection == name:
                found[key] = value
    return found


def _refuse_unknown(section: _Section, place: _ConfigFile) -> None:
    for key in place.values:
        if key in section.settings:
            continue
        import difflib  # only needed on the way out; keeps every other start fast

        # Who leaves out the unit gave the beginning of a name, however alike a shorter one is.
        begun = [name for name in section.settings if name.startswith(f"{key}_")]
        near = begun or difflib.get_close_matches(key, section.settings, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        where = "" if section is _ACCOUNT else f", section [{'.'.join(section.path)}]"
        raise ConfigurationError(
            f"Unknown setting {key!r} in {place.label}{where}.{hint} "
            f"Known: {', '.join(section.settings)}."
        )


def _refuse_secrets(section: _Section, file: Path, values: Mapping[str, object]) -> None:
    for key in values:
        if key in section.settings and section.settings[key].is_secret:
            raise ConfigurationError(
                f"{key} is in {file}, a file made to be shared; move it to "
                f"{file.with_name('secrets.toml')}, which stays out of version control."
            )


def _read(key: str, setting: Setting, place: _ConfigFile) -> object:
    try:
        return setting.convert(place.values[key])
    except (TypeError, ValueError, OverflowError):
        shown = "" if setting.is_secret else f" is {place.values[key]!r}; it"
        raise ConfigurationError(
            f"{key} in {place.label}{shown} must be {setting.wanted}."
        ) from None


def _missing_key(name: str, config_dir: Path) -> str:
    own = "" if name == "default" else name
    variable = f"{_ACCOUNT.prefix}{own.upper()}{'__' if own else ''}API_KEY"
    section = ".".join((*_ACCOUNT.path, own) if own else _ACCOUNT.path)
    return (
        f"No API key for connection {name!r}. Put it into {config_dir / 'secrets.toml'} as "
        f'api_key = "..." under [{section}], or into the environment as {variable}. '
        "ShipStation shows it under Settings > Account > API Settings; take a V2 key."
    )
