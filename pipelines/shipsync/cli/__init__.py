"""The ``shipsync`` command: thin commands over the package, each result as a table or as JSON."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line this process was started with and leave with its exit code."""
    refusal = unsupported(sys.platform)
    if refusal is not None:
        print(refusal, file=sys.stderr)  # noqa: T201 - before anything else is imported
        sys.exit(2)
    from shipsync.cli.boundary import run

    sys.exit(run(sys.argv[1:]))


def unsupported(platform: str) -> str | None:
    """Why shipsync does not run on a platform, as ``sys.platform`` names it; None where it does."""
    if platform in ("win32", "cygwin"):
        return (
            "shipsync does not run on Windows: its run lock is one that the system gives back when a process "
            "dies (fcntl), its files are for their owner alone by permissions that Windows does not have, "
            "and it relies on replacing a file that others have open. Run it in WSL or in a container."
        )
    return None
