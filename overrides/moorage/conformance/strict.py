"""The strict check of one response."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from moorage.errors import OperationUnavailable
from moorage.versions.bundled import bundled_versions, require_bundled
from moorage.versions.numbers import span, version_key
from moorage.versions.published import (
    Schema,
    at,
    definitions_at,
    folded,
    operation_history,
    types,
    words,
)

__all__ = [
    "MISSING",
    "Departure",
    "Fault",
    "Step",
    "answer_schema",
    "check",
    "faults",
    "kind",
    "written",
]

MISSING: Any = object()
"""Placeholder of a missing required field."""

_PLAIN_KEY = re.compile(r"[A-Za-z_]\w*", re.ASCII)

_SHOWN = 40
"""Maximum number of characters of a value to show."""


@frozen
class Step:
    """A step from a value to one of its parts."""

    key: str | int
    """A field, a key of a map, or an index."""
    named: bool
    """Whether the key comes from the specification, and not from a user."""


@frozen
class Fault:
    """A departure, with all details."""

    steps: tuple[Step, ...]
    expected: str
    enumerated: bool
    """Whether the specification has an enum for the value."""
    value: Any


@frozen
class Departure:
    """A place where a payload differs from the specification."""

    path: str
    """Place in the payload: `$[0].HostConfig.Binds`."""
    expected: str
    """"array of string", "one of 'a', 'b'", "no such field" …"""
    found: str
    """"null", "string 'x'", "nothing" …"""

    def __str__(self) -> str:
        return f"{self.path}: expected {self.expected}, found {self.found}"


def check(operation: str, version: str, payload: Any) -> list[Departure]:
    """List the departures of an engine's response, in the order of the payload.

    These are values of a wrong type, unexpected nulls, values missing in an enum, missing required
    fields, and undocumented fields.

    Args:
        operation: The operation's name in a client, e.g. "containers.list".
        version: The API version of the request, e.g. "1.44".
        payload: The decoded JSON of a successful response; of a stream, one document.

    Raises:
        ValueError: The version is malformed, the operation is unknown, or the specification
            describes no JSON response.
        TypeError: The payload holds a value that is not decoded JSON.
        UnsupportedVersion: This installation has no client for the version.
        OperationUnavailable: The version lacks the operation.
    """
    return [
        Departure(_path(each.steps), each.expected, _shown(each.value))
        for each in faults(operation, version, payload)
    ]


def faults(operation: str, version: str, payload: Any) -> Iterator[Fault]:
    """Find the departures that `check` describes."""
    version_key(version)
    require_bundled(version)
    schema = answer_schema(operation, version)
    definitions = definitions_at(version)
    # No recursion: a definition may refer to itself, so an engine decides the depth.
    todo: list[tuple[tuple[Step, ...], Any, Any]] = [((), schema, payload)]
    while todo:
        steps, schema, value = todo.pop()
        if schema is False:
            yield Fault(steps, "no such field", False, value)
            continue
        whole = folded(schema, definitions)
        expected, enumerated = _expected(whole, value)
        if expected is not None:
            yield Fault(steps, expected, enumerated, value)
        else:
            parts = [((*steps, step), *rest) for step, *rest in _parts(whole, value)]
            todo.extend(reversed(parts))


def answer_schema(name: str, version: str) -> Any:
    """Return the schema of an operation's JSON response.

    Raises:
        ValueError: The operation is unknown, or has no JSON response.
        OperationUnavailable: The version lacks it.
    """
    history = operation_history(name)
    operation = at(version, history)
    if operation is None:
        having = [each for each in bundled_versions() if at(each, history) is not None]
        raise OperationUnavailable(f"API {version} has no {name}; API {span(having)} has it")
    for status, schema in operation["responses"].items():
        if status[0] in "12" and schema:
            return schema
    raise ValueError(f"API {version} describes no JSON as the answer of {name}")


def _expected(schema: Schema, value: Any) -> tuple[str | None, bool]:
    """Return the expected value, None if the value is right, and whether it is of an enum."""
    if value is MISSING:
        return words(schema), False
    found = kind(value)
    if found == "null" and schema.get("x-nullable"):
        return None, False
    kinds = {found, "number"} if found == "integer" else {found}
    if "type" in schema and kinds.isdisjoint(types(schema)):
        return words(schema), False
    if "enum" in schema and value not in schema["enum"]:
        return "one of " + ", ".join(map(repr, schema["enum"])), True
    return None, False


def _parts(schema: Schema, value: Any) -> Iterator[tuple[Step, Any, Any]]:
    """List the parts of a value: the step to each, its schema and its value."""
    if isinstance(value, dict):
        # A required field without a description may be anything.
        known = {key: {} for key in schema.get("required", ())} | schema.get("properties", {})
        # An object described only by its type may have any field.
        other = schema.get("additionalProperties", False if "properties" in schema else {})
        for key, each in value.items():
            step = Step(key, key in known or other is False)
            yield step, known.get(key, other), each
        for key in schema.get("required", ()):
            if key not in value:
                yield Step(key, True), known.get(key, {}), MISSING
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield Step(index, False), schema.get("items", {}), each


def _path(steps: tuple[Step, ...]) -> str:
    return "$" + "".join(written(each.key) for each in steps)


def written(key: str | int) -> str:
    """Write a step of a path: `.Name`, `['a b']` or `[0]`; it can't control a terminal."""
    plain = isinstance(key, str) and _PLAIN_KEY.fullmatch(key)
    return f".{key}" if plain else f"[{key!r}]"


def kind(value: Any) -> str:
    """Name the JSON type of a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
    raise TypeError(f"{type(value).__name__} is not decoded JSON: give the result of json.loads")


def _shown(value: Any) -> str:
    if value is MISSING:
        return "nothing"
    found = kind(value)
    if found in ("null", "array", "object"):
        return found
    text = repr(value[: _SHOWN + 1]) if found == "string" else json.dumps(value)
    return f"{found} {text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}"
