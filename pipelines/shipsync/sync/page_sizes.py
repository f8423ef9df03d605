"""The page sizes that lists of the account have refused, kept in the ledger from run to run."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import duckdb

from shipsync.api.page_sizes import LearntSize
from shipsync.api.session import Session
from shipsync.statements import statement
from shipsync.version import __version__

ASKED_AGAIN_AFTER: Final = timedelta(days=30)
"""So long a refusal is believed; another version of shipsync asks again too."""
_STATEMENTS: Final = "shipsync.sync"


def remember(con: duckdb.DuckDBPyConnection, session: Session) -> None:
    """Tell ``session`` what was learnt before, and keep what it learns."""
    cursor = con.cursor()

    def keep(learnt: LearntSize) -> None:
        values = {
            "path": learnt.path,
            "accepted": learnt.accepted,
            "refused": learnt.refused,
            "learnt_at": session.now(),
            "version": __version__,
        }
        cursor.execute(statement(_STATEMENTS, "put_page_size"), values)

    now = session.now()
    known = cursor.execute(
        statement(_STATEMENTS, "known_page_sizes"),
        {"version": __version__, "since": now - ASKED_AGAIN_AFTER, "now": now},
    ).fetchall()
    session.page_sizes.know({path: LearntSize(path, *sizes) for path, *sizes in known})
    session.page_sizes.tell = keep
