"""Writing the models of staging and core from the raw tables' declarations: ``make models``.

What the models of a table hold follows from its columns, so nobody writes it twice. From the templates in
``sql/templates`` come, for each table, ``staging/stg_<table>.sql``, ``core/<table>.sql``, for tables with
versions ``core/<table>_history.sql``, and ``core/<table>.yml``, which describes all three; for all together
``staging/_sources.yml`` and the macros that list tables. The files are part of the project, so that the
``sql`` folder is a dbt project on its own; a test fails when one of them is stale.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import jinja2

from shipsync.sources.schema import Column, ColumnKind, Table
from shipsync.sources.streams import STREAMS, ReadsBy, Stream
from shipsync.warehouse.contract import stale_contract
from shipsync.warehouse.sql_project import sql_dir

_TEMPLATES: Final = "templates"
_WIDTH: Final = 97
_TYPES: Final[Mapping[ColumnKind, str]] = {
    ColumnKind.TEXT: "varchar",
    ColumnKind.WHOLE: "bigint",
    ColumnKind.NUMBER: "double",
    ColumnKind.MONEY: "decimal(18,4)",
    ColumnKind.BOOLEAN: "boolean",
    ColumnKind.INSTANT: "timestamp with time zone",
    ColumnKind.LOCAL_TIME: "timestamp",
    ColumnKind.DOCUMENT: "json",
}
# Words that SQL reads as its own.
_RESERVED: Final = frozenset({"primary", "order", "group", "end"})


@dataclass(frozen=True)
class DescribedColumn:
    """A column of a model or of a raw table, with its type in DuckDB."""

    name: str
    about: str
    type: str


@dataclass(frozen=True)
class DataTest:
    """A dbt data test of a model."""

    name: str
    arguments: Mapping[str, object]
    warns: bool = False


@dataclass(frozen=True)
class DescribedModel:
    """A model or raw table, its description ending in the grain, its columns in order."""

    name: str
    about: str
    columns: Sequence[DescribedColumn]
    tests: Sequence[DataTest] = ()


_INSTANT: Final = _TYPES[ColumnKind.INSTANT]
# What the macros of Column.staged_by make of a value.
_MADE_BY: Final = {"written_date": "date", "label_of_parcel": "varchar"}

_EXTRA = DescribedColumn(
    "_extra", "Fields of the answer that no column knows, as JSON; null when there are none", "json"
)
_HASH = DescribedColumn(
    "content_hash", "Hash of the whole object as ShipStation gave it", "varchar"
)
_VALID_FROM = DescribedColumn("valid_from", "When this version was loaded", _INSTANT)
_VALID_TO = DescribedColumn(
    "valid_to",
    "When the next version replaced it, or it vanished from the account; null while it is current",
    _INSTANT,
)
_IS_CURRENT = DescribedColumn("is_current", "Whether this is what ShipStation says now", "boolean")
_OBSERVED = DescribedColumn(
    "observed_at", "Server time at the start of the run that saw this", _INSTANT
)
_IS_REMOVED = DescribedColumn(
    "is_removed",
    "Marks, inside a load, that a parent has no lines; null in every row that is kept",
    "boolean",
)
_LOAD = DescribedColumn("load_id", "dlt load package that brought this", "varchar")
_NUMBER = DescribedColumn("version_number", "1 for the first version stored, counting up", "bigint")


class ModelFiles:
    """The files that follow from the declarations, by their path inside the dbt project."""

    def __init__(self) -> None:
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(sql_dir() / _TEMPLATES),
            block_start_string="<%",
            block_end_string="%>",
            variable_start_string="<<",
            variable_end_string=">>",
            comment_start_string="<#",
            comment_end_string="#>",
            keep_trailing_newline=True,
            undefined=jinja2.StrictUndefined,
        )
        self._templates.filters.update(
            quoted=_quoted, wrapped=_wrapped, flow=_flow, anchors=_anchors
        )

    def all(self) -> dict[str, str]:
        """Every file's text."""
        files = {
            "models/staging/_sources.yml": self._fill("_sources.yml", tables=list(_sources())),
            "macros/tables_seen_first.sql": self._fill(
                "tables_seen_first.sql", tables=_tables_seen_first()
            ),
        }
        for stream in STREAMS.values():
            for table in stream.tables:
                files |= self._of_table(stream, table)
        return files

    def _of_table(self, stream: Stream, table: Table) -> dict[str, str]:
        core = f"models/core/{table.name}"
        models = list(_models(stream, table))
        columns = {column.name: column for model in models for column in model.columns}
        files = {
            f"models/staging/stg_{table.name}.sql": self._fill(
                "staging.sql", table=table, has_versions=table.has_versions, staged=_staged
            ),
            f"{core}.yml": self._fill(
                "models.yml", table=table, models=models, described=columns.values()
            ),
        }
        if table.has_versions:
            files[f"{core}.sql"] = self._fill("current.sql", table=table)
            key = _standard_key(table)
            files[f"{core}_history.sql"] = self._fill("history.sql", table=table, key=key)
        elif table.loading == "children":
            files[f"{core}.sql"] = self._fill("lines.sql", table=table)
        return files

    def _fill(self, template: str, **values: object) -> str:
        return self._templates.get_template(template).render(**values)


def _models(stream: Stream, table: Table) -> Iterator[DescribedModel]:
    """The staging model, the core model and the history of ``table``, as far as there are any."""
    standard = _standard_columns(table)
    bare = _without_article(table.one)
    name, about, end = table.name, table.about, [_OBSERVED, _LOAD]
    if table.has_versions:
        seen = [*standard, _EXTRA, _HASH, _VALID_FROM]
        versions = [*seen, _VALID_TO, _IS_CURRENT, *end]
        grain = f"One row per version of {table.one}."
        key = _standard_key(table)
        one_at_a_time = DataTest("one_version_at_a_time", {"key": key, **_optional(table)})
        staged = f"{about} Every version stored, in standard terms. {grain}"
        now = f"{about} One row per {bare}, as it is now."
        ever = f"{about} Every version since the first run. {grain}"
        yield DescribedModel(f"stg_{name}", staged, versions)
        yield DescribedModel(name, now, [*seen, *end], _tests(stream, table))
        yield DescribedModel(f"{name}_history", ever, [*versions, _NUMBER], [one_at_a_time])
    else:
        columns = [*standard, _EXTRA, _HASH, *end]
        grain = f"One row per {bare}{_of_parent(stream, table)}."
        yield DescribedModel(f"stg_{name}", f"{about} In standard terms. {grain}", columns)
        yield DescribedModel(name, f"{about} {grain}", columns, _tests(stream, table))


def _tests(stream: Stream, table: Table) -> list[DataTest]:
    key = [*_standard_key(table), *_index(stream, table)]
    tests = [DataTest("primary_key", {"columns": key, **_optional(table)})]
    if table.loading == "children":
        parent = f"ref('{stream.table.name}')"
        tests.append(DataTest("belongs_to_current_version", {"parent": parent, "key": key[0]}))
    for column, target in table.refers_to.items():
        arguments = {"column_name": column, "to": f"ref('{target}')", "field": column}
        tests.append(DataTest("relationships", arguments, warns=True))
    return tests


def _sources() -> Iterator[DescribedModel]:
    """The raw tables, every column of them."""
    for stream in STREAMS.values():
        for table in stream.tables:
            grain = {
                "versions": f"One row per version of {table.one}.",
                "snapshot": f"One row per version of {table.one}.",
            }.get(
                table.loading,
                f"One row per {_without_article(table.one)}{_of_parent(stream, table)}.",
            )
            columns = [DescribedColumn(c.name, c.about, _TYPES[c.kind]) for c in table.columns]
            columns += [_EXTRA, _HASH, _OBSERVED]
            if table.loading == "children":
                columns.append(_IS_REMOVED)
            columns += _columns_of_dlt(table)
            about = f"{table.about} {_LOADED[table.loading]} {grain}"
            yield DescribedModel(table.name, about, columns)


_LOADED: Final = {
    "versions": "Versions are kept by _dlt_valid_from and _dlt_valid_to.",
    "snapshot": (
        "Versions are kept by _dlt_valid_from and _dlt_valid_to; what a complete list no longer "
        "shows is closed."
    ),
    "children": "Replaced together with every new version of their parent.",
    "insert_only": "Only ever added to.",
}


def _columns_of_dlt(table: Table) -> list[DescribedColumn]:
    columns = [DescribedColumn("_dlt_load_id", _LOAD.about, _LOAD.type)]
    if table.has_versions:
        columns.append(DescribedColumn("_dlt_valid_from", _VALID_FROM.about, _INSTANT))
        columns.append(DescribedColumn("_dlt_valid_to", _VALID_TO.about, _INSTANT))
    return columns


def _tables_seen_first() -> list[str]:
    """Tables that a run reads before it knows anything; tracking and lines only follow them."""
    return [
        table.name
        for stream in STREAMS.values()
        if stream.reads_by is not ReadsBy.PER_PARCEL
        for table in stream.tables
        if table.has_versions
    ]


def _standard_columns(table: Table) -> list[DescribedColumn]:
    columns = []
    for column in table.columns:
        made = _MADE_BY[column.staged_by] if column.staged_by else _TYPES[column.kind]
        columns.append(DescribedColumn(column.standard, column.about, made))
        columns += [
            DescribedColumn(more.standard, more.about, _MADE_BY[more.staged_by])
            for more in table.derived
            if more.source == column.name
        ]
    return columns


def _standard_key(table: Table) -> list[str]:
    return [
        column.standard for part in table.key for column in table.columns if column.name == part
    ]


def _optional(table: Table) -> dict[str, list[str]]:
    """The argument of a test that names the parts of the key that may be missing, if there are any."""
    names = [c.standard for c in table.columns if c.name in table.optional_key]
    return {"optional": names} if names else {}


def _index(stream: Stream, table: Table) -> list[str]:
    return [lines.index for lines in stream.lines if lines.table == table and lines.index]


def _of_parent(stream: Stream, table: Table) -> str:
    return f" of the current version of {stream.table.one}" if table.loading == "children" else ""


def _without_article(one: str) -> str:
    return one.split(" ", 1)[1]


def _staged(column: Column) -> str:
    """How the staging model names a column, and what it makes of it."""
    name = f'"{column.name}"' if column.name in _RESERVED else column.name
    if column.staged_by:
        return f"{{{{ {column.staged_by}('{column.name}') }}}} as {column.standard}"
    return name if column.standard == column.name else f"{name} as {column.standard}"


def _quoted(text: str) -> str:
    # A JSON string is a YAML string.
    return json.dumps(text, ensure_ascii=False)


def _wrapped(text: str, indent: int) -> str:
    return f"\n{' ' * indent}".join(textwrap.wrap(text, _WIDTH - indent))


def _flow(arguments: Mapping[str, object]) -> str:
    inside = ", ".join(
        f"{name}: [{', '.join(value)}]" if isinstance(value, list) else f"{name}: {value}"
        for name, value in arguments.items()
    )
    return f"{{ {inside} }}"


def _anchors(columns: Sequence[DescribedColumn]) -> str:
    return _wrapped(", ".join(f"*{column.name}" for column in columns), 6)


def stale_files(project: Path) -> dict[str, str]:
    """The files of ``project`` that are not what the declarations say, with what they should be."""
    return {
        name: text
        for name, text in ModelFiles().all().items()
        if not (project / name).is_file() or (project / name).read_text(encoding="utf-8") != text
    }


def main() -> None:
    """Write every file that is stale or missing, and say which; the contract last, which reads the others."""
    for stale in (stale_files, stale_contract):
        for name, text in stale(sql_dir()).items():
            (sql_dir() / name).write_text(text, encoding="utf-8")
            print(f"written: sql/{name}")  # noqa: T201


if __name__ == "__main__":
    main()
