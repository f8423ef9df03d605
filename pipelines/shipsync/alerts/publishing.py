"""A publish at the end of a run that failed: kept beside the database, for the lock is given back by then.

``<database>.publish.json`` says since when nothing could be published; it goes when a publish ends well.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import orjson

from shipsync import owner_only
from shipsync.alerts.conditions import Condition, ConditionName
from shipsync.sources.instants import parse_instant


def publish_conditions(database: Path) -> Iterator[Condition]:
    """What needs a person of publishing: nothing, or that it fails and since when."""
    with suppress(OSError, orjson.JSONDecodeError, AttributeError):
        since = parse_instant(orjson.loads(_file(database).read_bytes()).get("since"))
        if since is not None:
            yield _failing(since)


def publish_failed(database: Path, now: datetime) -> Condition:
    """Keep that a publish failed at ``now``, unless one before it did already; returns the condition."""
    for known in publish_conditions(database):
        return known
    path = _file(database)
    # Where it can't be written, the run's own exit code has told it.
    with suppress(OSError):
        owner_only.make_folder(path.parent)
        owner_only.replace_file(path, orjson.dumps({"since": now.isoformat()}))
    return _failing(now)


def publish_went_well(database: Path) -> None:
    """Publishing needs nobody any more."""
    with suppress(OSError):
        _file(database).unlink(missing_ok=True)


def _failing(since: datetime) -> Condition:
    message = (
        f"What runs built since {since:%Y-%m-%d %H:%M} UTC could not be published. `shipsync publish` tries "
        "again and says why."
    )
    return Condition(ConditionName.PUBLISH_FAILED, "", since, message)


def _file(database: Path) -> Path:
    return database.with_name(f"{database.name}.publish.json")
