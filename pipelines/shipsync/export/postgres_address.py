"""Where a Postgres database is and how to get in, without a password on the command line.

The password comes from the address, else from ``PGPASSWORD``, else from the password file (``PGPASSFILE`` or
``~/.pgpass``), as with every program that speaks to Postgres; what an address leaves out, from ``PGHOST``,
``PGPORT``, ``PGUSER`` and ``PGDATABASE``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit

from shipsync import extras
from shipsync.connection import Secret
from shipsync.errors import UsageError
from shipsync.export.postgres import Postgres

FORM: Final = "postgresql://USER@HOST/DATABASE"
_LOCK_TIMEOUT: Final = "10s"
_PORT: Final = "5432"
# A colon or a backslash in a part of a line of the password file stands behind a backslash.
_FIELD: Final = re.compile(r"((?:[^:\\\\]|\\\\.)*)(?::|$)")


def postgres(text: str, environ: Mapping[str, str] | None = None) -> Postgres:
    """The target that ``text`` (postgresql://...) names; what is wrong with it is told without it.

    Raises ``UsageError``, also ``MissingLibrary`` when there is no driver.
    """
    environ = os.environ if environ is None else environ
    try:
        parts = urlsplit(text)
        host = unquote(parts.hostname or "") or environ.get("PGHOST", "")
        port = str(parts.port or environ.get("PGPORT", "") or _PORT)
        user = unquote(parts.username or "") or environ.get("PGUSER", "")
        database = unquote(parts.path.removeprefix("/")) or environ.get("PGDATABASE", "")
    except ValueError:
        raise _malformed() from None
    if not (host and user and database) or "/" in database or not port.isdecimal():
        raise _malformed()
    extras.require("An export to Postgres", extras.POSTGRES)
    options = parse_qs(parts.query).get("password", [])
    password = next(
        iter((*_given(parts), *options, *_known(host, port, database, user, environ))), ""
    )
    address = f"[{host}]" if ":" in host else host
    shown_port = f":{port}" if parts.port or environ.get("PGPORT") else ""
    place = f"postgresql://{user}@{address}{shown_port}/{database}"
    url = _address(parts, user, password, f"{address}:{port}", database)
    texts = {password, quote(password, safe=""), parts.password or "", *options, text, url}
    secrets = sorted((each for each in texts if each and each != place), key=len, reverse=True)
    return Postgres(Secret(url), tuple(Secret(secret) for secret in secrets), place)


def _given(parts: SplitResult) -> Iterator[str]:
    if parts.password:
        yield unquote(parts.password)


def _known(
    host: str, port: str, database: str, user: str, environ: Mapping[str, str]
) -> Iterator[str]:
    """The password from where all programs look for it."""
    if environ.get("PGPASSWORD"):
        yield environ["PGPASSWORD"]
        return
    named = environ.get("PGPASSFILE")
    file = Path(named) if named else Path(environ.get("HOME") or Path.home()) / ".pgpass"
    try:
        # Others could have read it; Postgres's own programs leave such a file aside too.
        if not file.is_file() or file.stat().st_mode & 0o077:
            return
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        fields = [re.sub(r"\\(.)", r"\1", field) for field in _FIELD.findall(line)[:5]]
        if len(fields) == 5 and all(
            given in ("*", wanted)
            for given, wanted in zip(fields, (host, port, database, user), strict=False)
        ):
            yield fields[4]
            return


def _address(parts: SplitResult, user: str, password: str, host: str, database: str) -> str:
    """The address with a limit on waiting for a table that somebody reads, unless it has options.

    The run lock is held meanwhile: a forgotten transaction in a BI tool must not keep runs from starting.
    """
    query = {name: value for name, value in parse_qsl(parts.query) if name != "password"}
    query.setdefault("options", f"-clock_timeout={_LOCK_TIMEOUT}")
    whole = parts._replace(
        scheme="postgresql",
        netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{host}",
        path=f"/{quote(database, safe='')}",
        query=urlencode(query, quote_via=quote),
    )
    return whole.geturl()


def _malformed() -> UsageError:
    return UsageError(
        f"This is no address of a Postgres database. Write {FORM}, with %-escapes for characters such "
        "as @ and /, and keep the password in PGPASSWORD, in ~/.pgpass, or under [destination.NAME] in "
        "dlt's configuration, which --to destination:NAME reads."
    )
