"""The models as dbt compiles them for DuckDB, with the columns of all they read.

They are built once on tables without rows, so a model that grows is compiled as it is when it is made anew,
and DuckDB knows the columns and types of everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from shipsync import clock
from shipsync.errors import ModelError
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate
from shipsync.warehouse.load import Loader
from shipsync.warehouse.models import run_dbt
from shipsync.warehouse.recording import Recording
from shipsync.warehouse.scratch import scratch_folder

if TYPE_CHECKING:
    import duckdb

    from shipsync.merchant import Merchant

_NOT_BUILT: Final = ("unit_test", "test", "exposure")


@dataclass(frozen=True)
class CompiledModel:
    """A model: its ``sql`` for DuckDB, empty for a seed, and what is said of it and of its columns."""

    name: str
    schema: str
    sql: str
    is_table: bool
    reads: Sequence[str]
    description: str
    columns: Mapping[str, str]

    @property
    def relation(self) -> str:
        """``schema.name``."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Compiled:
    """All models by ``schema.name`` in an order in which each stands behind what it reads, and all sources.

    ``sources`` are the tables that are read and not made, with their descriptions; ``con`` has all of both,
    without rows.
    """

    models: Mapping[str, CompiledModel]
    sources: Mapping[str, str]
    con: duckdb.DuckDBPyConnection


@contextmanager
def compiled(merchant: Merchant) -> Iterator[Compiled]:
    """The models with the settings of ``merchant``; takes half a minute. Raises ``ModelError``."""
    with scratch_folder("dialects") as folder:
        database = folder / "empty.duckdb"
        with connect(database) as con:
            Loader(con, database).prepare()
            migrate(con)
        recording = Recording()
        variables = {
            **merchant.variables(),
            "as_of": clock.now().isoformat(),
            "changes_since": None,
        }
        arguments = ["build", *(f"--exclude-resource-type={kind}" for kind in _NOT_BUILT)]
        outcomes = run_dbt(database, arguments, variables, recording)
        failed = [outcome for outcome in outcomes if outcome.status != "success"]
        if failed or recording.manifest is None:
            raise ModelError(f"The models could not be compiled: {failed[:1]}. Install again.")
        manifest: Any = recording.manifest
        nodes = [manifest.nodes[name] for name in recording.order if name in manifest.nodes]
        models = {}
        for node in nodes:
            if node.resource_type in ("model", "seed"):
                model = _model(node, manifest)
                models[model.relation] = model
        sources = {
            f"{node.schema}.{node.identifier}": node.description
            for node in manifest.sources.values()
        }
        with connect(database, read_only=True) as con:
            yield Compiled(models, sources, con)


def _model(node: Any, manifest: Any) -> CompiledModel:
    known = {**manifest.nodes, **manifest.sources}
    reads = [known[name] for name in getattr(node.depends_on, "nodes", ())]
    return CompiledModel(
        name=node.name,
        schema=node.schema,
        sql=(getattr(node, "compiled_code", None) or "").strip(),
        is_table=node.config.materialized != "view",
        reads=[f"{one.schema}.{getattr(one, 'identifier', one.name)}" for one in reads],
        description=node.description,
        columns={column.name: column.description for column in node.columns.values()},
    )
