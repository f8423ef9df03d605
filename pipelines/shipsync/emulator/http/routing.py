"""Routes: a method and a path, what may be sent to it, and the function that answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from urllib.parse import unquote

from pydantic import BaseModel

from shipsync.emulator.account.account import Account
from shipsync.emulator.account.collection import Selections
from shipsync.emulator.http.paging import PageLimit
from shipsync.emulator.http.problems import ErrorBody, RefusedError, left_out
from shipsync.emulator.http.query import Parameter, Query
from shipsync.emulator.http.request import IncomingRequest, Response

PAGE = Parameter("page", "whole", smallest=1)
PAGE_SIZE = Parameter("page_size", "whole", smallest=1)
LIMIT = Parameter("limit", "whole", smallest=1)
SORT_DIR = Parameter("sort_dir", "choice", ("asc", "desc"))


@dataclass(frozen=True)
class Call:
    """A request that passed every check which needs no state, and what answers draw on.

    ``random`` gives what an answer makes up; ``selections`` are shared by the pages of a walk.
    """

    request: IncomingRequest
    ids: Mapping[str, str]
    query: Query
    body: BaseModel | None
    random: Random
    selections: Selections
    page_limit: PageLimit | None = None
    """A limit that a fault put in place of the account's own."""


Handler = Callable[[Account, Call], Response]


@dataclass(frozen=True)
class Route:
    """One operation. Of the path parameters in braces, ``open_ids`` need not look like se-1."""

    method: str
    path: str
    answer: Handler
    parameters: tuple[Parameter, ...] = ()
    body: type[BaseModel] | None = None
    open_ids: frozenset[str] = frozenset()

    def known(self) -> Mapping[str, Parameter]:
        """Its query parameters by name."""
        return {parameter.name: parameter for parameter in self.parameters}


@dataclass(frozen=True)
class LeftOut:
    """An operation of the real API that is not emulated; the method ``*`` means a whole family."""

    method: str
    path: str

    def matches(self, method: str, path: str) -> bool:
        """Whether a request asks for it."""
        if self.method == "*":
            return path == self.path or path.startswith(f"{self.path}/")
        return method == self.method and _pattern(self.path).fullmatch(path) is not None


@dataclass
class RouteTable:
    """Finds the route of a request; fixed path segments win over parameters.

    ``left_out`` are operations that have no route; those that have one are taken out of it.
    """

    routes: tuple[Route, ...]
    left_out: tuple[LeftOut, ...] = ()
    _patterns: list[tuple[re.Pattern[str], dict[str, Route]]] = field(init=False)

    def __post_init__(self) -> None:
        by_path: dict[str, dict[str, Route]] = {}
        for route in self.routes:
            by_path.setdefault(route.path, {})[route.method] = route
        answered = {(route.method, route.path) for route in self.routes}
        self.left_out = tuple(
            operation
            for operation in self.left_out
            if (operation.method, operation.path) not in answered
        )
        fixed_first = sorted(by_path, key=lambda path: (path.count("{"), path))
        self._patterns = [(_pattern(path), by_path[path]) for path in fixed_first]

    def match(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route and its path parameters.

        Raises RefusedError: 501 for what the real API has and the emulator has not, 404 for a path
        that neither has, 405 for a method.
        """
        known = [
            (found, methods)
            for pattern, methods in self._patterns
            if (found := pattern.fullmatch(path)) is not None
        ]
        for found, methods in known:
            if method in methods:
                ids = {name: unquote(text) for name, text in found.groupdict().items()}
                return methods[method], ids
        raise self._refusal(method, path, known)

    def _refusal(
        self, method: str, path: str, known: Sequence[tuple[object, Mapping[str, Route]]]
    ) -> RefusedError:
        if any(operation.matches(method, path) for operation in self.left_out):
            return left_out(method, path)
        if known:
            allowed = ", ".join(sorted(known[0][1]))
            message = f"{method} is not possible here; {allowed} is."
            problem = ErrorBody("validation", "unspecified", message)
            return RefusedError(405, problem, headers={"allow": allowed})
        message = f"There is nothing at {path[:200]}."
        return RefusedError(404, ErrorBody("validation", "unspecified", message))

    def paths(self) -> Iterable[tuple[str, str]]:
        """Method and path of every route, for tests that compare them with the documentation."""
        return [(route.method, route.path) for route in self.routes]


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path)))
