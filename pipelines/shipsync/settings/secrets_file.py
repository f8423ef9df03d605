"""Putting a key into ``.dlt/secrets.toml``, for its owner alone, without a loss of what is in it."""

from __future__ import annotations

import secrets
from pathlib import Path

from shipsync import owner_only
from shipsync.connection import Secret
from shipsync.errors import ConfigurationError, UsageError


def keep_key(config_dir: Path, name: str, key: Secret, *, replace: bool = False) -> Path:
    """Write the key of connection ``name``, and a salt where it has none; returns the file.

    Comments and other sections stay. The file is 0600 afterwards and takes the place of the former one in one
    step. Raises ``UsageError`` if there is a key already and ``replace`` is not given,
    ``ConfigurationError`` for a file that is no TOML or cannot be written.
    """
    # Imported here, for commands begin quickly without it.
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    path = config_dir / "secrets.toml"
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8") if path.exists() else "")
        table = document
        for part in ("sources", "shipstation", *(() if name == "default" else (name,))):
            if part not in table:
                table.add(part, tomlkit.table(is_super_table=part == "sources"))
            table = table[part]
        if "api_key" in table and not replace:
            raise UsageError(
                f"{path} has a key for connection {name!r} already. --replace-key puts this one in its place."
            )
        table["api_key"] = key.reveal()
        if "personal_data_salt" not in table:
            table["personal_data_salt"] = secrets.token_urlsafe(32)
        _write(path, tomlkit.dumps(document))
    except (TOMLKitError, UnicodeDecodeError, TypeError, AttributeError):
        # The text of the error may quote a line that holds a key.
        raise ConfigurationError(
            f"{path} is not valid TOML, so nothing was written. Put it right or move it away."
        ) from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror or error}.") from None
    return path


def _write(path: Path, text: str) -> None:
    owner_only.make_folder(path.parent)
    owner_only.replace_file(path, text.encode())
