"""What starts ``shipsync run`` every few minutes: a line for cron, or units of systemd for a user."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from shipsync.errors import UsageError


class Scheduler(StrEnum):
    """What a machine may have to start a job."""

    SYSTEMD = "systemd"
    CRON = "cron"
    NONE = "none"


@dataclass(frozen=True)
class Schedule:
    """One account's job: ``program`` run in ``folder`` every so many ``minutes``."""

    account: str
    program: Path
    folder: Path
    minutes: int

    @property
    def name(self) -> str:
        """What the units are called."""
        return "shipsync" if self.account == "default" else f"shipsync-{self.account}"

    @property
    def words(self) -> list[str]:
        """The command line."""
        own = [] if self.account == "default" else ["--connection", self.account]
        return [str(self.program), "run", *own]

    @property
    def cron_line(self) -> str:
        """The line of a crontab; nothing is printed while all is well, so that cron sends no mail."""
        words = f"cd {shlex.quote(str(self.folder))} && {shlex.join(self.words)} >/dev/null"
        # To cron a percent sign is the end of a line.
        return f"*/{self.minutes} * * * * {words.replace('%', chr(92) + '%')}"

    @property
    def units(self) -> dict[str, str]:
        """The files of a service and its timer, by name."""
        command = " ".join(_quoted(word) for word in self.words)
        service = f"""\
[Unit]
Description=shipsync, account {self.account}

[Service]
Type=oneshot
WorkingDirectory={_escaped(str(self.folder))}
ExecStart={command}
# A run that starts while another is running ends with 4.
SuccessExitStatus=4
UMask=0077
Nice=10
"""
        timer = f"""\
[Unit]
Description=shipsync every {self.minutes} minutes, account {self.account}

[Timer]
OnCalendar=*:0/{self.minutes}
RandomizedDelaySec=20
Persistent=true

[Install]
WantedBy=timers.target
"""
        return {f"{self.name}.service": service, f"{self.name}.timer": timer}


def this_program() -> Path:
    """The command as it was started, by its whole path."""
    beside = Path(sys.executable).with_name("shipsync")
    found = beside if beside.exists() else shutil.which("shipsync")
    return Path(found or sys.argv[0]).absolute()


def proposed(environ: Mapping[str, str] | None = None) -> Scheduler:
    """What this machine seems to have for a user."""
    environ = os.environ if environ is None else environ
    has_systemd = shutil.which("systemctl", path=environ.get("PATH")) and environ.get(
        "XDG_RUNTIME_DIR"
    )
    return Scheduler.SYSTEMD if has_systemd else Scheduler.CRON


def unit_folder(environ: Mapping[str, str]) -> Path:
    """Where units of a user are."""
    home = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME", "~")) / ".config")
    return Path(home).expanduser() / "systemd" / "user"


def install(schedule: Schedule, by: Scheduler, environ: Mapping[str, str]) -> list[str]:
    """Put the job in place; returns sentences about what was done and what is left to do.

    What was installed for this account before is replaced. Raises ``UsageError`` where it cannot be done.
    """
    if by is Scheduler.CRON:
        return _into_crontab(schedule, environ)
    folder = unit_folder(environ)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in schedule.units.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror or error}.") from None
    start = ["systemctl", "--user", "enable", "--now", f"{schedule.name}.timer"]
    done = [f"{', '.join(schedule.units)} are in {folder}."]
    is_on = _succeeds(["systemctl", "--user", "daemon-reload"], environ) and _succeeds(
        start, environ
    )
    if is_on:
        return [*done, "The timer is on; `loginctl enable-linger` lets it run while you are away."]
    return [*done, f"Start it: systemctl --user daemon-reload && {shlex.join(start)}"]


def _into_crontab(schedule: Schedule, environ: Mapping[str, str]) -> list[str]:
    try:
        listed = subprocess.run(
            ["crontab", "-l"], check=False, capture_output=True, text=True, env=dict(environ)
        )
        ours = shlex.join(schedule.words)
        kept = [line for line in listed.stdout.splitlines() if f" && {ours} " not in line]
        text = "".join(f"{line}\n" for line in (*kept, schedule.cron_line))
        subprocess.run(
            ["crontab", "-"],
            check=True,
            input=text,
            text=True,
            capture_output=True,
            env=dict(environ),
        )
    except (OSError, subprocess.CalledProcessError):
        raise UsageError(
            f"crontab cannot be used here; add this line where jobs are started: {schedule.cron_line}"
        ) from None
    return ["The line is in your crontab; `crontab -l` shows it."]


def _succeeds(words: list[str], environ: Mapping[str, str]) -> bool:
    try:
        done = subprocess.run(
            words, check=False, capture_output=True, env=dict(environ), timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _escaped(text: str) -> str:
    # In a unit % begins a specifier.
    return text.replace("%", "%%")


def _quoted(word: str) -> str:
    escaped = _escaped(word).replace(chr(92), chr(92) * 2).replace('"', chr(92) + '"')
    escaped = escaped.replace("$", "$$")
    return f'"{escaped}"' if any(c.isspace() or c in "\"'\\" for c in word) else escaped
