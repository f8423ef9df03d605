"""The ``shipsync`` command: thin commands over the package, each result as a table or as JSON."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line this process was started with and leave with its exit code."""
    from shipsync.cli.boundary import run

    sys.exit(run(sys.argv[1:]))
