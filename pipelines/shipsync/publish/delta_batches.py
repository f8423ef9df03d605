"""The Delta tables below a folder, and the record of batches beside them, ``_shipsync_published``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from shipsync.publish.batches import Batches, NamedTable
from shipsync.publish.storage import Storage

if TYPE_CHECKING:
    from deltalake import DeltaTable

BATCHES: Final = "_shipsync_published"


@dataclass(frozen=True)
class DeltaFolder:
    """The Delta tables below a folder of ``storage``, by the names of their own folders."""

    storage: Storage

    @property
    def options(self) -> dict[str, str] | None:
        """How deltalake gets in, None where nothing is needed for it."""
        return dict(self.storage.options) or None

    def address(self, folder: str) -> str:
        """Where a table is, as deltalake takes it."""
        storage = self.storage
        return f"{storage.root if storage.is_local else storage.url.rstrip('/')}/{folder}"

    def open(self, folder: str) -> DeltaTable | None:
        """The newest version of a table; None where there is none."""
        from deltalake import DeltaTable

        address = self.address(folder)
        if not DeltaTable.is_deltatable(address, storage_options=self.options):
            return None
        return DeltaTable(address, storage_options=self.options)

    def at(self, folder: str, version: int) -> DeltaTable:
        """That version of a table."""
        from deltalake import DeltaTable

        return DeltaTable(self.address(folder), version=version, storage_options=self.options)

    def batches(self) -> Batches:
        """The record as it is now."""
        table = self.open(BATCHES)
        return Batches.of([] if table is None else table.to_pyarrow_table().to_pylist())

    def record(
        self,
        batches: Batches,
        number: int,
        event_sequence: int | None,
        named: Iterable[NamedTable],
    ) -> None:
        """Record a batch after ``batches``, in one commit."""
        from deltalake import write_deltalake

        write_deltalake(
            self.address(BATCHES),
            batches.with_one_more(number, event_sequence, named),
            mode="overwrite",
            storage_options=self.options,
        )
