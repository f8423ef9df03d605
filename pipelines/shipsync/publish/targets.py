"""The targets there are to publish into, by how they are written on a command line."""

from __future__ import annotations

from typing import Final

from shipsync import settings
from shipsync.errors import UsageError
from shipsync.export.postgres_address import FORM, postgres
from shipsync.publish.delta_writer import DeltaTarget
from shipsync.publish.dlt_writer import dlt_destination
from shipsync.publish.ducklake_accounts import SharedDuckLakeTarget
from shipsync.publish.ducklake_catalog import ducklake
from shipsync.publish.ducklake_writer import DuckLakeTarget
from shipsync.publish.iceberg_catalog import iceberg
from shipsync.publish.iceberg_writer import IcebergTarget
from shipsync.publish.parquet_writer import ParquetTarget
from shipsync.publish.postgres_writer import PostgresTarget
from shipsync.publish.storage import storage
from shipsync.publish.writer import PublishTarget

KNOWN: Final = (
    FORM,
    "parquet:FOLDER",
    "delta:FOLDER",
    "iceberg:FOLDER",
    "ducklake:FOLDER",
    "destination:NAME",
)


def target(text: str) -> PublishTarget:
    """The target that ``text`` names; a folder may be a path, an address, or ``destination:NAME``.

    Raises ``UsageError``, which quotes no more than the part before the colon: a password may follow.
    """
    scheme, _, rest = text.partition(":")
    if scheme in ("parquet", "delta", "iceberg", "ducklake"):
        if not rest:
            raise UsageError(f"The target names no folder; write {scheme}:FOLDER.")
        if scheme == "iceberg":
            return IcebergTarget(iceberg(rest))
        if scheme == "ducklake":
            lake = ducklake(rest)
            return SharedDuckLakeTarget(lake) if lake.account else DuckLakeTarget(lake)
        folder = storage(rest)
        return ParquetTarget(folder) if scheme == "parquet" else DeltaTarget(folder)
    if scheme == "destination":
        if (other := dlt_destination(rest)) is not None:
            return other
        scheme, _, _ = (text := settings.destination(rest)).partition(":")
    if scheme in ("postgres", "postgresql"):
        return PostgresTarget(postgres(text))
    raise UsageError(
        f"There is no publishing to {scheme!r}. Give one of: {', '.join(KNOWN)}; "
        "or copy tables whole with `shipsync export`."
    )
