"""Answers in the shape of a version: all that its engines always send, and nothing newer."""

from __future__ import annotations

from typing import Any

from moorage.testing.server.contract import Kind, contract_of, kind_of, nothing_of, required

__all__ = ["shaped"]

_UNSPECIFIED = {
    "ContainerState": ("Health",),
    "NetworkSettings": ("Networks",),
    "Service": ("PreviousSpec",),
}
"""Fields that clients read, and that engines send before a specification has them, by their classes."""


def shaped(version: str, operation: str, value: Any) -> Any:
    """Give an answer the shape of a version.

    Args:
        version: The API version.
        operation: The operation, like "containers.list".
        value: The answer with all that any version has.
    """
    return _shaped(value, contract_of(version, operation).answer)


def _shaped(value: Any, kind: Kind) -> Any:
    if kind.name == "list" and kind.item and isinstance(value, list):
        return [_shaped(each, kind.item) for each in value]
    if kind.name == "map" and kind.item and isinstance(value, dict):
        return {key: _shaped(each, kind.item) for key, each in value.items()}
    if kind.name == "model" and isinstance(value, dict):
        fields = kind_of(kind.model)
        made = {wire: _shaped(value[wire], fields[wire]) for wire in fields if wire in value}
        unspecified = _UNSPECIFIED.get(kind.model.__name__, ())
        made |= {wire: value[wire] for wire in unspecified if wire in value}
        for wire in required(kind.model):
            if made.get(wire) is None:
                made[wire] = nothing_of(kind.model, wire)
        return made
    return value
