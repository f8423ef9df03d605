"""What dbt does for each model that holds rows, kept so that it can be done again without dbt.

::

    a whole build by dbt ── its own statements, node by node ──▶ BuildPlan ──▶ ledger.last_build

A plan holds models that hold rows, in the order in which they are built, each with the sources that it
rests on, the statements that dbt sends to bring it up to date, and its data tests. Views need no
statement: they read what they stand on whenever they are asked. Nothing is listed by hand, so a model that
somebody adds is in the next plan.

A model whose statements may differ from one build to the next can't be repeated, and nor can one that this
build made whole instead of bringing it up to date. Then ``unrepeatable`` says which and why, and dbt builds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlglot import exp

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_CATALOG_READ: Final = re.compile(
    r"\binformation_schema\b|\bduckdb_\w+\s*\(\)|\(\s*describe\b|^\s*select\s+version\s*\(\)",
    re.IGNORECASE,
)
_READ: Final = re.compile(r"^\s*(select|with)\b", re.IGNORECASE)
_EMPTY_READ: Final = re.compile(r"^\s*select\s+1\s*$", re.IGNORECASE)
_DELTA: Final = re.compile(
    r'^\s*create\s+temporary\s+table\s+"([^"]+__dbt_tmp[^"]*)"', re.IGNORECASE
)
_NEW_COLUMN: Final = re.compile(
    r"^\s*alter\s+table\b.*\b(add|drop|alter)\s+column\b", re.IGNORECASE
)
# What a template may put into a statement that is another one next time.
_OF_THE_MOMENT: Final = re.compile(
    r"\b(run_started_at|invocation_id|modules\.|env_var\s*\(|thread_id)"
)
# Seeds follow from their files, which are part of the SQL; hooks of a build make what is there by now.
_NOT_BUILT_AGAIN: Final = frozenset({"seed", "operation", "test", "unit_test", "analysis"})
_STATELESS: Final = frozenset({"view", "ephemeral"})
# What the models write themselves: it says what they have taken in.
_BOOKKEEPING: Final = frozenset(
    {"changes.processed_loads", "changes.as_of", "tracking.taken_loads"}
)


@dataclass(frozen=True)
class PlannedTest:
    """A data test: its statement gives the number of failures, whether to warn, and whether to fail.

    ``is_error``: failing stops the build; otherwise it is a warning too.
    """

    name: str
    statement: str
    is_error: bool


@dataclass(frozen=True)
class PlannedModel:
    """A model that holds rows; ``sources`` are tables it rests on, as ``schema.table``."""

    name: str
    sources: tuple[str, ...]
    statements: tuple[str, ...]
    tests: tuple[PlannedTest, ...]


@dataclass(frozen=True)
class BuildPlan:
    """The models in the order in which they are built; ``unrepeatable`` says why they can't be."""

    models: tuple[PlannedModel, ...]
    unrepeatable: str | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """Every table that a model which holds rows rests on."""
        return tuple(sorted({source for model in self.models for source in model.sources}))

    def as_json(self) -> str:
        """The plan as text."""
        return json.dumps(asdict(self))


def from_json(text: str) -> BuildPlan:
    """The plan that ``as_json`` wrote."""
    found = json.loads(text)
    return BuildPlan(
        tuple(
            PlannedModel(
                model["name"],
                tuple(model["sources"]),
                tuple(model["statements"]),
                tuple(PlannedTest(**test) for test in model["tests"]),
            )
            for model in found["models"]
        ),
        found["unrepeatable"],
    )


def made_from(
    manifest: Manifest,
    order: Sequence[str],
    statements: Mapping[str, Sequence[str]],
    catalog: str,
) -> BuildPlan:
    """The plan of a build: ``order`` are the nodes as they ended, ``statements`` what was sent for each.

    ``catalog`` is DuckDB's name for the file, which is taken out: a plan stays good when the file moves.
    """
    prefix = re.compile(rf'"{re.escape(catalog)}"\.(?=")')
    sent = {
        node: tuple(prefix.sub("", one) for one in lines if not _is_look_up(one))
        for node, lines in statements.items()
    }
    models, reasons = [], []
    for node_id in order:
        node: Any = manifest.nodes[node_id]
        if node.resource_type in _NOT_BUILT_AGAIN:
            continue
        if node.resource_type == "model" and node.config.materialized in _STATELESS:
            continue
        reason = _why_unrepeatable(manifest, node, sent.get(node_id, ()))
        if reason:
            reasons.append(f"{node.name}: {reason}")
        models.append(
            PlannedModel(
                node.name,
                tuple(sorted(set(_sources(manifest, node_id)) - _BOOKKEEPING)),
                sent.get(node_id, ()),
                tuple(_tests(manifest, node_id, order, sent)),
            )
        )
    return BuildPlan(tuple(models), "; ".join(reasons) or None)


def _is_look_up(statement: str) -> bool:
    return bool(_READ.match(statement) and _CATALOG_READ.search(statement))


def _why_unrepeatable(manifest: Manifest, node: Any, statements: Sequence[str]) -> str | None:
    if node.resource_type != "model" or node.language != "sql":
        return f"a {node.resource_type} in {node.language} is left to dbt"
    if not statements:
        return "it sent no statement"
    if any(_READ.match(one) and not _EMPTY_READ.match(one) for one in statements):
        return "its SQL follows from what it reads while it is compiled"
    if any(_NEW_COLUMN.match(one) for one in statements):
        return "its columns changed"
    if node.config.materialized == "incremental":
        if node.config.incremental_strategy == "microbatch":
            return "its batches follow the clock"
        if not any(_DELTA.match(one) for one in statements):
            return "it was made whole, not brought up to date"
    if any(_OF_THE_MOMENT.search(text) for text in _templates(manifest, node)):
        return "its SQL holds what is another one in each build"
    return None


def _templates(manifest: Manifest, node: Any) -> Iterator[str]:
    """The template of a node, and of every macro behind it that is not dbt's own."""
    yield node.raw_code
    waiting, met = list(node.depends_on.macros), set()
    while waiting:
        macro = manifest.macros.get(waiting.pop())
        if macro is None or macro.unique_id in met or macro.package_name.startswith("dbt"):
            continue
        met.add(macro.unique_id)
        waiting.extend(macro.depends_on.macros)
        yield macro.macro_sql


def _sources(manifest: Manifest, node_id: str) -> Iterator[str]:
    """The source tables above a node, as ``schema.table``."""
    waiting, met = [node_id], set()
    while waiting:
        one = waiting.pop()
        if one in met:
            continue
        met.add(one)
        if one in manifest.sources:
            source = manifest.sources[one]
            yield f"{source.schema}.{source.identifier}"
        elif one in manifest.nodes:
            node: Any = manifest.nodes[one]
            waiting.extend(getattr(node.depends_on, "nodes", ()))


def _tests(
    manifest: Manifest, model_id: str, order: Iterable[str], sent: Mapping[str, Sequence[str]]
) -> Iterator[PlannedTest]:
    """The data tests of a model; of one that grows, only of rows whose keys were just written."""
    delta = next((m[1] for one in sent.get(model_id, ()) if (m := _DELTA.match(one))), None)
    for test_id in order:
        test: Any = manifest.nodes[test_id]
        if test.resource_type != "test" or model_id not in test.depends_on.nodes:
            continue
        if len(sent.get(test_id, ())) != 1:
            continue
        statement, model = sent[test_id][0], manifest.nodes[model_id]
        key = _key(test, model)
        if delta and key:
            relation = exp.table_(model.alias, model.schema, quoted=True)
            narrowed = _written_keys(relation, delta, key)
            statement = statement.replace(relation.sql("duckdb"), f"({narrowed})")
        yield PlannedTest(test.name, statement, str(test.config.severity).lower() == "error")


def _key(test: Any, model: Any) -> tuple[str, ...]:
    """The columns by which the rows hang together that a test looks at; () if it needs all rows."""
    if getattr(test, "test_metadata", None) is None:
        columns = test.config.meta.get("key", ())
    else:
        arguments = test.test_metadata.kwargs
        columns = arguments.get("columns") or arguments.get("key")
        if not columns and test.test_metadata.name != "unique":
            columns = model.config.unique_key
        columns = columns or arguments.get("column_name") or ()
    return (columns,) if isinstance(columns, str) else tuple(columns)


def _written_keys(relation: exp.Table, delta: str, key: Sequence[str]) -> str:
    """The rows of ``relation`` whose key stands in the table ``delta``, as a query."""
    same = [
        exp.NullSafeEQ(
            this=exp.column(name, "every_row", quoted=True),
            expression=exp.column(name, "written", quoted=True),
        )
        for name in key
    ]
    written = exp.table_(delta, quoted=True)
    return (
        exp.select("every_row.*")
        .from_(relation.copy().as_("every_row"))
        .join(written.as_("written"), on=exp.and_(*same), join_type="semi")
        .sql("duckdb")
    )
