"""Batches of many accounts into one DuckLake: the same tables for all, each row with its account.

What differs is found and written to files while others do the same; then the files are added and rows deleted
in one transaction, for whose time the publisher is alone in the catalog (``ducklake_locks``). Tables and
columns are made before, in a transaction of their own: empty ones are nothing to readers.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import duckdb
import orjson

from shipsync import clock
from shipsync.errors import ExportFailed
from shipsync.export.relation import Relation
from shipsync.publish import row_batches
from shipsync.publish.division import Division, Part
from shipsync.publish.ducklake_catalog import DuckLake, LakeConflict
from shipsync.publish.ducklake_writer import (
    ACCOUNT,
    KEPT,
    RECORD,
    DuckLakeTarget,
    DuckLakeWriter,
    portable_columns,
    table_name,
)
from shipsync.publish.lake import ROW_GROUP, folder_of
from shipsync.publish.row_batches import DELETED_AT
from shipsync.publish.row_changes import ROW_HASH, RowChanges
from shipsync.publish.source import Source
from shipsync.publish.writer import Applied, Batch
from shipsync.warehouse.contract import Key

# Only a program that is no publish of ours comes in between, so one repeat is the rule.
_TRIES: Final = 5
_STAGED: Final = "_staged"


@dataclass(frozen=True)
class SharedDuckLakeTarget(DuckLakeTarget):
    """The rows of one account in a DuckLake that many share."""

    @contextmanager
    def writer(self) -> Iterator[DuckLakeWriter]:
        """The lake, for one publish of the account at a time."""
        with self.lake.opened() as lake:
            yield SharedDuckLakeWriter(lake)


@dataclass(frozen=True)
class _Staged:
    """What is to be done to a table: rows of ``changed`` go, those in ``file``, if there is any, come.

    With ``key`` those of the former stay, marked, whose key is not in ``new_keys``.
    """

    relation: Relation
    changed: str | None
    new_keys: str
    key: Key | None
    file: Path | None


class SharedDuckLakeWriter(DuckLakeWriter):
    """Writes the batches of one account, each one snapshot; rows of others are neither read nor touched."""

    _own = (ROW_HASH, ACCOUNT)
    # What is to be done at the end of a batch, and the account's columns in the last one and in this one.
    _staged: list[_Staged]
    _deferred: list[tuple[str, Mapping[str, Any] | None, dict[str, str]]]
    _before: dict[str, str]
    _columns: dict[str, str]
    _marking: set[str]

    def __init__(self, lake: DuckLake) -> None:
        super().__init__(lake)
        self._account = lake.place.account or ""
        self._ours = f"{ACCOUNT} = '{self._account}'"
        self._begin()

    def apply(self, batch: Batch) -> Applied:
        """Find what differs and write it to files, then commit it with the record of it."""
        # Rows need not come in the order of the table, and keeping it costs memory.
        batch.source.con.execute("set preserve_insertion_order = false")
        self._begin()
        if self._lacks(batch):
            with self._lake.alone():
                self._repeated(lambda: self._make(batch))
        staged = self._folder(_STAGED)
        # What a publish left that was killed; this account has no other one now.
        shutil.rmtree(staged, ignore_errors=True)
        try:
            with self._lake.transaction():
                ((last,),) = self._lake.run("ducklake_last_of_all")
                applied = row_batches.apply(batch, self)
            if self._staged or self._deferred:
                with self._lake.alone():
                    if self._lacks(batch):
                        # A reset of the last other account took tables away meanwhile.
                        self._repeated(lambda: self._make(batch))
                    self._move_in()
                    self._repeated(self._write_staged)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        return self._tidied(applied, last)

    def compared(
        self, source: Source, relation: Relation
    ) -> tuple[Mapping[str, Part], Mapping[str, Part] | None]:
        """As for a lake of one account; a table that this account never published is in no batch."""
        if not self._has_record() or relation not in self._published():
            return Division(source, relation).parts(), None
        return super().compared(source, relation)

    def reset(self) -> tuple[str, ...]:
        """Remove the account's rows and its record; a table goes when no other account has published it."""
        removed: list[Relation] = []
        with self._lake.alone():
            self._repeated(lambda: removed.extend(self._remove()))
            self._remove_files()
        return tuple(dict.fromkeys(relation.full_name for relation in removed))

    def last_seen(self) -> str | None:
        """What the last batch of this account recorded; its columns are kept to compare with."""
        document = orjson.loads(super().last_seen() or "{}")
        self._before = document.get("columns", {})
        self._columns = dict(self._before)
        self._marking = set(document.get("marking", ()))
        return orjson.dumps(document.get("seen", {})).decode()

    def follow_columns(self, source: Source, relation: Relation, *, keeps_removed: bool) -> bool:
        """Whether the account's columns are others than in its last batch; there they all stay."""
        name, columns = relation.full_name, Division(source, relation).columns
        self._known_columns(relation, columns)
        if keeps_removed:
            self._marking.add(name)
        elif name in self._marking:
            self._marking.remove(name)
            self._defer("ducklake_delete_marked", table=table_name(relation), ours=self._ours)
        self._columns[name] = hashlib.sha256(orjson.dumps(columns)).hexdigest()[:16]
        return self._columns[name] != self._before.get(name)

    def write(
        self, source: Source, relation: Relation, *, is_of_keys: bool, kept_by: Key | None
    ) -> tuple[int, int]:
        """Rows to insert become a file, which is no part of the lake yet; how many go and come."""
        changes, number = RowChanges(source), len(self._staged)
        changed, new_keys = f"changed_rows_{number}", f"new_keys_{number}"
        given = {"file": str(changes.changed_hashes())}
        self._lake.run("ducklake_changed_rows", given, changed=changed)
        rows = {"table": table_name(relation), "live": self._live(relation)}
        ((deleted,),) = self._lake.run("ducklake_count_changed", None, changed=changed, **rows)
        values = [duckdb.ConstantExpression(self._account).alias(ACCOUNT)]
        values += portable_columns(source.rows(relation))
        coming = changes.changed_rows(relation, values, is_of_keys=is_of_keys)
        if kept_by is not None:
            self._keep_new_keys(coming, kept_by, new_keys)
        elif not deleted:
            # The hashes of a first batch are many.
            self._lake.run("ducklake_drop_changed", changed=changed)
        file = self._folder(_STAGED) / f"{uuid4()}.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        coming.write_parquet(str(file), compression="zstd", row_group_size=ROW_GROUP)
        inserted = len(source.con.read_parquet(str(file)))
        self._staged.append(
            _Staged(
                relation,
                changed if deleted or kept_by else None,
                new_keys,
                kept_by,
                file if inserted else None,
            )
        )
        return int(deleted), inserted

    def record(self, event_sequence: int | None, tables: str) -> int:
        """The number that the batch is going to have among those of the account."""
        reached = self.watermark()
        number = 1 if reached is None else reached.batch + 1
        values = {
            "account": self._account,
            "batch": number,
            "published_at": clock.now(),
            "event_sequence": event_sequence,
            "tables": tables,
        }
        self._defer("ducklake_record_batch_of_account", values)
        return number

    def keep_seen(self, seen: str) -> None:
        """Keep it, and what the columns of the account's tables were, for the last line of its own."""
        document = {
            "seen": orjson.Fragment(seen),
            "columns": self._columns,
            "marking": sorted(self._marking),
        }
        given = {"seen": orjson.dumps(document).decode()}
        self._defer("ducklake_keep_seen", given, ours=self._ours)

    def _begin(self) -> None:
        self._staged, self._deferred = [], []
        self._before, self._columns, self._marking = {}, {}, set()

    def _defer(self, name: str, values: Mapping[str, Any] | None = None, **parts: str) -> None:
        """Have the statement ``name`` carried out when the batch is written, before all files are added."""
        self._deferred.append((name, values, parts))

    def _lacks(self, batch: Batch) -> bool:
        """Whether a table or a column is missing."""
        if not self._has_record():
            return True
        for relation in batch.relations:
            needed = {*Division(batch.source, relation).columns}
            if batch.kept_by(relation) is not None:
                needed.add(DELETED_AT)
            held = self._held_columns(relation)
            if not held or not needed <= held.keys():
                return True
        return False

    def _make(self, batch: Batch) -> None:
        if not self._has_record():
            self._lake.run("ducklake_row_groups", {"rows": str(ROW_GROUP)})
            self._lake.run("ducklake_make_batches_of_accounts")
        for relation in batch.relations:
            keeps_removed = batch.kept_by(relation) is not None
            self._add_missing(batch.source, relation, keeps_removed=keeps_removed)

    def _make_table(self, table: str) -> None:
        self._lake.run("ducklake_make_table_of_accounts", table=table)

    def _known_columns(
        self, relation: Relation, columns: Mapping[str, str]
    ) -> tuple[Mapping[str, str], bool]:
        if ACCOUNT in {name.lower() for name in columns}:
            raise ExportFailed(
                f"{relation.full_name} has a column {ACCOUNT} itself, which says whose a row is where "
                "accounts share a lake; nothing was published. Leave it out, or give each account a lake."
            )
        return super()._known_columns(relation, columns)

    def _move_in(self) -> None:
        """Move the files to where the lake has its own; until they are added nobody reads them."""
        for number, one in enumerate(self._staged):
            if one.file is not None:
                folder = self._folder(folder_of(one.relation))
                folder.mkdir(parents=True, exist_ok=True)
                file = one.file.rename(folder / one.file.name)
                self._staged[number] = _Staged(
                    one.relation, one.changed, one.new_keys, one.key, file
                )

    def _write_staged(self) -> None:
        for name, values, parts in self._deferred:
            self._lake.run(name, values, **parts)
        for one in self._staged:
            if one.changed is not None:
                self._delete(table_name(one.relation), one.key, one.changed, one.new_keys)
            if one.file is not None:
                schema, table = one.relation.schema, one.relation.name
                given = {"file": str(one.file), "schema": schema, "table": table}
                self._lake.run("ducklake_add_file", given)

    def _remove(self) -> list[Relation]:
        if not self._has_record():
            return []
        removed = self._published()
        found = self._lake.run("ducklake_tables_of_others", ours=self._ours)
        of_others = {name for (name,) in found}
        for relation in removed:
            is_of_others = relation.full_name in of_others
            how = "ducklake_delete_account" if is_of_others else "ducklake_drop_table"
            self._run_of(how, relation)
        self._run_of("ducklake_delete_account" if of_others else "ducklake_drop_table", RECORD)
        return removed

    def _run_of(self, name: str, relation: Relation) -> None:
        self._lake.run(name, table=table_name(relation), ours=self._ours)

    def _repeated(self, write: Callable[[], None]) -> None:
        """Carry out ``write`` in a transaction, again where something else changed the lake meanwhile.

        Raises ``ExportFailed``, also where that happens each time.
        """
        for _ in range(_TRIES):
            with suppress(LakeConflict):
                with self._lake.transaction():
                    write()
                return
        raise ExportFailed(
            f"Another program changed the tables of {self._lake.place.told} each of the {_TRIES} times that "
            "they were written, so nothing was published. Publish again when it is done."
        )

    def _has_record(self) -> bool:
        held = self._held_columns(RECORD)
        if held and ACCOUNT not in held:
            lake = self._lake.place.lake
            raise ExportFailed(
                f"The DuckLake in {lake} was published without an account, so it is left as it is and "
                "nothing was published. Give accounts another metadata_schema, or remove what is there with "
                f"`shipsync publish reset --to ducklake:{lake} --yes`."
            )
        return bool(held)

    def _tidy(self) -> None:
        """The daily tidying, in whose steps others may publish."""
        before = {"before": clock.now() - KEPT}
        # The batch is whole; what is left over now is removed another day.
        with suppress(ExportFailed):
            self._alone("ducklake_expire", before)
            for schema, table in self._lake.run("ducklake_tables"):
                for name in ("ducklake_rewrite_table", "ducklake_merge_table"):
                    self._alone(name, {"schema": schema, "table": table})
            self._alone("ducklake_clean_up", before)

    def _alone(self, name: str, values: Mapping[str, Any]) -> None:
        with self._lake.alone():
            self._lake.run(name, values)

    def _folder(self, name: str) -> Path:
        """The folder of the account's files below ``name``."""
        return Path(self._lake.place.data.path(f"{name}/{ACCOUNT}={self._account}"))
