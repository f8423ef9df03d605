"""What is checked of every request before a route looks at the account, in this order.

1. key: the ``api-key`` header must name a key of the account (401), one that may use the API (403);
2. rate: the account's requests per minute (429);
3. route: there must be something at the path (404) that knows the method (405);
4. shape: ids in the path, query parameters, then the body (400, one problem for each fault).

What depends on the account's state is checked after that, by the routes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from pydantic import BaseModel, ValidationError

from shipsync.emulator.http.limiter import Limiter
from shipsync.emulator.http.problems import ErrorBody, RefusedError, invalid
from shipsync.emulator.http.query import Query, is_identifier, read_query
from shipsync.emulator.http.request import IncomingRequest
from shipsync.emulator.http.routing import Route, RouteTable


@dataclass(frozen=True)
class Admitted:
    """A request that passed every check: its route, and what was read of it."""

    route: Route
    ids: Mapping[str, str]
    query: Query
    body: BaseModel | None


@dataclass(frozen=True)
class Gate:
    """What requests are checked against."""

    routes: RouteTable
    api_keys: frozenset[str]
    denied_keys: frozenset[str]
    limiter: Limiter | None
    tells_retry_after: bool

    def admit(self, request: IncomingRequest) -> Admitted:
        """Check a request. Raises RefusedError at the first check that fails."""
        self._check_key(request)
        self._check_rate()
        route, ids = self.routes.match(request.method, request.path)
        check_ids(route, ids)
        query = read_query(request.parameters(), route.known())
        body = None if route.body is None else read_body(route.body, request.body)
        return Admitted(route, ids, query, body)

    def _check_key(self, request: IncomingRequest) -> None:
        key = request.headers.get("api-key")
        if key is not None and key in self.denied_keys:
            message = "This key may not use the API."
            raise RefusedError(403, ErrorBody("security", "forbidden", message))
        if key not in self.api_keys:
            message = "The API key is missing." if key is None else "The API key is invalid."
            raise RefusedError(401, ErrorBody("security", "unauthorized", message))

    def _check_rate(self) -> None:
        if self.limiter is None:
            return
        wait = self.limiter.take()
        if wait is not None:
            message = f"{self.limiter.per_minute} requests a minute are allowed."
            headers = {"retry-after": str(wait)} if self.tells_retry_after else {}
            problem = ErrorBody("system", "rate_limit_exceeded", message)
            raise RefusedError(429, problem, headers=headers)


def check_ids(route: Route, ids: Mapping[str, str]) -> None:
    """Ids in the path have the form of ids."""
    for name, text in ids.items():
        if name not in route.open_ids and not is_identifier(text):
            raise invalid(name, text, "an id such as se-123 is expected")


def read_body(shape: type[BaseModel], body: bytes) -> BaseModel:
    """The body as the route's shape."""
    if not body:
        message = "This request needs a body."
        raise RefusedError(400, ErrorBody("validation", "request_body_required", message))
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise invalid("body", body[:40].decode(errors="replace"), "JSON is expected") from error
    try:
        return shape.model_validate(document)
    except ValidationError as error:
        raise RefusedError(400, *_problems(error)) from error


def _problems(error: ValidationError) -> list[ErrorBody]:
    problems = []
    for fault in error.errors(include_url=False, include_context=False):
        name = ".".join(str(part) for part in fault["loc"]) or "body"
        if fault["type"] == "missing":
            message = f"{name} must be given."
            problems.append(ErrorBody("validation", "field_value_required", message, name))
        else:
            text = str(fault["input"])[:100]
            message = f"'{text}' is not a valid {name}: {fault['msg']}."
            problems.append(ErrorBody("validation", "invalid_field_value", message, name, text))
    return problems
