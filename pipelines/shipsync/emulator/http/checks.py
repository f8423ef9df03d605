"""What is checked of every request before a route looks at the account, in this order.

1. key: the ``api-key`` header must name a key of the account (401), one that may use the API (403);
2. rate: the account's requests per minute (429);
3. route: there must be something at the path (404) that knows the method (405);
4. shape: ids in the path, query parameters, then the body (400, one problem for each fault).

What depends on the account's state is checked after that, by the routes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from pydantic import BaseModel, ValidationError

from shipsync.emulator.http.problems import ErrorBody, RefusedError, invalid
from shipsync.emulator.http.query import is_identifier, read_query
from shipsync.emulator.http.request import IncomingRequest
from shipsync.emulator.http.routing import Call, Route
from shipsync.emulator.routes import TABLE

if TYPE_CHECKING:
    from shipsync.emulator.account.account import Account


def checked(account: Account, request: IncomingRequest) -> tuple[Route, Call]:
    """The route and the checked call. Raises RefusedError at the first check that fails."""
    check_key(account, request)
    check_rate(account)
    route, ids = TABLE.match(request.method, request.path)
    check_ids(route, ids)
    query = read_query(request.parameters(), route.known())
    body = None if route.body is None else read_body(route.body, request.body)
    return route, Call(request, ids, query, body)


def check_key(account: Account, request: IncomingRequest) -> None:
    """The key is one of the account's and not one of those without access."""
    key = request.headers.get("api-key")
    if key is not None and key in account.denied_keys:
        message = "This key may not use the API."
        raise RefusedError(403, ErrorBody("security", "forbidden", message))
    if key not in account.api_keys:
        message = "The API key is missing." if key is None else "The API key is invalid."
        raise RefusedError(401, ErrorBody("security", "unauthorized", message))


def check_rate(account: Account) -> None:
    """The minute has a request left."""
    if account.limiter is None:
        return
    wait = account.limiter.take()
    if wait is not None:
        message = f"{account.limiter.per_minute} requests a minute are allowed."
        headers = {"retry-after": str(wait)} if account.options.retry_after else {}
        problem = ErrorBody("system", "rate_limit_exceeded", message)
        raise RefusedError(429, problem, headers=headers)


def check_ids(route: Route, ids: dict[str, str]) -> None:
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
