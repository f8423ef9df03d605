"""What dbt says while it works: the statements that it sends for each node, and how far it has come.

dbt tells both to whoever gives it a callback, whatever its log level is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.base_types import EventMsg

_COMMENT: Final = re.compile(r"^\s*/\*.*?\*/\s*", re.DOTALL)
_OF_A_TRANSACTION: Final = frozenset({"BEGIN", "COMMIT", "ROLLBACK"})


class BuildProgress(Protocol):
    """Whom a build tells how far it has come."""

    def building(self, step: str, *, done: int, total: int | None) -> None:
        """``step`` has begun, and ``done`` of ``total`` (None: not known yet) are behind it."""
        ...


class NoBuildProgress:
    """Nobody."""

    def building(self, step: str, *, done: int, total: int | None) -> None:
        """Nothing happens."""


@dataclass
class Recording:
    """A callback for dbt; ``statements`` are those of each node by its unique id, in their order.

    Left out is what begins and ends transactions, and dbt's comment before a statement. After the command
    ``order`` has the nodes as they ended, and ``manifest`` tells what they are.
    """

    progress: BuildProgress = field(default_factory=NoBuildProgress)
    statements: dict[str, list[str]] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    manifest: Manifest | None = None

    def __call__(self, event: EventMsg) -> None:
        """Take note of one of dbt's events."""
        if event.info.name == "SQLQuery":
            self._note(event.data.node_info.unique_id, event.data.sql)
        elif event.info.name == "LogStartLine":
            data = event.data
            self.progress.building(data.node_info.node_name, done=data.index - 1, total=data.total)

    def _note(self, node: str, sql: str) -> None:
        statement = _COMMENT.sub("", sql).strip().removesuffix(";")
        if node and statement and statement not in _OF_A_TRANSACTION:
            self.statements.setdefault(node, []).append(statement)
