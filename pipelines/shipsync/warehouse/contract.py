"""The contract with whoever reads the models: which columns they have, of which type, under a version.

dbt refuses to build a model of core, changes, tracking or metrics whose columns are other than its
description says. What the descriptions said last is kept in ``sql/contract.toml`` with the version. A column
may be added under the same version; one that goes, is renamed or gets another type breaks somebody's query,
so it asks for a higher ``contract_version`` in ``sql/dbt_project.yml``: ``make models`` refuses it otherwise,
and a test fails. The same holds for the key of a model, the columns that tell its rows apart.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from shipsync.errors import ModelError
from shipsync.warehouse.sql_project import sql_dir

FOLDERS: Final = ("core", "changes", "tracking", "metrics")
"""The schemas whose models are held to their description."""
_FILE: Final = "contract.toml"
_VERSION: Final = "version_number"
_HEAD: Final = (
    "# Written by `make models` from the descriptions of the models: their keys, columns and types."
)

Columns = Mapping[str, Mapping[str, str]]
"""The type of each column by its name, of each model by ``schema.name``."""


@dataclass(frozen=True)
class Key:
    """The ``columns`` that tell the rows of a model apart; those of ``optional`` may be null."""

    columns: tuple[str, ...]
    optional: frozenset[str] = frozenset()

    def document(self) -> dict[str, list[str]]:
        """Itself as TOML has it."""
        optional = {"optional": sorted(self.optional)} if self.optional else {}
        return {"columns": list(self.columns), **optional}

    @staticmethod
    def read(document: Mapping[str, list[str]]) -> Key:
        """The key that ``document`` was made of."""
        return Key(tuple(document["columns"]), frozenset(document.get("optional", ())))


@cache
def keys() -> Mapping[str, Key]:
    """The keys of the models that have one, by ``schema.name``, as the contract has them."""
    return {model: Key.read(document) for model, document in _kept()["keys"].items()}


def columns() -> Columns:
    """The columns of every model that the contract holds, with their types."""
    models: Columns = _kept()["models"]
    return models


@cache
def _kept() -> dict[str, Any]:
    return tomllib.loads((sql_dir() / _FILE).read_text(encoding="utf-8"))


def contract_text(project: Path) -> str:
    """What ``contract.toml`` must say. Raises ModelError for a change that needs a higher version."""
    version = _declared_version(project)
    now, told_apart = described_columns(project), described_keys(project)
    file = project / _FILE
    if file.is_file():
        kept = tomllib.loads(file.read_text(encoding="utf-8"))
        broken = [*_broken(kept["models"], now), *_broken_keys(kept.get("keys", {}), told_apart)]
        if broken and version <= kept["version"]:
            raise ModelError(
                f"The contract of version {kept['version']} is broken: {'; '.join(broken)}. Keep the "
                "column, or raise contract_version in sql/dbt_project.yml and say so in CHANGELOG.md."
            )
    lines = [_HEAD, f"version = {version}", "\n[keys]"]
    lines += [f"{json.dumps(model)} = {_inline(key)}" for model, key in sorted(told_apart.items())]
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
    return {
        name: {column["name"]: _type(model, column) for column in model["columns"]}
        for name, model in _described_models(project)
    }


def described_keys(project: Path) -> dict[str, Key]:
    """The keys that the tests of the models declare."""
    found = {}
    for name, model in _described_models(project):
        for test in model.get("data_tests", []):
            if "primary_key" in test:
                found[name] = Key.read(test["primary_key"]["arguments"])
            elif "one_version_at_a_time" in test:
                given = test["one_version_at_a_time"]["arguments"]
                found[name] = Key.read({**given, "columns": [*given["key"], _VERSION]})
    return found


def _described_models(project: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for folder in FOLDERS:
        models = {path.stem for path in (project / "models" / folder).rglob("*.sql")}
        for path in sorted((project / "models" / folder).rglob("*.yml")):
            for model in _read(path).get("models", []):
                # A file beside the models of core describes those of staging too.
                if model["name"] in models:
                    yield f"{folder}.{model['name']}", model


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


def _broken_keys(
    kept: Mapping[str, Mapping[str, list[str]]], now: Mapping[str, Key]
) -> Iterator[str]:
    for model, document in kept.items():
        if now.get(model) != Key.read(document):
            yield f"{model} is not told apart by {', '.join(document['columns'])} any more"


def _inline(key: Key) -> str:
    return (
        "{ "
        + ", ".join(f"{name} = {json.dumps(value)}" for name, value in key.document().items())
        + " }"
    )


def _declared_version(project: Path) -> int:
    return int(_read(project / "dbt_project.yml")["vars"]["shipsync"]["contract_version"])


def _read(path: Path) -> dict[str, Any]:
    # Imported here: what builds models reads no YAML, dbt does.
    import yaml

    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content
