"""shipsync keeps a ShipStation account in DuckDB and writes decisions made in SQL back to it.

What is exported here may be imported, and is documented in ``docs/python.md``; everything else may
change. What it needs is loaded when it is first asked for, so that ``import shipsync`` costs nothing.

The package, from the bottom up::

    errors, clock, version         what can go wrong, time and chance, which version this is
    plurals, extras, set_aside     1 row and 2 rows; optional libraries; what could not be used
    scrubbing, owner_only          secrets kept out of what is shown and stored; files for their owner
    local_key                      a secret beside each database
    account_day, merchant          days of the account's zone; what a merchant decides for all numbers
    statements, queries            SQL by name, and its rows
    connection, settings           one account and how to treat it; reading that from files
    api                            requests to ShipStation: pace, retries, pages
    sources                        lists walked along, objects made into typed rows; the dlt source
    warehouse                      the DuckDB file: lock, loads, ledger, models, copies
    sync                           what one run reads, stream by stream
    reverse                        writes to the account: plans, the outbox, what became of them
    feed, tracking, export         events for consumers, where orders are, tables elsewhere
    metrics                        every number by its name, with its definition
    dialects                       the models in the SQL of other engines
    publish                        another database kept equal, batch by batch
    alerts, backup                 telling what needs a person; the database kept elsewhere
    lineage                        telling a catalog of data what a run read and wrote
    job, overview, assistant       the scheduled job; the account at a glance; questions by a model
    pages                          what the dashboard and a report show of the marts
    fleet                          a run of each of many accounts
    synced_account, demo           all of it for Python; all of it once, against an emulated account
    cli, __main__                  all of it as commands
    emulator                       a ShipStation account in a process, which imports nothing of the rest
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from shipsync import errors
from shipsync.version import __version__

if TYPE_CHECKING:
    from shipsync.feed.consumers import EventBatch
    from shipsync.feed.delivery import DeliveryReport
    from shipsync.feed.events import ChangeEvent
    from shipsync.job import JobReport
    from shipsync.metrics.asking import MetricAnswer
    from shipsync.sources.dlt_source import source
    from shipsync.sync.reports import StreamReport, SyncReport
    from shipsync.synced_account import SyncedAccount, connect
    from shipsync.tracking import (
        FoundOrders,
        Order,
        Parcel,
        ScanEvent,
        Shipment,
        track,
        track_many,
    )
    from shipsync.warehouse.models import BuildReport

__all__ = [
    "BuildReport",
    "ChangeEvent",
    "DeliveryReport",
    "EventBatch",
    "FoundOrders",
    "JobReport",
    "MetricAnswer",
    "Order",
    "Parcel",
    "ScanEvent",
    "Shipment",
    "StreamReport",
    "SyncReport",
    "SyncedAccount",
    "__version__",
    "connect",
    "errors",
    "source",
    "track",
    "track_many",
]

_MODULES = {
    "BuildReport": "shipsync.warehouse.models",
    "ChangeEvent": "shipsync.feed.events",
    "DeliveryReport": "shipsync.feed.delivery",
    "EventBatch": "shipsync.feed.consumers",
    "FoundOrders": "shipsync.tracking",
    "JobReport": "shipsync.job",
    "MetricAnswer": "shipsync.metrics.asking",
    "Order": "shipsync.tracking",
    "Parcel": "shipsync.tracking",
    "ScanEvent": "shipsync.tracking",
    "Shipment": "shipsync.tracking",
    "StreamReport": "shipsync.sync.reports",
    "SyncReport": "shipsync.sync.reports",
    "SyncedAccount": "shipsync.synced_account",
    "connect": "shipsync.synced_account",
    "source": "shipsync.sources.dlt_source",
    "track": "shipsync.tracking",
    "track_many": "shipsync.tracking",
}


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
