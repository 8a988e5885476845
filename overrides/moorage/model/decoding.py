"""Notes of fields that an engine left out or sent as null, to encode a model as it was sent.

A list or a map that is not there is one of `moorage.model.empties`, which needs no note. A
required field that is not there is read as its type's empty value, and noted as three values: its
JSON name, the object in its place, and the engine's value, `...` for nothing.
Any other field that was null is noted by its JSON name. A note holds for as long as that object is
there, and empty: it needs no care when a field is assigned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["empty", "notes", "restore"]

_SCALARS: dict[str, Any] = {"bool": False, "bytes": b"", "float": 0.0, "int": 0, "str": ""}


def empty(annotation: str, names: Mapping[str, Any]) -> Any:
    """Return the empty value of a type, like Go's zero value.

    Args:
        annotation: The type, from a model's class.
        names: The meaning of its names.
    """
    if annotation.startswith("list["):
        return []
    if annotation.startswith("dict["):
        return {}
    if annotation.startswith("Literal["):
        annotation = annotation.rpartition(" | ")[2]
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    model = names.get(annotation.partition(" | ")[0])
    return None if model is None or not hasattr(model, "from_dict") else model.from_dict({})


def restore(data: dict[str, Any], fields: Mapping[str, Any], sent: Sequence[Any]) -> None:
    """Restore encoded fields to the engine's form, unless they were changed since.

    Args:
        data: The encoded fields, by their JSON names.
        fields: Their values.
        sent: The notes of a model.
    """
    for wire, value, found in notes(sent):
        # A null that the specification does not define is in the model's `extra`.
        if wire in fields and fields[wire] is value and not data.get(wire):
            if found is ...:
                data.pop(wire, None)
            else:
                data[wire] = found


def notes(sent: Sequence[Any]) -> Iterator[tuple[str, Any, Any]]:
    """Split the notes of a model: JSON name, value in its place, and the engine's value."""
    for each in sent:
        yield (each, None, None) if isinstance(each, str) else each
