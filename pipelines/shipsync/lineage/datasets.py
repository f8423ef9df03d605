"""What a job read and wrote, under the names that OpenLineage gives to datasets.

======================  =====================================  ===========================================
what                    namespace                              name
======================  =====================================  ===========================================
a list of the account   ``shipstation://CONNECTION``           the stream, ``shipments``
a table of the DuckDB   ``duckdb:///PATH/FILE``                ``FILE.SCHEMA.TABLE``, as dbt's own events
a table in Postgres     ``postgres://HOST:PORT``               ``DATABASE.SCHEMA.TABLE``
a folder of this host   ``file``                               ``/PATH/SCHEMA/TABLE``
a folder in a store     ``s3://BUCKET`` and its like           ``PATH/SCHEMA/TABLE``
any other target        ``ducklake:PLACE``,                    ``SCHEMA.TABLE``
                        ``destination:NAME``
======================  =====================================  ===========================================

Source: "Naming.md" in OpenLineage's specification; it has no DuckDB, so that is as its integration of dbt has
it. Names hold no password: a target's are made of what may be told of it to anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from shipsync.sources.streams import STREAMS
from shipsync.sources.tables import TABLES
from shipsync.warehouse.contract import columns

if TYPE_CHECKING:
    from shipsync.connection import Connection
    from shipsync.publish.run import PublishReport
    from shipsync.sync.reports import SyncReport
    from shipsync.warehouse.models import BuildReport

_POSTGRES_PORT: Final = 5432


@dataclass(frozen=True)
class DatasetUse:
    """One dataset: ``rows`` were written to it (None: not counted), ``columns`` are types by name."""

    namespace: str
    name: str
    rows: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Flow:
    """What a job read and wrote; ``failure`` is a sentence of our own that says what it failed at."""

    inputs: Sequence[DatasetUse] = ()
    outputs: Sequence[DatasetUse] = ()
    failure: str | None = None


def of_sync(connection: Connection, report: SyncReport) -> Flow:
    """The lists that were read to their end, and their raw tables."""
    read = [stream for stream in report.streams if stream.outcome in ("loaded", "unchanged")]
    inputs = [DatasetUse(f"shipstation://{connection.name}", stream.stream) for stream in read]
    outputs = []
    for done in read:
        stream = STREAMS[done.stream]
        outputs.append(_here(connection.database, f"raw.{stream.table.name}", done.rows))
        outputs += [_here(connection.database, f"raw.{each.table.name}") for each in stream.lines]
    failed = ", ".join(stream.stream for stream in report.failed)
    return Flow(inputs, outputs, f"These lists could not be read: {failed}." if failed else None)


def of_build(database: Path, report: BuildReport) -> Flow | None:
    """The raw tables, and the models of the contract that were built; None if nothing had to be built."""
    if report.scope == "nothing":
        return None
    built = {done.name for done in report.outcomes if done.kind == "model"}
    outputs = [
        _here(database, name, columns=types)
        for name, types in columns().items()
        if name.partition(".")[2] in built
    ]
    return Flow([_here(database, f"raw.{table.name}") for table in TABLES], outputs)


def of_publish(database: Path, to: str, report: PublishReport | None) -> Flow:
    """The tables here and at the target ``to``; ``report`` is None where the publish failed."""
    if report is None:
        return Flow(
            failure="Nothing could be published. `shipsync publish` tries again and says why."
        )
    inputs = [_here(database, done.table) for done in report.tables]
    kind = to.partition(":")[0]
    outputs = [
        DatasetUse(*name_at_target(kind, report.target, done.table), done.inserted)
        for done in report.tables
    ]
    return Flow(inputs, outputs)


def name_at_target(kind: str, place: str, table: str) -> tuple[str, str]:
    """Namespace and name of ``table`` (``schema.name``) at ``place``, a target's as it may be told."""
    if place.startswith("postgresql://"):
        parts = urlsplit(place)
        host = parts.netloc.rpartition("@")[2]
        authority = host if parts.port else f"{host}:{_POSTGRES_PORT}"
        return f"postgres://{authority}", f"{unquote(parts.path).strip('/')}.{table}"
    if kind == "destination":
        return place, table
    if kind == "ducklake" or place.startswith("destination:"):
        return f"{kind}:{place}", table
    folder = table.replace(".", "/", 1)
    if "://" not in place:
        return "file", f"{Path(place).absolute()}/{folder}"
    parts = urlsplit(place)
    return f"{parts.scheme}://{parts.netloc}", f"{parts.path.strip('/')}/{folder}".lstrip("/")


def _here(
    database: Path, table: str, rows: int | None = None, columns: Mapping[str, str] | None = None
) -> DatasetUse:
    path = database.absolute()
    return DatasetUse(f"duckdb://{path}", f"{path.name.split('.')[0]}.{table}", rows, columns or {})
