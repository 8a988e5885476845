"""What the API version lacks is told as Python tells it."""

from __future__ import annotations

__all__ = ["unavailable"]


def unavailable(owner: object, name: str) -> AttributeError:
    """Make the error for a namespace or an operation that an engine does not have."""
    return AttributeError(f"{type(owner).__name__!r} object has no attribute {name!r}")
