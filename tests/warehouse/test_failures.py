"""Each complaint gets the sentence of its own cause, and nothing else is told as a bad folder."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import duckdb
import pytest

import shipsync
from shipsync import queries
from shipsync.errors import (
    DatabaseCorrupt,
    DatabaseError,
    DatabaseLocked,
    MemoryExhausted,
    ShipsyncError,
)
from shipsync.warehouse.failures import explained

DATABASE = Path("/srv/shop/default.duckdb")
PACKAGE = Path(shipsync.__file__).parent
BAD_FOLDER = "Give a folder that can be written to"


def told(error: Exception, database: Path = DATABASE) -> ShipsyncError:
    with pytest.raises(ShipsyncError) as raised, explained(database):
        raise error
    return raised.value


def system_error(code: int, file: str | None = None, other: str | None = None) -> OSError:
    return OSError(code, os.strerror(code), file, None, other)


@pytest.mark.parametrize(
    "file",
    [
        "/srv/shop/default.duckdb",
        "/srv/shop/default.duckdb.wal",
        "/srv/shop/default.duckdb.lock",
        "/srv/shop/default.duckdb.dlt/shipsync/state.json",
        "/srv/shop",
        "/srv",
    ],
)
def test_the_databases_own_place_is_told_as_such(file: str) -> None:
    error = told(system_error(errno.EACCES, file))

    assert type(error) is DatabaseError
    assert str(error) == (
        f"{file} can't be used: Permission denied. {BAD_FOLDER} with --database; nothing was changed."
    )


@pytest.mark.parametrize(
    ("cause", "beginning"),
    [
        (
            system_error(errno.EMFILE, "/srv/shop/default.duckdb"),
            "Too many open files: this machine lets shipsync open no more.",
        ),
        (system_error(errno.ENFILE), "Too many open files in system: this machine lets"),
        (system_error(errno.ENOMEM), "The machine has no memory left."),
        (
            system_error(errno.ENOENT, f"{PACKAGE}/sync/statements.sql"),
            f"{PACKAGE}/sync/statements.sql, a part of shipsync, can't be read: No such file",
        ),
        (
            system_error(errno.ENOENT, "/etc/ssl/certs"),
            "/etc/ssl/certs can't be used: No such file or directory. The database at /srv/shop/",
        ),
        (
            ConnectionRefusedError(),
            "The system refused a call: ConnectionRefusedError. The database",
        ),
        (
            system_error(errno.EACCES, "/srv/shop/other.duckdb"),
            "/srv/shop/other.duckdb can't be used: Permission denied. The database at /srv/shop/",
        ),
    ],
)
def test_what_does_not_concern_the_database_has_its_own_sentence(
    cause: OSError, beginning: str
) -> None:
    error = told(cause)

    assert type(error) is ShipsyncError
    assert str(error).startswith(beginning)
    assert BAD_FOLDER not in str(error)


def test_a_full_disk_names_the_file_that_could_not_be_written() -> None:
    copy = "/tmp/copy/default.duckdb"

    assert str(told(system_error(errno.ENOSPC, str(DATABASE), copy))).startswith(
        f"The disk is full: {copy} could not be written."
    )
    assert str(told(system_error(errno.EDQUOT))).startswith(f"The disk is full: {DATABASE} could")


@pytest.mark.parametrize(
    ("cause", "kind", "words"),
    [
        (
            duckdb.IOException(
                'IO Error: Could not set lock on file "x": Conflicting lock is held'
            ),
            DatabaseLocked,
            "is open in another program",
        ),
        (
            duckdb.ConnectionException(
                "Connection Error: Can't open a connection to same database file with a different "
                "configuration than existing connections"
            ),
            DatabaseLocked,
            "is open elsewhere in this program",
        ),
        (
            duckdb.IOException(
                "IO Error: Corrupt database file: computed checksum 1 does not match"
            ),
            DatabaseCorrupt,
            "is damaged",
        ),
        (
            duckdb.IOException('IO Error: Cannot open file "/srv/shop/default.duckdb": denied'),
            DatabaseError,
            BAD_FOLDER,
        ),
        (
            duckdb.OutOfMemoryException("Out of Memory Error: failed to pin block of size 256 KiB"),
            MemoryExhausted,
            "needed more memory, or more room beside",
        ),
        (
            duckdb.OutOfMemoryException(
                "Out of Memory Error: could not write: No space left on device"
            ),
            DatabaseError,
            "The disk is full",
        ),
    ],
)
def test_duckdb_is_told_by_what_it_complains_of(
    cause: duckdb.Error, kind: type[DatabaseError], words: str
) -> None:
    error = told(cause)

    assert type(error) is kind
    assert words in str(error)


@pytest.mark.parametrize(
    "cause",
    [
        duckdb.BinderException('Binder Error: Referenced column "checksum" not found'),
        duckdb.ConversionException("Conversion Error: Could not convert string 'corrupt' to INT32"),
        duckdb.InvalidInputException(
            'Invalid Input Error: Cannot execute statement of type "CREATE" on database "default" '
            "which is attached in read-only mode!"
        ),
        duckdb.ConstraintException("Constraint Error: no space left between 'disk full' and 1"),
        duckdb.IOException('IO Error: Cannot open file "/srv/counts/july.csv": No such file'),
    ],
)
def test_a_word_in_a_complaint_about_something_else_misleads_nobody(cause: duckdb.Error) -> None:
    error = told(cause)

    assert type(error) is DatabaseError
    assert str(error) == f"{DATABASE} failed: {cause}"


@pytest.mark.parametrize(
    ("query", "is_missing"),
    [
        ("from no_such_table", True),
        ("from no_such_schema.table_of_it", True),
        ("select no_such_function(1)", False),
        ("select 1::no_such_type", False),
    ],
)
def test_a_missing_table_is_told_from_a_missing_function(query: str, is_missing: bool) -> None:
    with duckdb.connect() as con, pytest.raises(duckdb.CatalogException) as raised:
        con.execute(query)

    assert queries.is_missing_table(raised.value) is is_missing


def test_a_folder_in_the_place_of_the_database_is_told_as_such(tmp_path: Path) -> None:
    error = told(duckdb.IOException("IO Error: Could not read from file: Is a directory"), tmp_path)

    assert (
        str(error)
        == f"{tmp_path} is a folder, and a database is a file. Name another with --database."
    )
