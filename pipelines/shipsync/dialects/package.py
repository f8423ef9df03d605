"""A dbt package in another engine's SQL, from the same models: ``shipsync models --dialect spark FOLDER``.

Its sources are tables as ``shipsync publish`` writes them. What stays beside the account has no model in it.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlglot
from sqlglot import exp

from shipsync.dialects.columns import write_out
from shipsync.dialects.compiled import Compiled, CompiledModel, compiled
from shipsync.dialects.dialect import Dialect
from shipsync.errors import ModelError, UsageError
from shipsync.version import __version__
from shipsync.warehouse.sql_project import sql_dir

if TYPE_CHECKING:
    from shipsync.merchant import Merchant

_NUMBERED: Final = (
    "numbers events beside the record of their loads; changes.events is read as published"
)
_DECIDED: Final = "decides on writes to the account, which are made beside its ledger"
LEFT_OUT: Final[Mapping[str, str]] = {
    "changes.bounds": _NUMBERED,
    "changes.pending_versions": _NUMBERED,
    "changes.pending_changes": _NUMBERED,
    "changes.events": _NUMBERED,
    "reverse.outcomes": _DECIDED,
    "reverse.stock_targets": _DECIDED,
    "reverse.stock_adjustments_due": _DECIDED,
}
_PUBLISHED: Final = frozenset({"changes.events"})
# Views of views of views are planned anew by whoever asks.
_TABLES: Final = frozenset({"tracking", "metrics"})
_PLACE: Final = re.compile(r"[`\"]?shipsync__(ref|source)__(\w+?)__(\w+)[`\"]?")
_PROJECT: Final = "dbt_project.yml"
_MADE: Final = ("macros", "models")


@dataclass(frozen=True)
class PackageReport:
    """What was written: models, the tables that are read, and what was left out for which reason.

    All by their full names, ``schema.name``.
    """

    folder: str
    dialect: str
    models: tuple[str, ...]
    sources: tuple[str, ...]
    left_out: Mapping[str, str]


def write_package(folder: Path, merchant: Merchant, dialect: Dialect) -> PackageReport:
    """Write the package for ``dialect`` into ``folder``, in place of an earlier one.

    The settings of ``merchant`` are in its SQL. It takes half a minute.

    Raises ``UsageError`` where something else is in the folder, ``ModelError`` where nothing can be compiled.
    """
    _refuse_other_files(folder, dialect.project)
    with compiled(merchant) as found:
        package = Package(found, dialect)
        files = package.files()
    for name in _MADE:
        shutil.rmtree(folder / name, ignore_errors=True)
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return PackageReport(
        folder=str(folder),
        dialect=dialect.name,
        models=tuple(sorted(package.translated)),
        sources=tuple(sorted(package.sources)),
        left_out=package.left_out,
    )


class Package:
    """The models of ``found`` in the SQL of ``dialect``.

    ``translated`` has their texts by ``schema.name``, ``left_out`` why others are not there, ``sources`` the
    tables that are read and not made.
    """

    def __init__(self, found: Compiled, dialect: Dialect) -> None:
        self._found = found
        self._dialect = dialect
        self.translated: dict[str, str] = {}
        self.sources: set[str] = set()
        self.left_out: dict[str, str] = {**LEFT_OUT, **dialect.left_out}
        for model in found.models.values():
            if not model.sql:
                self.translated[model.relation] = self._seed(model)
            elif model.relation not in self.left_out:
                self._add(model)

    def _add(self, model: CompiledModel) -> None:
        missing = [one for one in model.reads if one in self.left_out and one not in _PUBLISHED]
        if missing:
            self.left_out[model.relation] = f"reads {missing[0]}, which is left out"
            return
        try:
            self.translated[model.relation] = self._translated(model)
        except ModelError as error:
            self.left_out[model.relation] = str(error)

    def _seed(self, model: CompiledModel) -> str:
        """Its rows as a query: dbt-spark writes the text None for a null of a seed."""
        rows = self._found.con.table(model.relation)
        values = exp.values(rows.fetchall(), alias="given", columns=rows.columns)
        kinds = zip(rows.columns, rows.types, strict=True)
        typed = (exp.cast(exp.column(name), str(kind), dialect="duckdb") for name, kind in kinds)
        query = exp.select(*(one.as_(one.name) for one in typed)).from_(values)
        return query.sql(self._dialect.writer, pretty=True)

    def _translated(self, model: CompiledModel) -> str:
        tree = sqlglot.parse_one(model.sql, dialect="duckdb")
        published = [one for one in model.reads if not self._is_made(one)]
        tree = write_out(tree, self._found.con, published, self._dialect)
        read: set[str] = set()
        for table in tree.find_all(exp.Table):
            if not table.db:
                continue
            relation = f"{table.db}.{table.name}"
            is_made = self._is_made(relation)
            if not is_made:
                read.add(relation)
            word = "ref" if is_made else "source"
            place = exp.to_identifier(f"shipsync__{word}__{table.db}__{table.name}")
            table.set("this", place)
            table.set("db", None)
        text = self._dialect.sql(tree)
        if re.search(r"{[{%#]", text):
            raise ModelError("Its SQL holds what dbt would take for its own.")
        self.sources |= read
        return _PLACE.sub(_referred, text)

    def _is_made(self, relation: str) -> bool:
        return relation in self._found.models and relation not in _PUBLISHED

    def files(self) -> dict[str, str]:
        """Every file's text by its path."""
        files = {
            _PROJECT: _json(_project(self._dialect.project)),
            "README.md": _readme(self._dialect),
            "macros/schemas.sql": (sql_dir() / "macros" / "schemas.sql").read_text("utf-8"),
            "models/sources.yml": _json(self._sources()),
        }
        for relation, text in self.translated.items():
            model = self._found.models[relation]
            is_table = model.is_table or model.schema in _TABLES
            kept = "table" if is_table else "view"
            config = f"{{{{ config(materialized='{kept}', schema='{model.schema}') }}}}"
            files[f"models/{model.schema}/{model.name}.sql"] = f"{config}\n\n{text}\n"
        for schema in sorted({name.split(".")[0] for name in self.translated}):
            described = [
                _described(model)
                for relation, model in sorted(self._found.models.items())
                if model.schema == schema and relation in self.translated
            ]
            files[f"models/{schema}/models.yml"] = _json({"version": 2, "models": described})
        return files

    def _sources(self) -> dict[str, Any]:
        schemas = sorted({name.split(".")[0] for name in self.sources})
        return {
            "version": 2,
            "sources": [
                {
                    "name": schema,
                    "schema": f"{{{{ var('{schema}_schema', '{schema}') }}}}",
                    "tables": list(self._tables(schema)),
                }
                for schema in schemas
            ],
        }

    def _tables(self, schema: str) -> Iterator[dict[str, str]]:
        for relation in sorted(self.sources):
            if relation.split(".")[0] == schema:
                made = self._found.models.get(relation)
                about = made.description if made else self._found.sources.get(relation, "")
                yield {"name": relation.split(".")[1], "description": about}


def _referred(place: re.Match[str]) -> str:
    word, schema, name = place.groups()
    return (
        f"{{{{ ref('{name}') }}}}" if word == "ref" else f"{{{{ source('{schema}', '{name}') }}}}"
    )


def _described(model: CompiledModel) -> dict[str, Any]:
    columns = [{"name": name, "description": about} for name, about in model.columns.items()]
    return {"name": model.name, "description": model.description, "columns": columns}


def _project(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "version": __version__,
        "config-version": 2,
        "profile": name,
        "model-paths": ["models"],
        "macro-paths": ["macros"],
    }


def _refuse_other_files(folder: Path, name: str) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder for the package.")
    project = folder / _PROJECT
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not project.is_file() or f'"{name}"' not in project.read_text("utf-8"):
        raise UsageError(
            f"{folder} holds something else, and the folders macros and models of a package are "
            "replaced; name an empty folder, or one that this command filled."
        )


def _json(document: Any) -> str:
    # JSON is YAML.
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _readme(dialect: Dialect) -> str:
    text = resources.files("shipsync.dialects").joinpath("readme.md").read_text("utf-8")
    return text.format(dialect=dialect.name, project=dialect.project, adapters=dialect.adapters)
