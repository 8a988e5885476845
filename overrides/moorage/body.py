"""The JSON body of a request: given as a model, or as its fields by name; checked and encoded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from moorage.model.base import layout, nested_models
from moorage.model.check import check_of, checked, model_check
from moorage.model.encoding import encode
from moorage.model.field_availability import lacks_field
from moorage.model.keywords import NOTES, called_here, snake_case

__all__ = ["body_json", "items_json"]


def body_json(
    model: type, body: Any, fields: dict[str, Any], operation: str, version: str | None
) -> Any:
    """Encode a body that is given as a model, or as the fields of one.

    Args:
        model: The body's class in the version in use.
        body: The model, if it was given.
        fields: Its fields, if they were.
        operation: The operation, e.g. "containers.create".
        version: The API version in use.

    Raises:
        TypeError: It is given as both, the model has no such field, or a value has a wrong type.
        OperationUnavailable: It has a field that the version in use lacks.
    """
    if body is None:
        known = layout(model).keywords
        if not fields.keys() <= known:
            unknown = next(name for name in fields if name not in known)
            _unknown(model, unknown, operation, version)
        if "extra" in fields:
            _place_extra(model, fields, operation, version)
        body = _made(model, fields)
    elif fields:
        given = ", ".join(fields)
        raise TypeError(f"give the body, or its fields as keywords, not both: here are {given} too")
    checked(model_check(model), body, operation, version)
    return encode(body)


def _made(model: type, fields: dict[str, Any]) -> Any:
    try:
        return model(**fields)
    except (TypeError, ValueError) as error:
        wrong = error.with_traceback(None)  # the frames of its traceback hold the arguments
    raise wrong


def items_json(item: type, body: Any, operation: str, version: str | None) -> Any:
    """Encode a body that is a list; None is sent as no body.

    Raises:
        TypeError: A value has a wrong type.
        OperationUnavailable: An item has a field that the version in use lacks.
    """
    if body is None:
        return None
    checked(check_of(f"list[{item.__name__}]", item.__module__), body, operation, version, "body")
    return encode(body)


def _place_extra(model: type, fields: dict[str, Any], operation: str, version: str | None) -> None:
    """Move known fields from `extra`, by their JSON names, to be checked like the others.

    The newest API version may have dropped a field that the version in use takes; code typed as the
    newest passes it this way.
    """
    extra = fields.pop("extra")
    if not isinstance(extra, Mapping):
        if extra is not None:
            fields["extra"] = extra  # refused by the later check
        return
    of_class = layout(model)
    rest: dict[Any, Any] = {}
    problem: Exception | None = None
    for key, value in extra.items():
        where = f"{operation}(extra[{key!r}])"
        name = of_class.places[key][0] if key in of_class.places else None
        if name is not None and name in fields:
            problem = TypeError(f"{operation}: {name}= and extra[{key!r}] are one field: give one")
        elif name is not None:
            fields[name] = value
        elif key in of_class.keywords:
            problem = TypeError(f"{operation}: extra takes JSON names: write {key}=…")
        else:
            problem = problem or lacks_field(model, snake_case(str(key)), where, version)
            rest[key] = value
    fields["extra"] = rest
    if problem is not None:
        raise problem


def _unknown(model: type, name: str, operation: str, version: str | None) -> NoReturn:
    """Refuse a keyword that is not a field of the body, and suggest another."""
    where = f"{operation}({name}=)"
    names = layout(model).names
    ours = called_here(name, names)
    if ours is not None:
        raise TypeError(f"{operation}: {name}= is called {ours}= here")
    lacking = lacks_field(model, name, where, version)
    if lacking is not None:
        raise lacking
    for outer, inner in nested_models(model).items():
        fields = layout(inner).names
        nested = name if name in fields else called_here(name, fields)
        if nested is not None:
            raise TypeError(
                f"{operation}: {name}= belongs to {inner.__name__}:"
                f" write {outer}={inner.__name__}({nested}=…)"
            )
    note = f": {NOTES[name]}" if name in NOTES else ""
    raise TypeError(f"{operation} takes no {name}={note}")
