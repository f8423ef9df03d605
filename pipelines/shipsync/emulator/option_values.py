"""Options by their names: what each means and may hold, and their values read from texts."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from shipsync.emulator.options import Options

NOTHING = "none"
"""How a value that is absent is written."""


@dataclass(frozen=True)
class DescribedOption:
    """An option for somebody who reads a list of them.

    ``values`` says what it may hold; ``mark`` is the kind of evidence, such as ``[O]`` or ``[T/?]``.
    """

    name: str
    default: str
    values: str
    mark: str
    text: str


def described_options() -> list[DescribedOption]:
    """Every option in the order in which ``Options`` has them."""
    types, texts, default = get_type_hints(Options), _texts(), Options()
    described = []
    for field in fields(Options):
        text = " ".join(texts[field.name].split())
        marks = re.findall(r"\[[OCTI?][^\]]*\]", text)
        described.append(
            DescribedOption(
                name=field.name,
                default=_written(getattr(default, field.name)),
                values=_values(types[field.name]),
                mark=" ".join(dict.fromkeys(marks)),
                text=text,
            )
        )
    return described


def options_from(given: Iterable[str], base: Options | None = None) -> Options:
    """``base`` with the options that texts such as ``ties=reversed`` name.

    Raises ValueError, in a whole sentence, for a name or a value that no option has.
    """
    types = get_type_hints(Options)
    changes: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"An option is written NAME=VALUE; '{text}' has no '='.")
        if name not in types:
            raise ValueError(f"The emulator has no option '{name}'.")
        try:
            changes[name] = _read(types[name], value)
        except ValueError:
            raise ValueError(
                f"'{value}' is no value of the option {name}, which may be {_values(types[name])}."
            ) from None
    return replace(base or Options(), **changes)


def _texts() -> Mapping[str, str]:
    """The text below each field of ``Options``, from its source."""
    tree = ast.parse(inspect.getsource(Options))
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef)).body
    return {
        field.target.id: str(text.value.value)
        for field, text in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
    }


def _written(value: object) -> str:
    return (
        NOTHING if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    )


def _values(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(str(choice) for choice in get_args(kind))
    if get_args(kind):
        return " or ".join(_values(part) for part in get_args(kind))
    return {bool: "true or false", int: "a whole number", str: "text", NoneType: NOTHING}[kind]


def _read(kind: Any, text: str) -> Any:
    """The value of a text; ValueError when it is none of the kind."""
    if get_origin(kind) is Literal:
        return _chosen({str(choice): choice for choice in get_args(kind)}, text)
    if kind is bool:
        return _chosen({"true": True, "false": False}, text)
    if NoneType in get_args(kind):
        inner = next(part for part in get_args(kind) if part is not NoneType)
        return None if text == NOTHING else _read(inner, text)
    return kind(text)


def _chosen(choices: Mapping[str, Any], text: str) -> Any:
    if text not in choices:
        raise ValueError(text)
    return choices[text]
