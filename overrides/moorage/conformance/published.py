"""The specifications' schemas of answers, as they were published, before any correction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

from moorage.errors import OperationUnavailable
from moorage.versions import bundled_versions, number, span

__all__ = ["Schema", "answer", "at", "folded", "schemas"]

Schema: TypeAlias = dict[str, Any]


@cache
def schemas() -> Any:
    """Read them: `definitions` and `operations`, each name with its history."""
    return json.loads(files("moorage_api").joinpath("schemas.json").read_text(encoding="utf-8"))


def answer(operation: str, version: str) -> Any:
    """Return the schema of an operation's answer.

    Raises:
        ValueError: there is no such operation, or it is not said to answer with JSON.
        OperationUnavailable: the version lacks it.
    """
    history = schemas()["operations"].get(operation)
    if history is None:
        raise ValueError(
            f"{operation[:40]!r} is no operation of any version: write it like 'containers.list'"
        )
    schema = at(version, history)
    if schema is None:
        having = [each for each in bundled_versions() if at(each, history) is not None]
        raise OperationUnavailable(f"API {version} has no {operation}; API {span(having)} has it")
    if not schema:
        raise ValueError(f"API {version} describes no JSON as the answer of {operation}")
    return schema


def at(version: str, history: list[tuple[str, Any]]) -> Any:
    """Find what holds at a version; None if it has nothing of that name."""
    held = [schema for since, schema in history if number(since) <= number(version)]
    return held[-1] if held else None


def folded(
    schema: Schema, definitions: Mapping[str, Schema], seen: frozenset[str] = frozenset()
) -> Schema:
    """Follow a reference and fold `allOf`, so that one schema says all."""
    if "$ref" in schema:
        name = schema["$ref"]
        if name in seen:  # A definition that is only itself says nothing.
            return {}
        target = folded(definitions[name], definitions, seen | {name})
        nullable = "x-nullable" in schema or target.get("x-nullable", False)
        return {**target, "x-nullable": nullable}
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
    # That one of its members may be null does not make the whole so.
    return {**whole, "x-nullable": "x-nullable" in own}
