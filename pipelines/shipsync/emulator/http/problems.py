"""How the account says no: the documented error body, and the two bodies that are empty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import orjson

from shipsync.emulator.http.request import Response

ErrorType = Literal[
    "account_status", "business_rules", "validation", "security", "system", "integrations"
]

JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class ErrorBody:
    """One entry of ``errors``; the field is named for validation errors alone."""

    error_type: ErrorType
    error_code: str
    message: str
    field_name: str | None = None
    field_value: str | None = None

    def body(self) -> dict[str, str]:
        """The entry as it is served."""
        entry = {
            "error_source": "ShipStation",
            "error_type": self.error_type,
            "error_code": self.error_code,
            "message": self.message,
        }
        if self.field_name is not None:
            entry["field_name"] = self.field_name
        if self.field_value is not None:
            entry["field_value"] = self.field_value
        return entry


class RefusedError(Exception):
    """The request is answered with ``status`` and these problems; none of them: an empty body."""

    def __init__(
        self, status: int, *problems: ErrorBody, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(status, *problems)
        self.status = status
        self.problems = problems
        self.headers = headers or {}

    def response(self, request_id: UUID) -> Response:
        """The answer to send."""
        if not self.problems:
            return Response(self.status, b"", self.headers)
        errors = [problem.body() for problem in self.problems]
        body = orjson.dumps({"request_id": str(request_id), "errors": errors})
        return Response(self.status, body, {**JSON, **self.headers})


def not_found(what: str, entity_id: str) -> RefusedError:
    """404 for an id that the account does not have."""
    message = f"There is no {what} with the id '{entity_id}'."
    return RefusedError(404, ErrorBody("validation", "invalid_identifier", message))


def invalid(name: str, value: object, rule: str) -> RefusedError:
    """400 for a value that breaks a rule of its shape."""
    text = str(value)[:100]
    message = f"'{text}' is not a valid {name}: {rule}."
    return RefusedError(400, ErrorBody("validation", "invalid_field_value", message, name, text))


def against_rules(code: str, message: str, status: int = 400) -> RefusedError:
    """A request that is well formed and that the account's state forbids."""
    return RefusedError(status, ErrorBody("business_rules", code, message))
