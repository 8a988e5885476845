"""Errors for gaps of the API version, like Python's own."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["unavailable", "unavailable_keyword"]


def unavailable(owner: str, namespace: object, name: str, version: object) -> AttributeError:  # noqa: ARG001
    """Make the error for a namespace or an operation that an engine does not have."""
    return AttributeError(f"{owner!r} object has no attribute {name!r}")


def unavailable_keyword(
    _operation: str, _keywords: Iterable[str], _version: str
) -> Exception | None:
    """Make no error: a copy knows of no other version that takes a keyword."""
    return None
