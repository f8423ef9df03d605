"""Writing to standard output, whoever reads it: a reader who goes away takes no result with him."""

from __future__ import annotations

import os
import sys

from shipsync.errors import OutputFailed


def write(text: str) -> None:
    """Write text, at once.

    Nothing happens when the reader has gone (``| head``) or there is no standard output: the command goes
    on to its own end. Raises ``OutputFailed`` when it could not be written for any other cause.
    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still in the buffer would fail once more when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputFailed(
            f"The result could not be written to standard output ({error.strerror}), but the command did "
            "its work; what it wrote to the account is in `shipsync stock status`."
        ) from None


def is_terminal() -> bool:
    """Whether a person reads it."""
    return sys.stdout is not None and sys.stdout.isatty()
