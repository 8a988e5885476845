"""Plain JSON data of models, and bytes that JSON holds as base64."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

__all__ = ["PLAIN", "decode_bytes", "encode"]

# What JSON has as it is; the types that are looked for first are exact, which is quick.
PLAIN = frozenset({str, int, bool, float, type(None)})


def encode(value: Any) -> Any:
    """Encode models, and lists and maps of them, as plain JSON data; bytes become base64."""
    kind = type(value)
    if kind in PLAIN:
        return value
    if hasattr(kind, "to_dict"):
        return value.to_dict()
    if kind is list or isinstance(value, list | tuple):
        return [each if type(each) in PLAIN else encode(each) for each in value]
    if kind is dict or isinstance(value, Mapping):
        return {key: each if type(each) in PLAIN else encode(each) for key, each in value.items()}
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode("ascii")
    return value


def decode_bytes(value: Any) -> Any:
    """Decode base64; a value that is none stays as it is."""
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError):
        return value
