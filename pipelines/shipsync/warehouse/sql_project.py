"""Where the dbt project lies: the SQL models and the seeds that Python reads too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from shipsync.errors import ModelError

_WHAT_MODELS_ARE_MADE_OF: Final = ("macros", "models", "seeds")


def sql_dir() -> Path:
    """The dbt project: ``shipsync/_sql`` in an installed wheel, ``sql/`` in a checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_sql", package.parents[1] / "sql"):
        if (folder / "dbt_project.yml").is_file():
            return folder
    raise ModelError(f"The SQL models are missing beside {package}. Install shipsync again.")


def fingerprint(variables: Mapping[str, str | float]) -> str:
    """A digest of all that models are made of, vars included; another one means that they may differ."""
    project = sql_dir()
    digest = sha256((project / "dbt_project.yml").read_bytes())
    digest.update(json.dumps(variables, sort_keys=True).encode())
    for folder in _WHAT_MODELS_ARE_MADE_OF:
        for file in sorted(path for path in (project / folder).rglob("*") if path.is_file()):
            digest.update(f"\0{file.relative_to(project).as_posix()}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()
