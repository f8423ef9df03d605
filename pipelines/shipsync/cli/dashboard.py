"""``shipsync dashboard``: the overview as a page on this machine, or once as text."""

from __future__ import annotations

import logging
import os
import runpy
import secrets
import socket
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from shipsync.cli import options, output
from shipsync.cli.boundary import INTERRUPTED
from shipsync.errors import ShipsyncError, UsageError

app = typer.Typer()

HOST = "127.0.0.1"
_SERVER = "from shipsync.cli.dashboard import serve_page; serve_page()"


@app.command(epilog="Example: shipsync dashboard --port 8766")
def dashboard(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Listen here; 0 takes a free port.")
    ] = 8766,
    check: Annotated[
        bool, typer.Option("--check", help="Print what the page shows once, and serve nothing.")
    ] = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Show freshness, changes, stock and writes on a page.

    It listens on 127.0.0.1 until interrupted, and admits whoever has the address it prints.
    The page reads a copy of the database each time, so it never blocks a run.
    """
    from shipsync import extras

    extras.require("The dashboard", extras.NOTEBOOKS)
    file = options.local(connection, database).database
    if check:
        _check(file, as_json=as_json)
    else:
        _serve(file, port, as_json=as_json)


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
    """Become the server: this process ends as marimo, so that whoever stops it stops the page."""
    token = secrets.token_urlsafe(24)
    free = _free(port)
    url = f"http://{HOST}:{free}/?access_token={token}"
    if as_json:
        output.show_json({"url": url, "database": database})
    else:
        output.say(f"The dashboard of {database} is at {url}")
        output.remark("Stop it with Ctrl-C.")
    _give_on_standard_input(token)
    command = [sys.executable, "-c", _SERVER, "--quiet", "run", str(notebook())]
    command += ["--headless", "--no-sandbox", "--host", HOST, "--port", str(free)]
    command += ["--token", "--token-password-file", "-", "--", "--database", str(database)]
    os.execve(sys.executable, command, _environment())


def serve_page() -> None:
    """What the process that became the server does: run marimo until it is interrupted, and end calmly.

    Its arguments are those of the process. An interrupt from the keyboard ends it with exit code 130.
    """
    logging.getLogger("uvicorn.error").addFilter(_is_no_interrupt)
    try:
        runpy.run_module("marimo", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if end.code:
            raise
    except KeyboardInterrupt:
        pass
    output.note("The dashboard is stopped.")
    sys.exit(INTERRUPTED)


def _is_no_interrupt(record: logging.LogRecord) -> bool:
    """Whether uvicorn reports something else than that it was told to stop."""
    return not record.getMessage().rstrip().endswith("CancelledError")


def notebook() -> Path:
    """The page: ``shipsync/_notebooks`` in an installed wheel, ``notebooks/`` in a checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_notebooks", package.parents[1] / "notebooks"):
        if (folder / "overview.py").is_file():
            return folder / "overview.py"
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


def _give_on_standard_input(text: str) -> None:
    """Hand ``text`` to the program this process becomes; among arguments everybody could read it."""
    read, write = os.pipe()
    os.write(write, text.encode())
    os.close(write)
    os.dup2(read, 0)
    os.close(read)


def _environment() -> dict[str, str]:
    """The environment of this process, with everything off that marimo and dlt would send."""
    off = {
        "MARIMO_SKIP_UPDATE_CHECK": "1",
        "DO_NOT_TRACK": "1",
        "RUNTIME__DLTHUB_TELEMETRY": "false",
    }
    return {**os.environ, **off}
