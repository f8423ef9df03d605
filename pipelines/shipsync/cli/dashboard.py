"""``shipsync dashboard``: the pages as a site on this machine; ``shipsync report``: one of them as a file."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from shipsync.cli import options, output
from shipsync.cli.boundary import INTERRUPTED
from shipsync.errors import ShipsyncError, UsageError

app = typer.Typer()

HOST = "127.0.0.1"


@app.command(epilog="Example: shipsync dashboard --port 8766")
def dashboard(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Listen here; 0 takes a free port.")
    ] = 8766,
    check: Annotated[
        bool,
        typer.Option("--check", help="Print the account at a glance once, and serve nothing."),
    ] = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Show nine pages about the account, on this machine.

    What needs a person today, carriers, margin, stock, parcels, labels, promises, writes and runs.

    It listens on 127.0.0.1 until interrupted, and admits whoever has the address it prints.
    The pages read a copy of the database, so they never block a run.
    """
    from shipsync import extras

    extras.require("The dashboard", extras.NOTEBOOKS)
    file = options.local(connection, database).database
    if check:
        _check(file, as_json=as_json)
    else:
        _serve(file, port, as_json=as_json)


@app.command(epilog="Example: shipsync report --page carriers --to carriers.html")
def report(
    page: Annotated[
        str, typer.Option("--page", metavar="NAME", help="Write this page, such as morning-board.")
    ],
    to: Annotated[
        Path, typer.Option("--to", metavar="FILE", help="Write it to this .html or .pdf file.")
    ],
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Write one page of the dashboard to a file to mail.

    The file needs nothing else and loads nothing. A PDF is printed by the Chromium of this machine.
    """
    from shipsync import clock, extras

    extras.require("A report", extras.NOTEBOOKS)
    from shipsync.pages import catalogue
    from shipsync.pages.report import check as checked
    from shipsync.pages.report import write

    catalogue.page_kind(page)
    checked(to)
    read = catalogue.read(options.local(connection, database).database, page, clock.now())
    write(read, to)
    if as_json:
        output.show_json({"page": page, "file": to, "as_of": read.as_of, "alarms": read.alarms})
    else:
        output.say(f"The page {read.title} is in {to}.")


def _check(database: Path, *, as_json: bool) -> None:
    """Run the notebook as a script; raises ``ShipsyncError`` when one of its cells fails."""
    command = [sys.executable, str(notebook()), "--database", str(database)]
    ran = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)
    if ran.returncode:
        # The reason is the last line, of a sentence as of a trace.
        lines = ran.stderr.strip().splitlines() or [f"it ended with {ran.returncode}"]
        raise ShipsyncError(f"The page can't be made: {lines[-1]}")
    if as_json:
        output.show_json({"database": database, "notebook": notebook(), "ok": True})
    else:
        output.say(ran.stdout.rstrip())


def _serve(database: Path, port: int, *, as_json: bool) -> None:
    """Serve the site until the process is interrupted, which ends it with exit code 130."""
    import uvicorn

    from shipsync import clock
    from shipsync.pages.site import site

    token = secrets.token_urlsafe(24)
    free = _free(port)
    url = f"http://{HOST}:{free}/?access_token={token}"
    if as_json:
        output.show_json({"url": url, "database": database})
    else:
        output.say(f"The dashboard of {database} is at {url}")
        output.remark("Stop it with Ctrl-C.")
    sys.stdout.flush()
    pages = site(database, token, clock.now, f"shipsync-{free}")
    config = uvicorn.Config(
        pages, host=HOST, port=free, log_level="critical", access_log=False, server_header=False
    )
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run()
    output.note("The dashboard is stopped.")
    sys.exit(INTERRUPTED)


def notebook(name: str = "overview") -> Path:
    """A notebook: in ``shipsync/_notebooks`` of an installed wheel, in ``notebooks/`` of a checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_notebooks", package.parents[1] / "notebooks"):
        if (folder / f"{name}.py").is_file():
            return folder / f"{name}.py"
    raise ShipsyncError(f"The notebook is missing beside {package}. Install shipsync again.")


def _free(port: int) -> int:
    """``port`` if it can be listened on, any that can be for 0; raises ``UsageError``."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise UsageError(
                f"Port {port} cannot be listened on ({error.strerror}). Name another with --port, or "
                "0 for any that is free."
            ) from None
        return int(probe.getsockname()[1])


def _environment() -> dict[str, str]:
    """The environment of this process, with everything off that marimo and dlt would send."""
    off = {
        "MARIMO_SKIP_UPDATE_CHECK": "1",
        "DO_NOT_TRACK": "1",
        "RUNTIME__DLTHUB_TELEMETRY": "false",
    }
    return {**os.environ, **off}
