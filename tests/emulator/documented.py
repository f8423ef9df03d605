"""The OpenAPI document as a judge of answers: its schemas made usable, and a transport that asks it.

What is taken from the schemas before they judge, because production answers break it
(``FACTS.md``, "Known troubles"):

- ``additionalProperties: false``, which stands beside ``allOf`` and rejects every real answer;
- ``minLength`` and ``minItems``: captures have ``""`` and ``[]`` where one is demanded;
- the exclusive minima of weights: captures have exactly 2 oz, boxes without weight have 0;
- the offset in the pattern of date-times, where ``x-observed-no-offset`` says so;
- the id pattern on ``rates_information.created_at``, which the same node calls a date-time, and on
  ``service.carrier_code``, which is a code and no id;
- the type of an event's status detail: absence is null or ``""`` there, says ``FACTS.md``;
- the enum of error sources: captured refusals say ``shipengine``;
- nodes marked ``x-nullable``, ``nullable`` or ``x-observed-null`` admit null.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import orjson
import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

SHARED = Path(os.environ.get("SHIPSYNC_SHARED", Path(__file__).parents[3] / "shared"))
DOCUMENT = SHARED / "api" / "shipstation-v2.openapi.yaml"
CAPTURES = SHARED / "api" / "captures"

_DROPPED = frozenset({"minLength", "minItems", "exclusiveMinimum", "example", "default", "format"})
_NULL_MARKS = ("x-nullable", "nullable", "x-observed-null")

Operation = tuple[str, str]
"""Method in upper case and path template."""


class Document:
    """The operations of the document and the schemas of their answers."""

    def __init__(self, path: Path) -> None:
        self.raw: dict[str, Any] = yaml.safe_load(path.read_text())

    @cached_property
    def operations(self) -> dict[Operation, dict[str, Any]]:
        """Every operation by method and path template."""
        methods = ("get", "post", "put", "delete")
        return {
            (method.upper(), template): item[method]
            for template, item in self.raw["paths"].items()
            for method in methods
            if method in item
        }

    @cached_property
    def _components(self) -> dict[str, Any]:
        schemas = relaxed(self.raw["components"]["schemas"])
        del schemas["error_source"]["enum"]
        for schema, field in (("rates_information", "created_at"), ("service", "carrier_code")):
            del schemas[schema]["properties"][field]["allOf"]
        event = schemas["tracking_information"]["properties"]["events"]["items"]["properties"]
        for field in ("status_detail_code", "status_detail_description"):
            event[field] = {"anyOf": [event[field], {"type": "null"}]}
        return {"schemas": schemas}

    def operation_of(self, method: str, path: str) -> Operation:
        """The operation that a request means; KeyError for one the document does not have."""
        fits = [
            (template.count("{"), (method, template))
            for known, template in self.operations
            if known == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)
        ]
        if not fits:
            raise KeyError(f"{method} {path} is not documented")
        return min(fits)[1]

    def _response(self, operation: Operation, status: int) -> dict[str, Any] | None:
        declared = self.operations[operation]["responses"].get(str(status))
        if declared and "$ref" in declared:
            name = declared["$ref"].rsplit("/", 1)[-1]
            declared = self.raw["components"]["responses"][name]
        return declared

    def fault_of(self, operation: Operation, status: int, body: bytes) -> str | None:
        """What is wrong with an answer, or None."""
        declared = self._response(operation, status)
        if declared is None:
            return f"status {status} is not declared"
        schema = declared.get("content", {}).get("application/json", {}).get("schema")
        if schema is None:
            return None if body == b"" else "a body where none is declared"
        validator = self._validator(orjson.dumps(schema))
        error = best_match(validator.iter_errors(orjson.loads(body) if body else ""))
        return None if error is None else f"{error.json_path}: {error.message[:300]}"

    def _validator(self, schema: bytes) -> Draft202012Validator:
        if schema not in self._validators:
            whole = {**relaxed(orjson.loads(schema)), "components": self._components}
            self._validators[schema] = Draft202012Validator(whole)
        return self._validators[schema]

    @cached_property
    def _validators(self) -> dict[bytes, Draft202012Validator]:
        return {}


def relaxed(node: Any) -> Any:
    """A schema without what production answers break; see the module's text."""
    if isinstance(node, list):
        return [relaxed(part) for part in node]
    if not isinstance(node, dict):
        return node
    if "x-observed-no-offset" in node:
        return {"type": ["string", "null"]}
    kept = {
        name: relaxed(value)
        for name, value in node.items()
        if not _is_dropped(name, value) and not name.startswith("x-") and name != "nullable"
    }
    if any(node.get(mark) is True for mark in _NULL_MARKS):
        return {"anyOf": [kept, {"type": "null"}]}
    return kept


def open_where_composed(node: Any) -> Any:
    """A schema that can be met: without ``additionalProperties: false`` beside allOf or oneOf."""
    if isinstance(node, list):
        return [open_where_composed(part) for part in node]
    if not isinstance(node, dict):
        return node
    composed = "allOf" in node or "oneOf" in node
    return {
        name: open_where_composed(value)
        for name, value in node.items()
        if not (composed and name == "additionalProperties")
    }


def _is_dropped(name: str, value: object) -> bool:
    # "default" and "format" are also names of properties; those hold a schema, not a plain value.
    return (name in _DROPPED and not isinstance(value, dict)) or (
        name == "additionalProperties" and value is False
    )


class Judged(httpx.BaseTransport):
    """Passes requests on and fails at the first answer that the document does not allow."""

    def __init__(self, inner: httpx.BaseTransport, document: Document) -> None:
        self._inner = inner
        self._document = document
        self.seen: set[tuple[Operation, int]] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Judge one answer."""
        response = self._inner.handle_request(request)
        operation = self._document.operation_of(request.method, request.url.path)
        body = response.read()
        fault = self._document.fault_of(operation, response.status_code, body)
        assert fault is None, f"{operation} {response.status_code} {request.url.query!r}: {fault}"
        self.seen.add((operation, response.status_code))
        return response


def keys_of(value: Any, at: str = "") -> Iterator[str]:
    """Every path of keys inside a JSON value, with ``[]`` for an array's elements."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield f"{at}.{name}"
            yield from keys_of(inner, f"{at}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner, f"{at}[]")
