"""Build the SQL models: dbt, run inside this process, on one DuckDB file.

dbt is loaded on first use (it takes more than a second), says nothing on the console, sends nothing
anywhere and writes only to a temporary folder. Its SQL lies in ``sql/``.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from shipsync.errors import DatabaseError, ModelError, UsageError
from shipsync.merchant import Merchant
from shipsync.plurals import counted
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate
from shipsync.warehouse.memory import build_limit_mb
from shipsync.warehouse.recording import Recording
from shipsync.warehouse.scratch import scratch_folder
from shipsync.warehouse.sql_project import sql_dir

if TYPE_CHECKING:
    from datetime import datetime

    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.base_types import EventMsg

_PROFILE: Final = "shipsync"
_THREADS: Final = 2
_SILENT: Final = (
    "--quiet",
    "--log-level=none",
    "--log-level-file=none",
    "--no-print",
    "--no-write-json",
    "--no-partial-parse",
    "--no-version-check",
    "--no-send-anonymous-usage-stats",
)
_UNIT_TESTS: Final = "--exclude-resource-type=unit_test"
_EXPOSURES: Final = "--exclude-resource-type=exposure"
_DATA_TESTS: Final = "--exclude-resource-type=test"
# "Runtime Error in model events (models/changes/events.sql)": the line below it says what happened.
# A line of the table in which dbt tells where a model differs from its contract.
_OF_THE_CONTRACT: Final = re.compile(
    r"^ *\| *(\w+) *\| *([^|]*?) *\| *([^|]*?) *\| *(?:data type mismatch|missing in \w+) *\|",
    re.MULTILINE,
)
_HEADING: Final = re.compile(r"^\w[\w ]* (Error|Exception)( in .*)?$")
# DuckDB gives no codes that dbt would pass on.
_OUT_OF_MEMORY: Final = "Out of Memory Error"
_SETTINGS: Final = {
    "TimeZone": "UTC",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    # Where order matters a model says so; keeping any other takes memory and time.
    "preserve_insertion_order": "false",
}

# Parsing the project takes as long as running it on a small database, and its outcome depends on
# nothing but the SQL and the name of the catalog: one parse serves every build of a process.
_parsed: dict[tuple[Path, str], Manifest] = {}


class BuildOutOfMemory(ModelError):
    """A model needed more memory, or more room on the disk, than DuckDB may have."""


@dataclass(frozen=True)
class ModelOutcome:
    """One node that dbt ran: ``status`` is success, pass, warn, fail, error or skipped."""

    name: str
    kind: str
    status: str
    message: str
    seconds: float


BuildScope = Literal["everything", "changes", "nothing"]


@dataclass(frozen=True)
class BuildReport:
    """What a build did: every model and data test, in the order they ended.

    ``scope`` is "everything" (by dbt, with all data tests), "changes" (what rests on tables whose rows
    changed, and the data tests of that) or "nothing" (nothing changed); ``reason`` is a sentence that says
    why it was everything.
    """

    outcomes: tuple[ModelOutcome, ...]
    scope: BuildScope = "everything"
    reason: str | None = None

    @property
    def models(self) -> int:
        """Number of models built."""
        return sum(outcome.kind == "model" for outcome in self.outcomes)

    @property
    def tests(self) -> int:
        """Number of data tests run."""
        return sum(outcome.kind == "test" for outcome in self.outcomes)

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence for each data test that found rows but does not fail the build."""
        return tuple(_sentence(outcome) for outcome in self.outcomes if outcome.status == "warn")


def build(
    database: Path,
    *,
    now: datetime,
    changes_since: datetime | None = None,
    merchant: Merchant | None = None,
    select: str | None = None,
    full_refresh: bool = False,
    run_tests: bool = True,
    recording: Recording | None = None,
    memory_limit_mb: int | None = None,
) -> BuildReport:
    """Build staging, core, change-sets and reverse in ``database``, and test them.

    ``now`` is the instant the build stands for: ship dates up to its day, in the zone of ``merchant``
    (None: the default settings), have come. Entities created before ``changes_since`` are known silently
    (None: before the first run). ``select`` takes dbt's selection syntax, such as ``core`` or ``+events``.
    ``full_refresh`` rebuilds what is built up step by step, but never ``changes.events``. ``recording`` is
    told what dbt does. DuckDB takes ``memory_limit_mb`` megabytes at most (None: as the machine has). The
    file must not be open anywhere else.

    Raises DatabaseError (or a kind of it) when the file can't be used, UsageError when ``select`` names
    nothing, ModelError with the first failing model or test (BuildOutOfMemory if memory was short): what was
    built stays. A build that is killed leaves whole models, and the next one goes on from there.
    """
    _check_database(database)
    arguments = ["build", _UNIT_TESTS, _EXPOSURES]
    arguments += [f"--select={part}" for part in (select or "").split()]
    if not run_tests:
        arguments.append(_DATA_TESTS)
    if full_refresh:
        arguments.append("--full-refresh")
    variables: dict[str, str | float | None] = {
        **(merchant or Merchant()).variables(),
        "as_of": now.isoformat(),
        "changes_since": changes_since.isoformat() if changes_since else None,
    }
    outcomes = run_dbt(database, arguments, variables, recording, memory_limit_mb)
    _raise_for_failures(outcomes)
    report = BuildReport(outcomes)
    if not report.models + report.tests:
        raise UsageError(
            f"No model is selected by {select!r}: name a model or a folder of sql/models."
        )
    return report


def run_dbt(
    database: Path,
    arguments: Sequence[str],
    variables: Mapping[str, str | float | None],
    recording: Recording | None = None,
    memory_limit_mb: int | None = None,
) -> tuple[ModelOutcome, ...]:
    """Run one dbt command on ``database`` and return what became of each node; ``recording`` listens.

    Raises ModelError when dbt could not run at all.
    """
    with warnings.catch_warnings(), scratch_folder("dbt") as folder:
        # Deprecations inside dbt and its libraries are not ours to mend.
        warnings.simplefilter("ignore")
        _write_profile(folder, database, memory_limit_mb or build_limit_mb(None))
        common = [
            *_SILENT,
            f"--project-dir={sql_dir()}",
            f"--profiles-dir={folder}",
            f"--target-path={folder / 'target'}",
            f"--log-path={folder / 'logs'}",
            f"--vars={json.dumps(dict(variables))}",
        ]
        try:
            if recording is not None:
                recording.progress.building("reading the models", done=0, total=None)
            manifest = _manifest(database, common)
            result = _invoke(manifest, [*arguments, *common, f"--threads={_THREADS}"], recording)
        finally:
            _close_database()
    if recording is not None:
        recording.manifest = manifest
        recording.order = tuple(run.node.unique_id for run in result.results)
    return tuple(_outcome(run) for run in result.results)


def _check_database(database: Path) -> None:
    if not database.exists():
        raise DatabaseError(f"There is no database at {database} yet; run `shipsync sync` first.")
    with connect(database) as con:
        migrate(con)


def _write_profile(folder: Path, database: Path, memory_limit_mb: int) -> None:
    target = {
        "type": "duckdb",
        "path": str(database.resolve()),
        "schema": "main",
        "threads": _THREADS,
        # DuckDB would take most of the machine; past this it spills to a folder beside the file.
        "settings": {**_SETTINGS, "memory_limit": f"{memory_limit_mb}MB"},
        # Let go of between models, the file could be opened by a short reading in between.
        "keep_open": True,
        "retries": {"connect_attempts": 2},
    }
    profile = {_PROFILE: {"target": "file", "outputs": {"file": target}}}
    # JSON is YAML.
    (folder / "profiles.yml").write_text(json.dumps(profile), encoding="utf-8")


def _manifest(database: Path, common: Sequence[str]) -> Manifest:
    key = (sql_dir(), database.name)
    if key not in _parsed:
        _parsed[key] = _invoke(None, ["parse", *common])
    return _parsed[key]


def _invoke(
    manifest: Manifest | None, arguments: Sequence[str], recording: Recording | None = None
) -> Any:
    """dbt's own result object: a manifest for ``parse``, the results of a run otherwise."""
    from dbt.cli.main import dbtRunner

    listening: list[Callable[[EventMsg], None]] = [] if recording is None else [recording]
    answer = dbtRunner(manifest=manifest, callbacks=listening).invoke(list(arguments))
    if answer.exception is not None:
        raise ModelError(
            f"dbt could not run: {_first_line(str(answer.exception))}"
        ) from answer.exception
    return answer.result


def _close_database() -> None:
    """Let go of the file: another connection may want it with other settings."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import reset_adapters

    reset_adapters()  # type: ignore[no-untyped-call]
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


def _outcome(run: Any) -> ModelOutcome:
    found = f"found {counted(run.failures, 'row')}" if run.failures else None
    return ModelOutcome(
        name=run.node.name,
        kind=str(run.node.resource_type),
        status=str(run.status),
        message=found or _first_line(run.message or ""),
        seconds=run.execution_time,
    )


def _first_line(message: str) -> str:
    if differing := _OF_THE_CONTRACT.findall(message):
        found = [
            f"{column} is {is_now or 'not there'}, and the description says {said or 'nothing of it'}"
            for column, is_now, said in differing
        ]
        return f"its columns are not those of the contract: {'; '.join(found)}"
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    telling = [line for line in lines if not _HEADING.match(line)]
    return (telling or lines or ["no reason given"])[0]


def _sentence(outcome: ModelOutcome) -> str:
    what = "Model" if outcome.kind == "model" else "Data test"
    return f"{what} {outcome.name}: {outcome.message}"


def _raise_for_failures(outcomes: Sequence[ModelOutcome]) -> None:
    failed = [outcome for outcome in outcomes if outcome.status in ("error", "fail")]
    if failed:
        for outcome in failed:
            if not outcome.message.startswith(_OUT_OF_MEMORY):
                continue
            raise BuildOutOfMemory(
                f"{_sentence(outcome)}. Raise memory_limit_mb, or free some room beside the database, and "
                "build again; what was built before is kept."
            )
        more = f" ({len(failed) - 1} more failed)" if len(failed) > 1 else ""
        raise ModelError(
            f"{_sentence(failed[0])}{more}. Run `shipsync sync` and build again; if it stays, "
            "`shipsync reconcile` compares the tables with the account."
        )
