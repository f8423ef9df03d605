"""How the account says no: the documented error body, and the two bodies that are empty."""

from __future__ import annotations

from collections.abc import Mapping
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
    field_value: object = None
    """A text, or a whole object: what was refused."""

    def body(self, source: str) -> dict[str, object]:
        """The entry as it is served; ``source`` is its ``error_source``."""
        entry: dict[str, object] = {
            "error_source": source,
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

    def response(self, request_id: UUID, source: str) -> Response:
        """The answer to send; ``source`` is the ``error_source`` of its problems."""
        if not self.problems:
            return Response(self.status, b"", self.headers)
        errors = [problem.body(source) for problem in self.problems]
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


def against_rules(
    code: str, message: str, status: int = 400, about: Mapping[str, object] | None = None
) -> RefusedError:
    """A request that is well formed and that the account's state forbids.

    ``about`` is a shipment that the answer holds whole.
    """
    name = None if about is None else "shipment"
    return RefusedError(status, ErrorBody("business_rules", code, message, name, about))


def left_out(method: str, path: str) -> RefusedError:
    """501 for an operation that the real API has and the emulator has not."""
    message = (
        f"{method} {path[:200]} exists in the ShipStation API, but this emulator leaves it out; its "
        "DIFFERENCES.md lists what it has."
    )
    return RefusedError(501, ErrorBody("system", "not_implemented", message))
