"""Everything that can go wrong, grouped by what the caller does next.

::

    ShipsyncError                 exit 1   the message says what to do
    ├── UsageError                exit 2   fix the call
    │   ├── ConfigurationError             fix a setting
    │   │   └── WrongAddress               what answers at base_url is not the API
    │   ├── InputFileError                 fix the file that was given
    │   └── MissingLibrary                 install the library that is named
    ├── AccountError                       fix the key or the plan, then run again
    │   ├── KeyRefused                     401
    │   └── AccessDenied                   403
    ├── RequestRejected                    the API said no; sending it again won't help
    │   └── NotFound          exit 5       404
    ├── Unavailable                        no usable answer for the stated time; run later
    │   ├── Unreachable                    no connection could be made; check address and network
    │   └── UnreadableAnswer               it came, the same each time, and no one can read it
    ├── DeadlinePassed                     the run has had its time; the next one goes on
    ├── OutcomeUnknown                     a write's answer was lost; read back, never resend
    ├── IncompleteRead                     a list could not be read whole; nothing of it was kept
    ├── LoadFailed                         rows were refused on their way in; report it, others go on
    ├── DatabaseError                      the DuckDB file or its disk needs care
    │   ├── MemoryExhausted                it needed more memory or disk than it may have
    │   ├── DatabaseLocked                 another program has the file open
    │   └── DatabaseCorrupt                move the file away or restore it
    ├── ExportFailed                       the target could not be written; see to it, export again
    ├── ModelError                         a SQL model or its test failed
    ├── OutputFailed                       standard output could not be written; the work was done
    ├── UnknownOrder              exit 5   no order in the database has that reference
    ├── UnknownConsumer           exit 5   no consumer of change events has that name
    ├── NeedsPerson               exit 3   finished; somebody must look at what is listed
    │   └── AmbiguousOrder                 several orders answer; ask by one of the ids it lists
    └── LockHeld                  exit 4   another run is at work
"""

from __future__ import annotations

from typing import ClassVar


class ShipsyncError(Exception):
    """Base of all errors; ``str()`` is one clear sentence for a person and never holds a secret."""

    exit_code: ClassVar[int] = 1


class UsageError(ShipsyncError):
    """The call itself is wrong."""

    exit_code = 2


class ConfigurationError(UsageError):
    """A setting is missing, unknown or out of range."""


class WrongAddress(ConfigurationError):
    """Nothing that ever answered at ``base_url`` was the API; no other request would fare better."""


class InputFileError(UsageError):
    """A file given by the user cannot be read or lacks something."""


class MissingLibrary(UsageError):
    """A library that only this command needs is not installed."""


class AccountError(ShipsyncError):
    """The account does not let us in."""


class KeyRefused(AccountError):
    """HTTP 401."""


class AccessDenied(AccountError):
    """HTTP 403."""


class RequestRejected(ShipsyncError):
    """The API refused this request (400, 404, 409, 422 ...).

    ``status`` is the HTTP status, ``codes`` the ``error_code`` values as they came, ``messages``
    their texts, ``fields`` the parameters they complain of, ``request_id`` the vendor's id of the
    request (None when the body had none).
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        codes: tuple[str, ...] = (),
        messages: tuple[str, ...] = (),
        fields: tuple[str, ...] = (),
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.codes = codes
        self.messages = messages
        self.fields = fields
        self.request_id = request_id


class NotFound(RequestRejected):
    """HTTP 404."""

    exit_code = 5


class _Unanswered(ShipsyncError):
    """A request that got no usable answer.

    ``stream`` and ``request`` say what was asked (``GET /v2/labels?page=3``), ``attempts`` how
    often it went out, ``request_id`` the vendor's id of the last attempt that had one. ``why`` is what
    became of the last attempt, as a clause; ``may_be_its_rows`` tells that what was asked for may be
    why: the server did answer, with an error of its own or with less than an answer.
    """

    def __init__(
        self,
        message: str,
        *,
        stream: str | None = None,
        request: str | None = None,
        attempts: int = 0,
        request_id: str | None = None,
        why: str = "",
        may_be_its_rows: bool = False,
    ) -> None:
        super().__init__(message)
        self.stream = stream
        self.request = request
        self.attempts = attempts
        self.request_id = request_id
        self.why = why
        self.may_be_its_rows = may_be_its_rows


class Unavailable(_Unanswered):
    """No usable answer within the stated time; a write that ends so was not carried out."""


class Unreachable(Unavailable):
    """The address never took a connection; no other request to it would fare better."""


class DeadlinePassed(ShipsyncError):
    """The run's own deadline; no request was sent any more."""


class UnreadableAnswer(Unavailable):
    """An answer came, the same each time, and is no JSON; asking for less of it may help.

    ``reason`` says what a reader stumbles over, as a clause. ``excerpt`` is the beginning of the body,
    up to 2,000 characters, for the one who keeps it apart; it may hold a buyer's data.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: str,
        excerpt: str,
        stream: str | None = None,
        request: str | None = None,
        attempts: int = 0,
    ) -> None:
        super().__init__(message, stream=stream, request=request, attempts=attempts)
        self.reason = reason
        self.excerpt = excerpt


class OutcomeUnknown(_Unanswered):
    """A write was sent and no answer came that says what became of it."""


class IncompleteRead(ShipsyncError):
    """A complete read was needed and could not be had; nothing of it was loaded."""


class LoadFailed(ShipsyncError):
    """Rows that were read could not be loaded; nothing of their package was, and its cursor stands still."""


class DatabaseError(ShipsyncError):
    """The database file cannot be used."""


class MemoryExhausted(DatabaseError):
    """DuckDB needed more memory, or more room on disk beside the database, than it may have."""


class DatabaseLocked(DatabaseError):
    """Another program has the database file open."""


class DatabaseCorrupt(DatabaseError):
    """The file is not a DuckDB database or is damaged."""


class ExportFailed(ShipsyncError):
    """The target of an export could not be written."""


class ModelError(ShipsyncError):
    """dbt could not build a model, or a data test failed."""


class OutputFailed(ShipsyncError):
    """The result could not be shown; what the command did is done."""


class UnknownOrder(ShipsyncError):
    """No shipment is stored under the reference that was asked for."""

    exit_code = 5


class UnknownConsumer(ShipsyncError):
    """No consumer of change events has the name that was given."""

    exit_code = 5


class NeedsPerson(ShipsyncError):
    """The work is done as far as it could be; the rest needs a person."""

    exit_code = 3


class AmbiguousOrder(NeedsPerson):
    """Several orders are stored under the reference that was asked for."""


class LockHeld(ShipsyncError):
    """Another run holds the lock on this database."""

    exit_code = 4
