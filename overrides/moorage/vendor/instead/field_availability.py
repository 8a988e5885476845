"""Errors for fields that a model lacks, like Python's own: a copy knows only one version."""

from __future__ import annotations

__all__ = ["lacks_field", "missing_field"]


def missing_field(model: type, name: str) -> AttributeError:
    """Make the error for reading a field that a model does not have."""
    return AttributeError(f"{model.__name__!r} object has no attribute {name!r}")


def lacks_field(
    _model: type, _name: str, _where: str, _version: str | None
) -> AttributeError | None:
    """Make no error: a copy knows of no other version that has a field."""
    return None
