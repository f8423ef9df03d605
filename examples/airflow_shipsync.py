"""shipsync in Airflow: a task for each account, and what each exit code becomes.

    pip install apache-airflow
    SHIPSYNC=/opt/shipsync/bin/shipsync SHIPSYNC_HOME=/srv/shop SHIPSYNC_ACCOUNTS=default,west

The file goes into the folder of DAGs. Accounts run side by side: each has a database and a rate limit of its
own.
"""

import logging
import os
import subprocess
from datetime import UTC, datetime, timedelta

from airflow.exceptions import AirflowFailException, AirflowSkipException
from airflow.sdk import dag, task

SHIPSYNC = os.environ.get("SHIPSYNC", "shipsync")
HOME = os.environ.get("SHIPSYNC_HOME", ".")
ACCOUNTS = os.environ.get("SHIPSYNC_ACCOUNTS", "default").split(",")

log = logging.getLogger(__name__)


@dag(
    dag_id="shipsync",
    schedule="*/5 * * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    # A run reads everything that changed, so one that was missed is not made up for.
    catchup=False,
    # A run that lasts longer than its interval holds the lock: the next would only be skipped.
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=2)},
)
def shipsync():
    """Sync, build and deliver every account."""

    @task(map_index_template="{{ account }}", execution_timeout=timedelta(hours=7))
    def run(account: str) -> int:
        """One account; returns the exit code, 0 or 3."""
        command = [SHIPSYNC, "run", "--connection", account]
        done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=False)
        log.info("%s", done.stdout)
        if done.stderr.strip():
            log.warning("%s", done.stderr.strip())
        code = done.returncode
        if code == 4:
            raise AirflowSkipException("Another run is at work on this account.")
        if code in (2, 5):
            # A setting or the call is wrong: to try again would not help.
            raise AirflowFailException(done.stderr.strip())
        if code not in (0, 3):
            raise RuntimeError(done.stderr.strip() or f"exit code {code}")
        if code == 3:
            log.warning("Account %s: something needs a person; see `shipsync status`.", account)
        return code

    run.expand(account=ACCOUNTS)


shipsync()
