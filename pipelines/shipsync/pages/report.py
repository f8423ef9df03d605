"""A page as a file to mail: HTML with everything in it, or PDF as a browser of this machine prints it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from shipsync.errors import MissingLibrary, OutputFailed, UsageError
from shipsync.pages import html
from shipsync.pages.content import Page
from shipsync.warehouse.scratch import scratch_folder

_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MOST_SECONDS: Final = 120


def write(page: Page, target: Path) -> None:
    """Write ``page`` to ``target``, a name that ends in .html or .pdf; a file of that name is replaced.

    Raises ``UsageError`` for another name, ``MissingLibrary`` when there is no browser to print a PDF,
    ``OutputFailed`` when the file can't be written.
    """
    check(target)
    with scratch_folder("report") as folder:
        made = folder / "page.html"
        made.write_text(html.report(page), encoding="utf-8")
        if target.suffix.lower() == ".pdf":
            made = _printed(made)
        _put(made, target)


def check(target: Path) -> None:
    """Raises ``UsageError`` for another name, ``MissingLibrary`` for a PDF without a browser."""
    if target.suffix.lower() not in (".html", ".pdf"):
        raise UsageError(
            f"{target} is neither .html nor .pdf; name a file that ends in one of them."
        )
    if target.suffix.lower() == ".pdf":
        _browser()


def _put(made: Path, target: Path) -> None:
    part = target.with_name(f"{target.name}.part")
    try:
        shutil.copyfile(made, part)
        part.replace(target)
    except OSError as error:
        raise OutputFailed(f"{target} can't be written: {error.strerror}.") from error


def _printed(document: Path) -> Path:
    """``document`` printed by a browser that can reach nothing; raises ``OutputFailed``."""
    target = document.with_suffix(".pdf")
    command = [
        *(_browser(), "--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer"),
        *(
            f"--user-data-dir={document.parent / 'profile'}",
            "--host-resolver-rules=MAP * ~NOTFOUND",
        ),
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
        *(f"--print-to-pdf={target}", document.as_uri()),
    ]
    try:
        ran = subprocess.run(command, capture_output=True, timeout=_MOST_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise OutputFailed(
            f"The browser printed no PDF within {_MOST_SECONDS} seconds. Write .html and print that."
        ) from None
    if ran.returncode or not target.is_file():
        raise OutputFailed(
            f"The browser {command[0]} printed no PDF (it ended with {ran.returncode}). Write .html and "
            "print that."
        )
    return target


def _browser() -> str:
    """The program that prints; raises ``MissingLibrary``."""
    for name in _BROWSERS:
        if found := shutil.which(name):
            return found
    raise MissingLibrary(
        "A PDF is printed by Chromium, which is not installed. Install it (Debian, Ubuntu: apt install "
        "chromium), or write .html."
    )
