"""The page of what is stored under ``hash`` and ``drop``: ``make docs`` writes it from the allow-list."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

from shipsync.sources.allow_list import Allowed, allowed_in, holds_buyers
from shipsync.sources.schema import Table
from shipsync.sources.tables import TABLES

_HEAD: Final = """\
# Personal data

`personal_data` says what is stored of buyers: `keep` (everything, the default), `hash` or `drop`. Under
`hash` and `drop` a field is stored as it came only if it is listed here. Of what is not listed, `hash`
stores a keyed hash of each text that has a column, so that equal names can still be joined; everything
else, and every field that shipsync does not know, is not stored at all. Order numbers, ids, amounts,
times, carriers' codes and the town, region, postal code and country of an address stay: metrics need
them and they name nobody. What people or carriers write freely does not, since anything may stand in it.

`hash` needs `personal_data_salt`, a secret of 16 bytes or more, in `.dlt/secrets.toml`. Print one with
`python -c 'import secrets; print(secrets.token_urlsafe(32))'`, and keep a copy: with another salt, equal
names have other hashes. Content hashes and the keys of tracking events are keyed too, by the salt or,
under `drop` without one, by a key file beside the database (`NAME.key`), so that nobody can try
out names against them.

When the setting becomes stricter, the next `shipsync run`, `sync` or `reconcile` first rewrites what is
stored: every version of every row, lines, `_extra`, the old and new values of events, the requests of
new shipments in the ledger, webhooks that wait, rows that were set aside and what was said of
errors. Tables that models made are emptied and built again. Then the database file is rewritten,
since a deleted row stays readable in a file until its place is needed, and dlt's working folder is
removed. The run says so. Files made from the database before are not touched: exports, deliveries,
plans, snapshots and backups.

Going back to `keep` brings nothing back by itself: `shipsync run --full-refresh` reads the account
again.

A plan of new shipments holds their addresses whatever the setting is, for they are sent; only its owner
may read it. Under `hash` and `drop`, `shipments apply` takes them out of the file again, and the reasons of
invalid rows with them, as soon as every row of the plan is settled; applied again, it still tells what became
of each. A plan that is not applied, and the file that the rows came from, are yours to remove. Of a cell that
cannot be sent the command quotes what stands in it, on the terminal alone. `shipments get` shows no more than
may be stored.

What ShipStation and carriers say of an error may quote a buyer. Under `hash` and `drop` the message of an
error, a refusal, a void or a rate is stored, logged and shown only if every word of it is known (documented
codes, names of fields, and words such as "is required"); else a sentence stands in its place that names the
field, where that is a documented one. Codes that are not documented are not kept either. What was recorded of
errors under `keep` goes when the setting becomes stricter.

Webhook bodies in your own folder are yours to remove; of what they say of a parcel nothing
is stored under `hash` and `drop`, the parcel is asked for instead.

## What is stored as it came

| raw table | fields |
|---|---|
"""
_FOOT: Final = """
Tables that are not listed hold nothing of buyers: all that their columns take is stored.

This page is generated: `make docs` writes it from `pipelines/shipsync/sources/allow_list.py`.
"""


def page() -> str:
    """The page, in Markdown."""
    rows = (
        f"| `{table.name}` | {', '.join(f'`{path}`' for path in _paths(allowed_in(table)))} |\n"
        for table in TABLES
        if holds_buyers(table.name)
    )
    return _HEAD + "".join(rows) + _FOOT


def undecided(table: Table) -> set[str]:
    """Keys that the allow-list names and no column of ``table`` takes: it would be stored in ``_extra``."""
    known = {column.path[0] for column in table.columns} | table.ignored
    return set(allowed_in(table)) - known - {"item_index", "package_index", "tag_index"}


def _paths(allowed: Allowed, before: str = "") -> Iterator[str]:
    for key, part in allowed.items():
        if key.endswith("_index"):
            continue
        if isinstance(part, str):
            yield f"{before}{key}"
        else:
            yield from _paths(part, f"{before}{key}.")


if __name__ == "__main__":
    sys.stdout.write(page())
