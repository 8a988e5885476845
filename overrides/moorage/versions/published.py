"""The published specifications of all bundled versions, before any correction.

The generator writes them to `moorage_api/schemas.json`, each entry once, with its versions.
`moorage.conformance` and `moorage.diff` read them here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

from moorage.versions.numbers import version_key

__all__ = [
    "History",
    "Schema",
    "at",
    "definitions_at",
    "endpoint",
    "folded",
    "operation_history",
    "operation_names",
    "types",
    "words",
]

Schema: TypeAlias = dict[str, Any]

History: TypeAlias = list[tuple[str, Any]]
"""The states of an entry by first version, the oldest first; None while it was absent."""


def operation_names() -> list[str]:
    """List the operations of all versions, like "containers.list"."""
    return list(_schemas()["operations"])


def operation_history(name: str) -> History:
    """Return the states of an operation by first version.

    Raises:
        ValueError: No version has the operation.
    """
    history: History | None = _schemas()["operations"].get(name)
    if history is None:
        raise ValueError(
            f"{name[:40]!r} is not an operation of any version: write it like 'containers.list'"
        )
    return history


def endpoint(name: str) -> str:
    """Return an operation's method and path, like "GET /containers/json"."""
    return next(str(each["endpoint"]) for _, each in operation_history(name) if each is not None)


def definitions_at(version: str) -> dict[str, Any]:
    """Return the definitions of a version by their names; None for those it lacks."""
    return {name: at(version, each) for name, each in _schemas()["definitions"].items()}


def at(version: str, history: History) -> Any:
    """Find the entry at a version; None if it has none of that name."""
    held = [each for since, each in history if version_key(since) <= version_key(version)]
    return held[-1] if held else None


def folded(
    schema: Schema, definitions: Mapping[str, Schema], seen: frozenset[str] = frozenset()
) -> Schema:
    """Follow a reference and fold `allOf` into one schema."""
    if "$ref" in schema:
        name = schema["$ref"]
        if name in seen:  # A definition that refers only to itself has no content.
            return {}
        target = folded(definitions[name], definitions, seen | {name})
        nullable = "x-nullable" in schema or target.get("x-nullable", False)
        deprecated = "deprecated" in schema or target.get("deprecated", False)
        return {**target, "x-nullable": nullable, "deprecated": deprecated}
    if "allOf" not in schema:
        return schema
    own = {key: value for key, value in schema.items() if key != "allOf"}
    whole: Schema = {}
    for part in (*(folded(each, definitions, seen) for each in schema["allOf"]), own):
        for key, value in part.items():
            if key == "properties":
                whole[key] = whole.get(key, {}) | value
            elif key == "required":
                whole[key] = sorted({*whole.get(key, ()), *value})
            else:
                whole[key] = value
    # A nullable or deprecated member does not make the whole so.
    return {**whole, "x-nullable": "x-nullable" in own, "deprecated": "deprecated" in own}


def types(schema: Schema) -> list[str]:
    """List the JSON types that a schema names."""
    kinds = schema["type"]
    return kinds if isinstance(kinds, list) else [kinds]


def words(schema: Schema) -> str:
    """Describe in words what a schema takes: "array of string"."""
    if "$ref" in schema:
        return str(schema["$ref"])
    if "type" not in schema:
        return "any value"
    if schema["type"] == "array" and "items" in schema:
        return f"array of {words(schema['items'])}"
    if schema["type"] == "object" and schema.get("additionalProperties"):
        return f"map of {words(schema['additionalProperties'])}"
    return " or ".join(types(schema))


@cache
def _schemas() -> Any:
    return json.loads(files("moorage_api").joinpath("schemas.json").read_text(encoding="utf-8"))
