"""The files of a folder of configuration, as dlt lays them out."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path

from shipsync.errors import ConfigurationError

CONFIG_DIR = Path(".dlt")


def content_of(file: Path) -> dict[str, object]:
    """What a file says; nothing where there is none. Raises ``ConfigurationError`` if it is unreadable."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        # Its text names line and column; it never quotes the line, which may hold the key.
        raise ConfigurationError(f"{file} is not valid TOML: {error}.") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file} is not UTF-8 text; save it again as UTF-8.") from None
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror or error}.") from None


def value_at(content: object, path: Iterable[str]) -> object:
    """What stands below a path of keys, None where nothing does."""
    for part in path:
        content = content.get(part) if isinstance(content, dict) else None
    return content
