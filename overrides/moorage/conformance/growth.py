"""The growth of the API: counts for each version's specification."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from attrs import frozen

from moorage.conformance.report import operations_of
from moorage.versions.bundled import bundled_versions
from moorage.versions.numbers import version_key
from moorage.versions.published import at, definitions_at, operation_history, operation_names

__all__ = ["Size", "growth"]


@frozen
class Size:
    """The counts of one version."""

    version: str
    operations: int
    arguments: int
    """The keywords of its operations: parameters and fields of bodies."""
    fields: int
    """The fields of its definitions and responses."""


def growth() -> list[Size]:
    """Count for every version, the oldest first."""
    return [
        Size(each, len(operations_of(each)), _arguments(each), _fields(each))
        for each in bundled_versions()
    ]


def _arguments(version: str) -> int:
    keywords: dict[str, dict[str, tuple[str, str]]] = import_module(
        "moorage_api.availability"
    ).KEYWORDS
    return sum(
        version_key(first) <= version_key(version) <= version_key(last)
        for taken in keywords.values()
        for first, last in taken.values()
    )


def _fields(version: str) -> int:
    schemas = list(definitions_at(version).values())
    for name in operation_names():
        operation = at(version, operation_history(name))
        if operation is not None:
            responses = operation["responses"].items()
            schemas += [schema for status, schema in responses if status[0] in "12"]
    return sum(1 for each in schemas for _ in _properties(each))


def _properties(schema: Any) -> Iterator[str]:
    """List the fields of a schema, and of unnamed objects in it."""
    if not isinstance(schema, dict):
        return
    for name, each in schema.get("properties", {}).items():
        yield name
        yield from _properties(each)
    for key in ("items", "additionalProperties"):
        yield from _properties(schema.get(key))
    for each in schema.get("allOf", ()):
        yield from _properties(each)
