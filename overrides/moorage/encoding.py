"""Models as plain JSON data, for the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moorage.decoding import restore

__all__ = ["encode", "encode_fields"]


def encode(value: Any) -> Any:
    """Encode models, and lists and maps of them, as plain JSON data."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, list | tuple):
        return [encode(each) for each in value]
    if isinstance(value, Mapping):
        return {key: encode(each) for key, each in value.items()}
    return value


def encode_fields(
    fields: Mapping[str, Any], extra: Mapping[str, Any], sent: Sequence[Any] = ()
) -> dict[str, Any]:
    """Encode a model's fields, given by their names on the wire; what is None is left out.

    Args:
        fields: their values.
        extra: what the specification does not have.
        sent: what `moorage.decoding` noted of the engine's JSON.
    """
    data = {name: encode(value) for name, value in fields.items() if value is not None}
    if sent:
        restore(data, fields, sent)
    return {**data, **extra}
