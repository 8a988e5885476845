"""Answers in a version's shape: all fields its engines always send, and none newer."""

from __future__ import annotations

from typing import Any

from moorage.testing.server.contract import Kind, contract_of, kind_of, nothing_of, required

__all__ = ["UNSPECIFIED", "shaped"]

UNSPECIFIED = {
    "ContainerState": ("Health",),
    "EventMessage": ("status", "id", "from"),
    "NetworkSettings": ("Networks",),
    "Service": ("PreviousSpec",),
}
"""Fields that engines send and clients read, but older specifications lack."""


def shaped(version: str, operation: str, value: Any) -> Any:
    """Give an answer the shape of a version.

    Args:
        version: The API version.
        operation: The operation, like "containers.list".
        value: The answer with the fields of all versions.
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
        unspecified = UNSPECIFIED.get(kind.model.__name__, ())
        made |= {wire: value[wire] for wire in unspecified if wire in value and wire not in fields}
        for wire in required(kind.model):
            if made.get(wire) is None:
                made[wire] = nothing_of(kind.model, wire)
        return made
    return value
