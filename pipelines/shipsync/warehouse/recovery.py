"""What a killed run leaves in dlt's working folder, put so that dlt can go on from it.

::

    normalize/extracted/ID ──▶ load/new/ID ──▶ load/normalized/ID ──▶ load/loaded/ID
      rows as they were read     being made       being loaded          done

dlt takes each of these steps in two: it moves a package on and then deletes what it was made from; it
notes that one is loaded and then moves it away; it loads a file into a staging table and then notes
that. Killed in between, it would make or end a package a second time and fail at that in every later
run, or load a file twice, so that its rows come to stand in the raw table twice.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

_COMPLETED: Final = "package_completed.json"
_SCHEMA_UPDATE: Final = "schema_updates.json"
_NOTHING_TO_UPDATE: Final = "{}"


def tidy(folder: Path) -> None:
    """Take the steps that are missing, and let packages that are half loaded start over.

    ``folder`` is the pipeline's own working folder. Starting over is safe: a load empties the staging
    tables first, and each merge gives the same raw table however often it is made.
    """
    extracted, load = folder / "normalize" / "extracted", folder / "load"
    for package in sorted((load / "normalized").glob("*")):
        if package.is_file():
            # dlt writes a note beside the packages and then moves it into one.
            package.unlink()
            continue
        if (origin := extracted / package.name).exists():
            shutil.rmtree(origin)
        if (package / _COMPLETED).exists():
            package.rename(load / "loaded" / package.name)
        else:
            _begin_anew(package)


def _begin_anew(package: Path) -> None:
    for folder in ("started_jobs", "completed_jobs"):
        for job in (package / folder).glob("*"):
            job.rename(package / "new_jobs" / job.name)
    for transition in (package / ".pending_transitions").glob("*"):
        transition.unlink()
    # Merges are planned when the files they merge have been loaded.
    for merge in (package / "new_jobs").glob("*.sql"):
        merge.unlink()
    # Without it dlt takes the tables for prepared and does not empty the staging tables.
    (package / _SCHEMA_UPDATE).write_text(_NOTHING_TO_UPDATE, encoding="utf-8")
