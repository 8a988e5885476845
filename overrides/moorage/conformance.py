"""Tell where an engine's answer departs from the specification of its API version.

    from moorage import conformance

    for departure in conformance.check("containers.inspect", "1.44", payload):
        print(departure)  # $.HostConfig.Binds: expected array of string, found null

Clients take whatever an engine sends, and are made from corrected specifications. This strict check
is apart from them, and knows the specification as it was published.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from moorage.errors import OperationUnavailable
from moorage.published import Schema, at, definitions_at, folded, operation_history, types, words
from moorage.versions import bundled_versions, number, require_bundled, span

__all__ = ["Departure", "check"]

_MISSING: Any = object()
"""What stands in the place of a field that is required and is not there."""

_PLAIN_KEY = re.compile(r"[A-Za-z_]\w*", re.ASCII)

_SHOWN = 40
"""So many characters of a value are shown, at most."""


@frozen
class Departure:
    """A place where a payload is not what the specification promises."""

    path: str
    """Where it is in the payload: `$[0].HostConfig.Binds`."""
    expected: str
    """"array of string", "one of 'a', 'b'", "no such field" …"""
    found: str
    """"null", "string 'x'", "nothing" …"""

    def __str__(self) -> str:
        return f"{self.path}: expected {self.expected}, found {self.found}"


def check(operation: str, version: str, payload: Any) -> list[Departure]:
    """List the departures of an engine's answer, in the order of the payload.

    These are values of a wrong type, nulls where there should be none, values that an enum lacks,
    fields that are required and missing, and fields that are not documented.

    Args:
        operation: its name in a client, e.g. "containers.list".
        version: the API version that the engine was asked in, e.g. "1.44".
        payload: the decoded JSON of a successful answer; of a stream, one of its documents.

    Raises:
        ValueError: the version is malformed, there is no such operation in any version, or the
            specification describes no JSON that it answers with.
        TypeError: the payload holds something that no JSON is decoded to.
        UnsupportedVersion: this installation has no client for the version.
        OperationUnavailable: the version lacks the operation.
    """
    number(version)
    require_bundled(version)
    schema = _answer(operation, version)
    definitions = definitions_at(version)
    departures = []
    # No recursion: a definition may refer to itself, and then an engine decides how deep this goes.
    todo = [("$", schema, payload)]
    while todo:
        path, schema, value = todo.pop()
        if schema is False:
            departures.append(Departure(path, "no such field", _shown(value)))
            continue
        whole = folded(schema, definitions)
        expected = _expected(whole, value)
        if expected is not None:
            departures.append(Departure(path, expected, _shown(value)))
        else:
            todo.extend(reversed(list(_parts(path, whole, value))))
    return departures


def _answer(name: str, version: str) -> Any:
    history = operation_history(name)
    operation = at(version, history)
    if operation is None:
        having = [each for each in bundled_versions() if at(each, history) is not None]
        raise OperationUnavailable(f"API {version} has no {name}; API {span(having)} has it")
    for status, schema in operation["responses"].items():
        if status[0] in "12" and schema:
            return schema
    raise ValueError(f"API {version} describes no JSON as the answer of {name}")


def _expected(schema: Schema, value: Any) -> str | None:
    """Tell what should stand in a value's place; None if the value may."""
    if value is _MISSING:
        return words(schema)
    kind = _kind(value)
    if kind == "null" and schema.get("x-nullable"):
        return None
    kinds = {kind, "number"} if kind == "integer" else {kind}
    if "type" in schema and kinds.isdisjoint(types(schema)):
        return words(schema)
    if "enum" in schema and value not in schema["enum"]:
        return "one of " + ", ".join(map(repr, schema["enum"]))
    return None


def _parts(path: str, schema: Schema, value: Any) -> Iterator[tuple[str, Any, Any]]:
    """List what a value consists of: the path, the schema and the value of each part."""
    if isinstance(value, dict):
        known = schema.get("properties", {})
        # An object that is described by its type alone may have any field.
        other = schema.get("additionalProperties", False if "properties" in schema else {})
        for key, each in value.items():
            yield _field(path, key), known.get(key, other), each
        for key in schema.get("required", ()):
            if key not in value:
                yield _field(path, key), known.get(key, {}), _MISSING
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield f"{path}[{index}]", schema.get("items", {}), each


def _field(path: str, key: str) -> str:
    return f"{path}.{key}" if _PLAIN_KEY.fullmatch(key) else f"{path}[{key!r}]"


def _kind(value: Any) -> str:
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
    raise TypeError(f"no JSON is decoded to {type(value).__name__}: give what json.loads returns")


def _shown(value: Any) -> str:
    if value is _MISSING:
        return "nothing"
    kind = _kind(value)
    if kind in ("null", "array", "object"):
        return kind
    text = repr(value[: _SHOWN + 1]) if kind == "string" else json.dumps(value)
    return f"{kind} {text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}"
