"""Plain JSON data of models, and bytes that JSON holds as base64."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

__all__ = ["PLAIN", "decode_bytes", "encode"]

# Values that JSON has as they are.
PLAIN = frozenset({str, int, bool, float, type(None)})


def encode(value: Any) -> Any:
    """Encode models, and lists and maps of them, as plain JSON data; bytes become base64."""
    kind = type(value)  # exact types first: that is quick
    if kind in PLAIN:
        return value
    if kind is list:
        return [each if type(each) in PLAIN else encode(each) for each in value]
    if kind is dict:
        return {key: each if type(each) in PLAIN else encode(each) for key, each in value.items()}
    if hasattr(kind, "to_dict"):
        return value.to_dict()
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, list | tuple):
        return encode(list(value))
    return encode(dict(value)) if isinstance(value, Mapping) else value


def decode_bytes(value: Any) -> Any:
    """Decode base64; a value that is none stays as it is."""
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError):
        return value
