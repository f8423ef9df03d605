"""Reading the stock anew before a plan compares with it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from shipsync.cli import options, output


def read_if_older(connection: str, database: Path | None, age: timedelta) -> None:
    """Read levels and locations of the account if they were last read longer ago than ``age``."""
    from shipsync.api.session import Session
    from shipsync.reverse.stock import freshness

    account = options.account(connection, database)
    if not freshness.is_older(account.database, age):
        return
    with Session(account) as session:
        freshness.reread(account, session)
        output.remark(f"The stock was read anew, in {session.requests_sent} requests.")
