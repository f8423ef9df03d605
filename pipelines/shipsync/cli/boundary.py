"""Where a command line comes in and an exit code goes out; every failure becomes one sentence.

::

    0    done
    1    failed; the sentence says what and where
    2    the call, a setting or a given file is wrong
    3    finished, and something needs a person
    4    another run holds the lock
    5    what was asked for is not there: an order, a shipment, a consumer
    130  interrupted from the keyboard

With ``--json`` a failure that left standard output empty is printed there too, as the one document
``{"error": {"type", "message", "exit_code"}}``.
"""

from __future__ import annotations

import errno
import os
import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import takewhile
from typing import Any, Final

import typer

from shipsync import owner_only
from shipsync.cli import output
from shipsync.cli.options import opened_secrets
from shipsync.errors import OutputFailed, ShipsyncError, UsageError

INTERRUPTED = 130
_LONGEST_QUOTE = 200


def run(
    arguments: Sequence[str],
    environ: Mapping[str, str] | None = None,
    tree: Callable[[], Any] | None = None,
) -> int:
    """Carry out one command line (without the program's name) and return its exit code.

    Data goes to standard output, everything said about it to standard error. A traceback is shown
    only for ``--debug`` or ``SHIPSYNC_DEBUG=1``. The secrets of all opened connections are taken out of
    whatever is said of a failure.
    What a command makes can be read by its owner alone, whatever the umask.
    ``tree`` gives another command tree than shipsync's own.
    """
    code = _run(arguments, os.environ if environ is None else environ, tree)
    output.tell("ended", f"exit code {code}", {"exit_code": code})
    output.end()
    return code


def _run(
    arguments: Sequence[str], environ: Mapping[str, str], tree: Callable[[], Any] | None
) -> int:
    as_json = "--json" in takewhile(lambda word: word != "--", arguments)
    output.begin()
    before_command = takewhile(lambda word: word.startswith("-"), arguments)
    debug = "--debug" in before_command or environ.get("SHIPSYNC_DEBUG", "") not in ("", "0")
    if "" in arguments:
        # It would be the folder we are in, a name of nothing, or every row.
        words = ["''" if word == "" else word for word in arguments]
        sentence = (
            f"An argument is empty: shipsync {' '.join(words)[:_LONGEST_QUOTE]}. Is it a variable of a "
            "script that is not set? Give it, or leave it out."
        )
        return _failed("UsageError", sentence, UsageError.exit_code, as_json=as_json)
    try:
        with owner_only.umask():
            code = (tree or _commands)().main(
                list(arguments), prog_name="shipsync", standalone_mode=False
            )
    except typer.TyperException as mistake:
        return _failed("UsageError", _usage_sentence(mistake), mistake.exit_code, as_json=as_json)
    except ShipsyncError as error:
        failed = _failed(type(error).__name__, str(error), error.exit_code, as_json=as_json)
        _show_trace(debug)
        return failed
    except typer.Abort:
        # The end of the input, where a question was asked.
        sentence = "A question was left without an answer, and nothing was done. Run it again."
        return _failed("Interrupted", sentence, INTERRUPTED, as_json=as_json)
    except OSError as error:
        # The system's own words, which quote nothing but the path.
        code = (
            UsageError.exit_code if error.errno == errno.ENAMETOOLONG else ShipsyncError.exit_code
        )
        failed = _failed(type(error).__name__, _of_the_system(error), code, as_json=as_json)
        _show_trace(debug)
        return failed
    except Exception as error:
        # The text of an unforeseen error may quote anything, a request header included; its type
        # does not.
        sentence = (
            f"shipsync stopped on an error it did not foresee ({type(error).__name__}). What was "
            "committed before it is kept. `shipsync --debug ...` shows the trace to report."
        )
        failed = _failed(type(error).__name__, sentence, 1, as_json=as_json)
        _show_trace(debug)
        return failed
    if code == INTERRUPTED:
        sentence = "Interrupted. What was committed is kept; the same command goes on from there."
        return _failed("Interrupted", sentence, INTERRUPTED, as_json=as_json)
    return code if isinstance(code, int) else 0


def _commands() -> Any:
    from shipsync.cli.app import command

    return command()


# What the library that checks values says, and what a person reads.
_IN_PLAIN_WORDS: Final = tuple(
    (re.compile(theirs), ours)
    for theirs, ours in (
        (r"(?<=: )Value error, ", ""),
        (r"(?<=: )Input should be a valid integer.*", "write a whole number"),
        (r"(?<=: )Input should be a valid number.*", "write a number"),
        (r"(?<=: )Input should be greater than or equal to (\S+)", r"write a number from \1 on"),
        (r"(?<=: )Input should be less than or equal to (\S+)", r"write a number up to \1"),
    )
)


def _usage_sentence(mistake: typer.TyperException) -> str:
    said = mistake.format_message()
    for theirs, ours in _IN_PLAIN_WORDS:
        said = theirs.sub(ours, said, count=1)
    if said.startswith("Usage:"):
        return said
    context = getattr(mistake, "ctx", None)
    path = context.command_path if context is not None else "shipsync"
    return f"{said}{'' if said[-1:] in ('.', '?') else '.'} See `{path} --help`."


def _failed(kind: str, sentence: str, exit_code: int, *, as_json: bool) -> int:
    """Say how it failed; returns the exit code."""
    sentence = _without_secrets(sentence)
    if not output.tell("failed", sentence, {"type": kind, "exit_code": exit_code}):
        _say(sentence)
    if as_json and not output.has_begun():
        with suppress(OutputFailed):
            document = {"type": kind, "message": sentence, "exit_code": exit_code}
            output.show_json({"error": document})
    return exit_code


def _of_the_system(error: OSError) -> str:
    """What the system refused, with its path as far as it helps to find it."""
    path = os.fsencode(error.filename).decode("utf-8", "backslashreplace") if error.filename else ""
    shown = path if len(path) <= _LONGEST_QUOTE else f"{path[:_LONGEST_QUOTE]}…"
    what = error.strerror or type(error).__name__
    return (
        f"The system refused{f' {shown}' if shown else ' something that shipsync needs'}: {what}. What was "
        "committed before it is kept; see to it and run the command again."
    )


def _show_trace(debug: bool) -> None:
    if debug:
        _say(_without_secrets(traceback.format_exc()).rstrip())


def _without_secrets(text: str) -> str:
    for secret in opened_secrets():
        text = secret.scrub(text)
    return text


def _say(text: str) -> None:
    output.complain(text)
