"""The contract with whoever reads the models: which columns they have, of which type, under a version.

dbt refuses to build a model of core, changes, tracking or metrics whose columns are other than its
description says. What the descriptions said last is kept in ``sql/contract.toml`` with the version. A column
may be added under the same version; one that goes, is renamed or gets another type breaks somebody's query,
so it asks for a higher ``contract_version`` in ``sql/dbt_project.yml``: ``make models`` refuses it otherwise,
and a test fails.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from shipsync.errors import ModelError

FOLDERS: Final = ("core", "changes", "tracking", "metrics")
"""The schemas whose models are held to their description."""
_FILE: Final = "contract.toml"
_HEAD: Final = (
    "# Written by `make models` from the descriptions of the models: their columns and types."
)

Columns = Mapping[str, Mapping[str, str]]
"""The type of each column by its name, of each model by ``schema.name``."""


def contract_text(project: Path) -> str:
    """What ``contract.toml`` must say. Raises ModelError for a change that needs a higher version."""
    version, now = _declared_version(project), described_columns(project)
    file = project / _FILE
    if file.is_file():
        kept = tomllib.loads(file.read_text(encoding="utf-8"))
        broken = list(_broken(kept["models"], now))
        if broken and version <= kept["version"]:
            raise ModelError(
                f"The contract of version {kept['version']} is broken: {'; '.join(broken)}. Keep the "
                "column, or raise contract_version in sql/dbt_project.yml and say so in CHANGELOG.md."
            )
    lines = [_HEAD, f"version = {version}"]
    for model, columns in sorted(now.items()):
        lines.append(f"\n[models.{json.dumps(model)}]")
        lines += [f"{json.dumps(name)} = {json.dumps(kind)}" for name, kind in columns.items()]
    return "\n".join(lines) + "\n"


def stale_contract(project: Path) -> dict[str, str]:
    """``contract.toml`` with its text if it is missing or says something else, else nothing."""
    text, file = contract_text(project), project / _FILE
    is_held = file.is_file() and file.read_text(encoding="utf-8") == text
    return {} if is_held else {_FILE: text}


def described_columns(project: Path) -> dict[str, dict[str, str]]:
    """The columns that the descriptions name. Raises ModelError for one without a type."""
    found: dict[str, dict[str, str]] = {}
    for folder in FOLDERS:
        models = {path.stem for path in (project / "models" / folder).rglob("*.sql")}
        for path in sorted((project / "models" / folder).rglob("*.yml")):
            for model in _read(path).get("models", []):
                # A file beside the models of core describes those of staging too.
                if model["name"] in models:
                    columns = {column["name"]: _type(model, column) for column in model["columns"]}
                    found[f"{folder}.{model['name']}"] = columns
    return found


def _type(model: Mapping[str, Any], column: Mapping[str, Any]) -> str:
    if "data_type" not in column:
        raise ModelError(
            f"The column {column['name']} of {model['name']} has no data_type in its description."
        )
    return str(column["data_type"])


def _broken(kept: Columns, now: Columns) -> Iterator[str]:
    for model, columns in kept.items():
        if model not in now:
            yield f"{model} is gone"
            continue
        for name, kind in columns.items():
            if name not in now[model]:
                yield f"{model}.{name} is gone"
            elif now[model][name] != kind:
                yield f"{model}.{name} was {kind} and is {now[model][name]}"


def _declared_version(project: Path) -> int:
    return int(_read(project / "dbt_project.yml")["vars"]["shipsync"]["contract_version"])


def _read(path: Path) -> dict[str, Any]:
    # Imported here: what builds models reads no YAML, dbt does.
    import yaml

    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content
