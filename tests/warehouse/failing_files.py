"""A command line in a process in which one of dlt's files cannot be written, or a signal comes just then.

    python -m warehouse.failing_files STEP ACTION WORDS...

STEP is one of those below; ACTION a name of ``errno``, which the system answers with, or of a signal.
"""

from __future__ import annotations

import errno
import os
import re
import signal
import sys

from shipsync.cli import boundary

STEPS = {
    "extract": r"/normalize/[^/]+/[^/]+/new_jobs/shipments\.",
    "normalize": r"/load/new/[^/]+/new_jobs/",
    "nowhere": r"(?!)",
    "load": r"/load/normalized/.*/started_jobs/shipments\.",
}
"""What dlt opens or renames while a package of shipments goes through each of its steps."""


def main(step: str, action: str, words: list[str]) -> int:
    """Carry out the command line; returns its exit code."""
    signals_sent = 0

    def audit(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal signals_sent
        is_write = event == "os.rename" or (event == "open" and str(arguments[1])[:1] in ("w", "x"))
        if not is_write or not re.search(STEPS[step], str(arguments[0])):
            return
        if not action.startswith("SIG"):
            code = getattr(errno, action)
            raise OSError(code, os.strerror(code), str(arguments[0]))
        if not signals_sent:
            signals_sent += 1
            os.kill(os.getpid(), signal.Signals[action])

    sys.addaudithook(audit)
    return boundary.run(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
