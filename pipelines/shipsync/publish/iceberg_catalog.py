"""Where Iceberg tables are: a catalog, their files, and the record of batches beside them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from shipsync import owner_only
from shipsync.connection import Secret
from shipsync.errors import ConfigurationError
from shipsync.export.relation import Relation
from shipsync.publish.batches import Batches, NamedTable, columns
from shipsync.publish.lake import folder_of
from shipsync.publish.storage import Storage, storage

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.catalog import Catalog
    from pyiceberg.schema import Schema
    from pyiceberg.table import Table

CATALOG_FILE: Final = "catalog.db"
RECORD: Final = Relation("_shipsync", "published")
_DESTINATION: Final = "destination:"
_PROPERTIES: Final = {
    "format-version": "2",
    # Who reads by a batch that is named finds its metadata; the record names 20 of them.
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "200",
}


@dataclass(frozen=True)
class IcebergPlace:
    """A catalog as pyiceberg takes it: ``properties``, and the folder it lies in, where it is a folder."""

    name: str
    properties: Mapping[str, str] = field(repr=False)
    folder: Storage | None

    @property
    def told(self) -> str:
        """The folder, or the name of the destination."""
        return self.folder.place if self.folder else f"{_DESTINATION}{self.name}"

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What the catalog and its store are got into with; no output may hold it."""
        if self.folder is not None:
            return ()
        found = set()
        for name, value in self.properties.items():
            password = urlsplit(value).password if "://" in value else None
            if password:
                found |= {password, value}
            elif re.search("secret|password|token|credential|key", name) and value:
                # A credential is an id, a colon and the secret.
                found |= {value, value.rpartition(":")[2]}
        return tuple(Secret(each) for each in sorted(found - {""}, key=len, reverse=True))

    @contextmanager
    def opened(self) -> Iterator[IcebergTables]:
        """The tables in it, for one publish at a time in a folder.

        Raises ``LockHeld``, and ``ConfigurationError`` for properties that pyiceberg cannot use.
        """
        alone = self.folder.exclusively() if self.folder else nullcontext()
        with alone, closing(self._catalog()) as catalog:
            if self.folder is not None:
                Path(self.folder.path(CATALOG_FILE)).chmod(owner_only.FILE)
            yield IcebergTables(catalog, self.folder)

    def _catalog(self) -> Catalog:
        from pyiceberg.catalog import load_catalog
        from pyiceberg.exceptions import NotInstalledError

        try:
            return load_catalog(self.name, **self.properties)
        except (ValueError, NotInstalledError) as failure:
            raise ConfigurationError(
                f"pyiceberg makes no catalog of what {self.told} is configured with: {failure}. See to the "
                f"properties under [destination.{self.name}.catalog] in dlt's configuration."
            ) from failure


def iceberg(address: str) -> IcebergPlace:
    """The catalog at ``address``: a folder of this machine, or ``destination:NAME`` of dlt's configuration.

    The destination has a table ``catalog`` of pyiceberg's properties, or a ``bucket_url`` of this machine.
    Raises ``ConfigurationError``.
    """
    if address.startswith(_DESTINATION):
        name = address.removeprefix(_DESTINATION)
        if properties := _configured(name):
            return IcebergPlace(name, properties, None)
    folder = storage(address)
    if not folder.is_local:
        raise ConfigurationError(
            f"Iceberg tables in {folder.place} need a catalog that is not a file. Give pyiceberg's "
            "properties under [destination.NAME.catalog] in dlt's configuration (type, uri, warehouse ...), "
            "and write iceberg:destination:NAME."
        )
    properties = {
        "type": "sql",
        "uri": f"sqlite:///{folder.path(CATALOG_FILE)}",
        "warehouse": folder.url.replace("file:", "file://", 1),
    }
    return IcebergPlace("shipsync", properties, folder)


def _configured(name: str) -> dict[str, str] | None:
    """The properties of a catalog in dlt's own configuration, None where it has none."""
    import dlt

    given: object = dlt.secrets.get(f"destination.{name}.catalog") or {}
    if not isinstance(given, Mapping):
        raise ConfigurationError(
            f"The catalog of the destination {name!r} is no table. Write [destination.{name}.catalog] in "
            "dlt's configuration, and below it the properties that pyiceberg takes."
        )
    return {str(key): str(value) for key, value in given.items()} or None


@dataclass(frozen=True)
class IcebergTables:
    """The tables of ``catalog``; their files lie in ``folder``, or where the catalog says."""

    catalog: Catalog
    folder: Storage | None

    def open(self, relation: Relation) -> Table | None:
        """A table as it is now; None where there is none."""
        from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError

        try:
            return self.catalog.load_table(_identifier(relation))
        except (NoSuchTableError, NoSuchNamespaceError):
            return None

    def create(
        self,
        relation: Relation,
        schema: Schema | pa.Schema,
        part: str | None,
        properties: Mapping[str, str],
    ) -> Table:
        """A table without rows, divided by the column ``part``."""
        from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC as UNDIVIDED
        from pyiceberg.partitioning import PartitionField, PartitionSpec
        from pyiceberg.transforms import IdentityTransform

        spec = UNDIVIDED
        if part is not None:
            source = schema.find_field(part).field_id
            spec = PartitionSpec(PartitionField(source, 1000, IdentityTransform(), part))
        self.catalog.create_namespace_if_not_exists((relation.schema,))
        return self.catalog.create_table(
            _identifier(relation),
            schema,
            location=self._location(relation) if self.folder else None,
            partition_spec=spec,
            properties={**_PROPERTIES, **properties},
        )

    def put(self, table: Table, relation: Relation, file: Path, name: str) -> str:
        """Move ``file`` to where the table has its data; returns its address."""
        if self.folder is not None:
            self.folder.put(file, f"{folder_of(relation)}/data/{name}")
            return f"{self._location(relation)}/data/{name}"
        address = f"{table.location().rstrip('/')}/data/{name}"
        with table.io.new_output(address).create() as there, file.open("rb") as here:
            shutil.copyfileobj(here, there)
        file.unlink()
        return address

    @contextmanager
    def on_this_machine(self, table: Table, address: str, folder: Path) -> Iterator[Path]:
        """A file of a table where it is, or a copy of it in ``folder`` for the time of the block."""
        if self.folder is not None:
            yield Path(_path(address))
            return
        copy = folder / "fetched.parquet"
        with table.io.new_input(address).open() as there, copy.open("wb") as here:
            shutil.copyfileobj(there, here)
        try:
            yield copy
        finally:
            copy.unlink()

    def batches(self) -> Batches:
        """The record as it is now."""
        table = self.open(RECORD)
        return Batches.of([] if table is None else table.scan().to_arrow().to_pylist())

    def record(
        self,
        batches: Batches,
        number: int,
        event_sequence: int | None,
        named: Iterable[NamedTable],
        properties: Mapping[str, str],
    ) -> None:
        """Record a batch after ``batches``, in one commit."""
        table = self.open(RECORD)
        rows = batches.with_one_more(number, event_sequence, named)
        if table is None:
            table = self.create(RECORD, columns(), None, properties)
        with table.transaction() as transaction:
            if table.current_snapshot() is None:
                transaction.append(rows)
            else:
                transaction.overwrite(rows)

    def vacuum(self, relation: Relation, before: datetime) -> None:
        """Forget snapshots made before that; in a folder, remove files as old that no snapshot has.

        Elsewhere the files are the catalog's to remove.
        """
        table = self.open(relation)
        if table is None:
            return
        table.maintenance.expire_snapshots().older_than(before).commit()
        if self.folder is None or (kept := self.open(relation)) is None:
            return
        used = set(map(_path, _files(kept)))
        for name in self.folder.names(folder_of(relation)):
            path = Path(self.folder.path(name))
            if str(path) not in used and path.stat().st_mtime < before.timestamp():
                path.unlink()

    def all(self) -> Iterator[tuple[Relation, Table | None]]:
        """Every table of the catalog but the record; None for one whose files are gone."""
        for namespace in self.catalog.list_namespaces():
            for *_, name in self.catalog.list_tables(namespace):
                relation = Relation(".".join(namespace), name)
                if relation == RECORD or len(namespace) > 1:
                    continue
                try:
                    yield relation, self.open(relation)
                except FileNotFoundError:
                    yield relation, None

    def remove(self, relation: Relation) -> None:
        """Remove a table with its files; one that is not there is no error."""
        from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError

        try:
            if self.folder is None:
                self.catalog.purge_table(_identifier(relation))
                return
            self.folder.remove(folder_of(relation))
            self.catalog.drop_table(_identifier(relation))
        except (NoSuchTableError, NoSuchNamespaceError):
            return

    def _location(self, relation: Relation) -> str:
        assert self.folder is not None
        return f"{self.folder.url.replace('file:', 'file://', 1)}/{folder_of(relation)}"


def _identifier(relation: Relation) -> Any:
    return (relation.schema, relation.name)


def _files(table: Table) -> Iterator[str]:
    """The addresses of all files that the snapshots of a table need."""
    metadata = table.metadata
    yield table.metadata_location
    yield from (entry.metadata_file for entry in metadata.metadata_log)
    yield from (statistics.statistics_path for statistics in metadata.statistics)
    for snapshot in table.snapshots():
        yield snapshot.manifest_list
        for manifest in snapshot.manifests(table.io):
            yield manifest.manifest_path
            for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
                yield entry.data_file.file_path


def _path(address: str) -> str:
    """A file of this machine: programs write ``file:///x``, ``file:/x`` and ``/x`` for one."""
    return re.sub("^file:/*", "/", address)
