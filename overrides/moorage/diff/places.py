"""Flatten an operation: parameters, body and responses, each part by its place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from moorage.versions.published import Schema, folded, types

__all__ = ["Place", "places"]

_NO_JSON = "no JSON"


@frozen
class Place:
    """The description of a parameter, a field or a response in a specification."""

    parent: str | None
    """The enclosing place; None for a part of the operation itself."""
    type: str
    """"array of string"; an object's fields have places of their own."""
    required: bool
    nullable: bool
    values: frozenset[str]
    """The values of an enum, in JSON; empty without an enum."""
    default: str | None
    """In JSON."""
    deprecated: bool


def places(operation: Mapping[str, Any], definitions: Mapping[str, Schema]) -> dict[str, Place]:
    """List the places of an operation of `moorage.versions.published` by their names.

    `Change.place` documents the names. References are followed, so a renamed type is not a change.
    Recursion into a type ends the walk.
    """
    roots: list[tuple[str, Schema | None, bool]] = []
    for group in ("query", "header"):
        parameters = operation.get(group, {})
        required = parameters.get("required", ())
        for name, schema in parameters.get("properties", {}).items():
            roots.append((f"{group}.{name}", schema, name in required))
    if "body" in operation:
        roots.append(("body", operation["body"], False))
    for status, answer in operation["responses"].items():
        roots.append((status, answer, False))
    made: dict[str, Place] = {}
    for path, schema, required in roots:
        made.update(_walk(None, path, schema, definitions, required, frozenset()))
    return made


def _walk(
    parent: str | None,
    path: str,
    schema: Schema | None,
    definitions: Mapping[str, Schema],
    required: bool,
    seen: frozenset[str],
) -> Iterator[tuple[str, Place]]:
    if schema is None:
        yield path, Place(parent, _NO_JSON, required, False, frozenset(), None, False)
        return
    whole = folded(schema, definitions)
    inner, suffix, names = _innermost(schema, definitions)
    yield (
        path,
        Place(
            parent,
            _words(schema, definitions),
            required,
            whole.get("x-nullable", False),
            frozenset(map(json.dumps, inner.get("enum", ()))),
            json.dumps(whole["default"]) if "default" in whole else None,
            whole.get("deprecated", False),
        ),
    )
    if names & seen:
        return
    for name, each in inner.get("properties", {}).items():
        there = name in inner.get("required", ())
        yield from _walk(path, f"{path}{suffix}.{name}", each, definitions, there, seen | names)


def _innermost(
    schema: Schema, definitions: Mapping[str, Schema]
) -> tuple[Schema, str, frozenset[str]]:
    """Descend into arrays and maps: their items, the way there, the definitions on it."""
    suffix, names = "", _names(schema)
    whole = folded(schema, definitions)
    while part := _part(whole):
        schema, mark = part
        suffix += mark
        names |= _names(schema)
        whole = folded(schema, definitions)
    return whole, suffix, names


def _part(schema: Schema) -> tuple[Schema, str] | None:
    if "properties" in schema:
        return None
    if schema.get("items"):
        return schema["items"], "[]"
    if schema.get("additionalProperties"):
        return schema["additionalProperties"], "{}"
    return None


def _names(schema: Schema) -> frozenset[str]:
    if "$ref" in schema:
        return frozenset({schema["$ref"]})
    return frozenset().union(*map(_names, schema.get("allOf", ())))


def _words(schema: Schema, definitions: Mapping[str, Schema]) -> str:
    """Describe a type in words, without the names of definitions."""
    whole = folded(schema, definitions)
    if "type" not in whole:
        return "object" if "properties" in whole else "any value"
    part = _part(whole)
    if part is None:
        return " or ".join(types(whole))
    kind = "array" if part[1] == "[]" else "map"
    return f"{kind} of {_words(part[0], definitions)}"
