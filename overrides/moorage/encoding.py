"""Plain JSON data of models, and bytes that JSON holds as base64."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

__all__ = ["decode_bytes", "encode"]

_PLAIN = frozenset({str, int, bool, float, type(None)})


def encode(value: Any) -> Any:
    """Encode models, and lists and maps of them, as plain JSON data; bytes become base64."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, list | tuple):
        return [encode(each) for each in value]
    if isinstance(value, Mapping):
        return {key: encode(each) for key, each in value.items()}
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode("ascii")
    if hasattr(value, "to_dict"):
        return value.to_dict()
    return value


def decode_bytes(value: Any) -> Any:
    """Decode base64; a value that is none stays as it is."""
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError):
        return value
