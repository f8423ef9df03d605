"""Query parameters: what each may hold, and their values once checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from shipsync.emulator.http.problems import RefusedError, invalid
from shipsync.emulator.timestamps import given_micros

Kind = Literal["text", "whole", "flag", "choice", "instant", "identifier"]
Value = str | int | bool

_WHOLE = re.compile(r"-?\d{1,10}", re.ASCII)
IDENTIFIER = re.compile(r"se(-[a-z0-9]+)+", re.ASCII)
"""The pattern of ids [O]; at most 25 characters."""

_LARGEST = 2_147_483_647


@dataclass(frozen=True)
class Parameter:
    """One query parameter. ``choices`` belongs to the kind ``choice``."""

    name: str
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    smallest: int | None = None

    def read(self, text: str) -> Value:
        """The value; instants become microseconds. Raises RefusedError (400) naming the rule."""
        match self.kind:
            case "whole":
                return self._whole(text)
            case "instant":
                return self._instant(text)
            case "flag":
                if text.lower() not in ("true", "false"):
                    raise invalid(self.name, text, "true or false is expected")
                return text.lower() == "true"
            case "choice":
                if text not in self.choices:
                    raise invalid(self.name, text, f"one of {', '.join(self.choices)} is expected")
                return text
            case "identifier":
                if not is_identifier(text):
                    raise invalid(self.name, text, "an id such as se-123 is expected")
                return text
            case "text":
                return text

    def _whole(self, text: str) -> int:
        number = int(text) if _WHOLE.fullmatch(text) else None
        if number is None or number > _LARGEST:
            raise invalid(self.name, text, "a whole number is expected")
        if self.smallest is not None and number < self.smallest:
            raise invalid(self.name, text, f"the smallest is {self.smallest}")
        return number

    def _instant(self, text: str) -> int:
        try:
            return given_micros(text)
        except ValueError as error:
            raise invalid(self.name, text, "an ISO 8601 date-time is expected") from error


def is_identifier(text: str) -> bool:
    """Whether a text has the form of an id."""
    return len(text) <= 25 and IDENTIFIER.fullmatch(text) is not None


@dataclass(frozen=True)
class Query:
    """Checked parameters: ``values`` by name, and every pair as it came, for the links."""

    values: Mapping[str, Value]
    pairs: tuple[tuple[str, str], ...] = ()

    def text(self, name: str) -> str | None:
        """A parameter that is text, or None when it was not given."""
        value = self.values.get(name)
        return value if isinstance(value, str) else None

    def number(self, name: str) -> int | None:
        """A parameter that is a number or an instant, or None when it was not given."""
        value = self.values.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def flag(self, name: str) -> bool | None:
        """A parameter that is true or false, or None when it was not given."""
        value = self.values.get(name)
        return value if isinstance(value, bool) else None


def read_query(pairs: Sequence[tuple[str, str]], parameters: Mapping[str, Parameter]) -> Query:
    """Check the parameters that a route knows; unknown and empty ones are ignored.

    Raises RefusedError (400) with one problem per parameter that is wrong.
    """
    values: dict[str, Value] = {}
    refusals: list[RefusedError] = []
    for name, text in pairs:
        parameter = parameters.get(name)
        if parameter is None or text == "":
            continue
        try:
            values[name] = parameter.read(text)
        except RefusedError as refusal:
            refusals.append(refusal)
    if refusals:
        raise RefusedError(400, *(p for refusal in refusals for p in refusal.problems))
    return Query(values, tuple(pairs))
