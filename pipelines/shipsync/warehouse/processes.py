"""Programs by the names that people know them by: "shipsync run", not "/usr/bin/python3.11"."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_HELD: Final = re.compile(r"held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")
_PLAIN: Final = re.compile(r"[a-z][a-z-]*")


def own_name() -> str:
    """What this process is called."""
    return named(sys.argv) or "python"


def named(arguments: Sequence[str]) -> str:
    """The program and, of shipsync, its command; never what else was given, which may be a secret."""
    if not arguments or not arguments[0] or arguments[0] == "-c":
        return ""
    program = Path(arguments[0]).name
    is_ours = program == "shipsync" and len(arguments) > 1 and _PLAIN.fullmatch(arguments[1])
    text = f"{program} {arguments[1]}" if is_ours else program
    return text.encode("ascii", "replace").decode()


def holder_of(complaint: str) -> str | None:
    """Who has a file open, by DuckDB's complaint: program, process and since when; None if it names none."""
    found = _HELD.search(complaint)
    if found is None:
        return None
    pid = int(found["pid"])
    began = _began(pid)
    since = f", since {began:%Y-%m-%d %H:%M} UTC" if began else ""
    return f"{_program(pid) or Path(found['program']).name}, process {pid}{since}"


def _program(pid: int) -> str:
    """A process by its arguments: of an interpreter, the script it runs."""
    try:
        given = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""
    arguments = given.rstrip("\0").split("\0")
    if len(arguments) > 1 and Path(arguments[0]).name.startswith("python"):
        script = arguments[1]
        return "" if script.startswith("-") else named(arguments[1:])
    return named(arguments[:1])


def _began(pid: int) -> datetime | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        boot = Path("/proc/stat").read_text(encoding="utf-8")
        ticks = int(text.rpartition(")")[2].split()[19])
        seconds = int(boot.partition("btime ")[2].split()[0])
        return datetime.fromtimestamp(seconds + ticks / os.sysconf("SC_CLK_TCK"), UTC)
    except (OSError, ValueError, IndexError):
        return None
