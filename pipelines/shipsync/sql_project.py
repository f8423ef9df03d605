"""Where the dbt project lies: the SQL models and the seeds that Python reads too."""

from __future__ import annotations

from pathlib import Path

from shipsync.errors import ModelError


def sql_dir() -> Path:
    """The dbt project: ``shipsync/_sql`` in an installed wheel, ``sql/`` in a checkout."""
    module = Path(__file__).resolve()
    for folder in (module.parent / "_sql", module.parents[2] / "sql"):
        if (folder / "dbt_project.yml").is_file():
            return folder
    raise ModelError(f"The SQL models are missing beside {module.parent}. Install shipsync again.")
