"""Settings as a test gives them: in the environment, or in a file."""

from __future__ import annotations

from pathlib import Path

from shipsync.connection import Connection
from shipsync.settings import load

KEY = "kEy-9f27-not-to-be-seen"
ENVIRONMENT_KEY = {"SOURCES__SHIPSTATION__API_KEY": KEY}


def from_environment(tmp_path: Path, **settings: str) -> Connection:
    variables = {f"SOURCES__SHIPSTATION__{key.upper()}": value for key, value in settings.items()}
    return load(environ=ENVIRONMENT_KEY | variables, config_dir=tmp_path)


def from_file(tmp_path: Path, *lines: str) -> Connection:
    (tmp_path / "config.toml").write_text("\n".join(["[sources.shipstation]", *lines]))
    return load(environ=ENVIRONMENT_KEY, config_dir=tmp_path)
