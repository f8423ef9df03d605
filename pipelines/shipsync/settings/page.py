"""The page of all settings, ``docs/settings.md``: ``make docs`` writes it from the settings themselves."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import timedelta
from typing import Final

from shipsync.connection import AlertSettings, Connection
from shipsync.merchant import Merchant
from shipsync.settings.keys import ALERT_SETTINGS, SETTINGS
from shipsync.settings.setting import Setting

# Defaults that depend on the connection, or that mean something no value says.
_DEFAULTS_IN_WORDS: Final = {
    "api_key": "must be given",
    "database": "`data/NAME.duckdb`",
    "changes_since": "the first run",
}
_HEAD: Final = """\
# Settings

Settings are read from three places, the first that has one wins: the environment, `.dlt/secrets.toml`,
`.dlt/config.toml`. The key `page_size` is `SOURCES__SHIPSTATION__PAGE_SIZE` in the environment, and in a
file

```toml
[sources.shipstation]
page_size = 100
```

A connection of another name has a section of its own: `[sources.shipstation.west]` in a file,
`SOURCES__SHIPSTATION__WEST__PAGE_SIZE` in the environment, and `--connection west` chooses it. It takes
what it does not set itself from `[sources.shipstation]`, but for the settings marked *own*, which no
connection takes from another. Those marked *secret* are refused in `config.toml`, a file made to be
shared. A key that is not in this table is an error.

| key | default | what it sets |
|---|---|---|
"""
_ALERTS: Final = """
## Alerts

In a section of their own, `[alerts]`, in the same places: `ALERTS__URL` in the environment. A connection of
another name may have its own, `[alerts.west]` or `ALERTS__WEST__URL`, and takes the rest from `[alerts]`.

| key | default | what it sets |
|---|---|---|
"""
_FOOT: Final = """
This page is generated: `make docs` writes it from `pipelines/shipsync/settings/keys.py`.
"""


def page() -> str:
    """The page, in Markdown: every setting with its default and what it sets."""
    return (
        _HEAD + _rows(SETTINGS, Connection) + _ALERTS + _rows(ALERT_SETTINGS, AlertSettings) + _FOOT
    )


def _rows(settings: Mapping[str, Setting], of: type[Connection | AlertSettings]) -> str:
    return "".join(
        f"| `{key}` | {_default(key, setting, of)} | {setting.help}{_marks(setting)} |\n"
        for key, setting in settings.items()
    )


def _default(key: str, setting: Setting, of: type[Connection | AlertSettings]) -> str:
    if key in _DEFAULTS_IN_WORDS:
        return _DEFAULTS_IN_WORDS[key]
    known = [*fields(of), *fields(Merchant)]
    (value,) = (f.default for f in known if f.name == setting.argument)
    assert value is not MISSING, f"{key} has no default; say so in words"
    if value is None or value == ():
        return "none"
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        return f"{seconds / 3600 if key.endswith('_hours') else seconds:g}"
    if isinstance(value, bool):
        return str(value).lower()
    return f"`{value}`" if isinstance(value, str) else f"{value:g}"


def _marks(setting: Setting) -> str:
    marks = [
        name for name, holds in (("secret", setting.is_secret), ("own", setting.is_own)) if holds
    ]
    return "".join(f" *{mark}*" for mark in marks)


if __name__ == "__main__":
    sys.stdout.write(page())
