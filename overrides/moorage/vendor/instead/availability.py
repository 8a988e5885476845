"""Errors for gaps of the API version, like Python's own."""

from __future__ import annotations

__all__ = ["unavailable"]


def unavailable(owner: str, namespace: object, name: str, version: object) -> AttributeError:  # noqa: ARG001
    """Make the error for a namespace or an operation that an engine does not have."""
    return AttributeError(f"{owner!r} object has no attribute {name!r}")
