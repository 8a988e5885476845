"""The models of an engine's API version, by their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from moorage.availability import unavailable_keyword
from moorage.model.base import layout
from moorage.model.field_availability import lacks_field
from moorage.model.keywords import called_here

__all__ = ["make", "model_of", "refuse_lacking", "takes", "unknown"]


def model_of(client: Any, name: str) -> Any:
    """Return the model class of a name in the engine's version."""
    # The module of a generated engine: moorage_api.v1_44.engine.
    return getattr(import_module(type(client).__module__.rpartition(".")[0]), name)


def make(client: Any, name: str, fields: Mapping[str, Any], where: str) -> Any:
    """Make a model from fields.

    Args:
        client: The engine, which decides the version.
        name: The model's name.
        fields: Its fields; None leaves one absent.
        where: The verb that got the fields, e.g. "create".

    Raises:
        OperationUnavailable: The version lacks a field.
        TypeError: No version has such a field.
    """
    model = model_of(client, name)
    given = {key: value for key, value in fields.items() if value is not None}
    for key in given:
        if not takes(model, key):
            raise unknown(client, [model], key, where)
    return model(**given)


def refuse_lacking(client: Any, operation: str, keywords: Iterable[str]) -> None:
    """Refuse keywords of an operation, e.g. "images.create", that the engine's version lacks.

    Raises:
        OperationUnavailable: The version lacks one.
    """
    error = unavailable_keyword(operation, keywords, client.api_version)
    if error is not None:
        raise error


def takes(model: Any, name: str) -> bool:
    """Return whether a model has a field."""
    return name in layout(model).names


def unknown(client: Any, models: list[Any], name: str, where: str) -> Exception:
    """Make the error for a name that is a field of none of the models."""
    for model in models:
        lacking = lacks_field(model, name, f"{where}({name}=)", client.api_version)
        if lacking is not None:
            return lacking
        ours = called_here(name, layout(model).names)
        if ours is not None:
            return TypeError(f"{where}: {name}= is called {ours}= here")
    return TypeError(f"{where} takes no {name}=")
