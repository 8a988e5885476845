"""The versions that have a field which a model lacks."""

from __future__ import annotations

import re
from importlib import import_module

from moorage.errors import OperationUnavailable
from moorage.versions.spans import Span, lacking

__all__ = ["lacks_field", "missing_field"]

# The module of a model: moorage_api.since.v1_44.models.volume.
_HOME = re.compile(r"moorage_api\.since\.v(\d+)_(\d+)\.")


def missing_field(model: type, name: str) -> AttributeError:
    """Make the error for reading a field that a model does not have.

    Returns:
        An `OperationUnavailable` if the model has the field in another version, else a plain
        `AttributeError`.
    """
    span = None if name.startswith("_") else _span(model, name)
    home = _HOME.match(model.__module__)
    if span is None or home is None:
        return AttributeError(f"{model.__name__!r} object has no attribute {name!r}")
    what = f"{model.__name__}.{name}"
    # All versions with the same model share the class; its module names the oldest.
    return OperationUnavailable(
        lacking(what, [span], "this model is that of API", ".".join(home.groups()))
    )


def lacks_field(
    model: type, name: str, where: str, version: str | None
) -> OperationUnavailable | None:
    """Make the error for sending a field that the version in use lacks.

    Args:
        model: The class, as the version in use has it.
        name: The field.
        where: The caller's spelling, e.g. `containers.create(host_config.annotations)`.
        version: The version in use.

    Returns:
        None if no version has such a field.
    """
    span = _span(model, name)
    if span is None or version is None:
        return None
    return OperationUnavailable(lacking(where, [span], "this engine speaks", version))


def _span(model: type, name: str) -> Span | None:
    known: dict[str, dict[str, Span]] = import_module("moorage_api.availability").FIELDS
    return known.get(model.__name__, {}).get(name)
