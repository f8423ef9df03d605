"""Copies to take away: ``shipsync backup`` and ``restore``, and ``shipsync snapshot``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from shipsync.cli import options, output, progress
from shipsync.errors import NeedsPerson
from shipsync.plurals import counted

app = typer.Typer()

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of one backup.")]


@app.command(epilog="Example: shipsync backup backups/2026-05-04")
def backup(
    folder: Folder,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Back up the database into a folder, while runs go on.

    The folder is made, and appears whole or not at all: the database in one consistent state, the key
    beside it, and their checksums. `.dlt/secrets.toml` is not in it.
    """
    from shipsync.backup.take import take_backup

    local = options.local(connection, database)
    with progress.steps() as step:
        manifest = take_backup(local.database, connection, folder, step=step)
    if as_json:
        output.show_json({"folder": folder, **asdict(manifest)})
        return
    size = sum(stored.size for stored in manifest.files.values())
    output.say(
        f"{folder} holds {local.database} as of {output.cell(manifest.taken_at)}: {size / 1e6:,.1f} MB, "
        f"{counted(manifest.last_event, 'event')}, {counted(manifest.last_write, 'step')} of writes."
    )


@app.command(epilog="Example: shipsync restore backups/2026-05-04 --replace")
def restore(
    folder: Folder,
    replace: Annotated[
        bool, typer.Option("--replace", help="Move the database that is there aside.")
    ] = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Put a backup in the place of the database.

    Plans made before are refused from then on, and nothing is written to the account until `shipsync writes
    release`: the ledger does not know what was sent since the backup. The next run reads what changed since.
    Exit code 3 when writes were on their way in the backup.
    """
    from shipsync import settings
    from shipsync.backup import restore as putting_back

    file = settings.local(connection, database=database).database
    with progress.steps() as step:
        done = putting_back.restore(folder, file, connection, replace=replace, step=step)
    if as_json:
        output.show_json(
            {
                "database": file,
                "former": done.former,
                "unsettled": done.unsettled,
                "taken_at": done.manifest.taken_at,
            }
        )
    else:
        output.say(f"{file} is as of {output.cell(done.manifest.taken_at)} again.")
        if done.former is not None:
            output.say(f"The former database is {done.former}.")
    output.note(
        "What was written to the account since the backup is not in its ledger, so nothing is sent until "
        "`shipsync writes release`. `shipsync run` reads what changed since."
    )
    if done.unsettled:
        raise NeedsPerson(
            f"{counted(done.unsettled, 'write was', 'writes were')} on their way in the backup and unknown "
            "now; `shipsync writes status --state unknown` shows them, `writes resolve` settles one."
        )


@app.command(epilog="Example: shipsync snapshot monday.duckdb")
def snapshot(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where to write it; must not exist.")
    ],
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Copy the database into a file, even during a run.

    It holds what personal_data lets be stored, and no later setting changes it.
    """
    from shipsync.warehouse.copies import take

    size = take(options.local(connection, database).database, file)
    if as_json:
        output.show_json({"file": file, "bytes": size})
    else:
        output.remark(f"{file} holds the database as of its last run, in {size / 1e6:,.1f} MB.")
