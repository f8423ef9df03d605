"""One account built in two ways: what is due after each sync, and everything by dbt after each sync."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import copyfile

import duckdb

from shipsync.warehouse.builds import Build
from shipsync.warehouse.models import BuildReport
from sql.digests import digests
from truth.synced_shop import Shop

# A build that is killed when it has begun with so many models; a whole one is, too.
_KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from shipsync.warehouse.builds import Build

class Killer:
    steps = int(sys.argv[3])

    def building(self, step, *, done, total):
        self.steps -= 1
        if self.steps < 0:
            os.kill(os.getpid(), signal.SIGKILL)

Build(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), progress=Killer()).what_is_due()
"""
_NOT_COPIED = {"last_build", "migrations", "runs"}
# It tells of the runs of a database, and the two had other ones.
_OF_RUNS = {"metrics.pipeline_health"}
# What builds remember of what they took in, which one that makes all anew writes down once more.
_REMEMBERED = {"changes.processed_loads", "tracking.taken_loads"}


@dataclass
class BothWays:
    """``shop`` has the database that is built by what is due; ``whole`` is the other one."""

    shop: Shop
    whole: Path

    def build_what_is_due(self) -> BuildReport:
        """Build the one as of the last sync."""
        self._bring_over()
        return Build(self.shop.database, self.shop.syncs[-1].at).what_is_due()

    def build_everything(self, *, anew: bool = False) -> None:
        """Build the other as of the last sync: all that was due was built, if the digests agree then.

        ``anew`` makes what grows from nothing, so that no row can stand there for having stood there before.
        """
        Build(self.whole, self.shop.syncs[-1].at).everything(full_refresh=anew)

    def differing(self, *, anew: bool = False) -> list[str]:
        """Tables and views that are not the same in both; ``anew``: after the other was made anew."""
        one, other = digests(self.shop.database), digests(self.whole)
        assert len(one) > 60
        names = (one.keys() | other.keys()) - _OF_RUNS - (_REMEMBERED if anew else set())
        return sorted(name for name in names if one.get(name) != other.get(name))

    def killed(self, after: int) -> bool:
        """Kill a build of what is due when ``after`` steps have begun; False if it got through."""
        now: datetime = self.shop.syncs[-1].at
        arguments = [str(self.shop.database), now.isoformat(), str(after)]
        ended = subprocess.run([sys.executable, "-c", _KILLED, *arguments], check=False)
        assert ended.returncode in (0, -signal.SIGKILL)
        return ended.returncode != 0

    def _bring_over(self) -> None:
        """Give the whole database the raw tables and the ledger of the other, and leave it its models."""
        if not self.whole.exists():
            self.whole.parent.mkdir()
            copyfile(self.shop.database, self.whole)
            return
        with duckdb.connect(str(self.whole)) as con:
            con.execute(f"attach '{self.shop.database}' as source (read_only)")
            tables = con.execute(
                "select schema_name, table_name from duckdb_tables() "
                "where database_name = 'source' and schema_name in ('raw', 'ledger')"
            ).fetchall()
            for schema, table in tables:
                if table not in _NOT_COPIED:
                    name = f'{schema}."{table}"'
                    kept = "create table if not exists {0} as from source.{0} limit 0"
                    for line in (
                        kept,
                        "delete from {0}",
                        "insert into {0} by name from source.{0}",
                    ):
                        con.execute(line.format(name))
