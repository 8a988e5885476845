"""Parameters of one plain value, or several."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from moorage.model.check import check_of, checked
from moorage.model.encoding import encode

__all__ = [
    "line_count",
    "needed",
    "query_bool",
    "query_float",
    "query_int",
    "query_json",
    "query_text",
    "query_texts",
    "text_or_number",
    "wrong_type",
]

T = TypeVar("T")


def wrong_type(name: str, expected: str, given: Any, hint: str = "") -> TypeError:
    """Make the error for a value of the wrong type; it does not show the value."""
    kind = "None" if given is None else type(given).__name__
    return TypeError(f"{name} takes {expected}, not {kind}{hint}")


def needed(name: str, sent: T) -> T:
    """Refuse None for a required parameter: it would be left out."""
    if sent is None:
        raise TypeError(f"{name} takes a value, not None: the engine needs it")
    return sent


def query_text(name: str, value: str | None) -> str | None:
    """Encode a str."""
    if value is None or isinstance(value, str):
        return value
    raise wrong_type(name, "a str", value)


def query_int(name: str, value: int | None) -> int | None:
    """Encode an int."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise wrong_type(name, "an int", value)


def query_float(name: str, value: float | None) -> float | None:
    """Encode a number."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, float | int):
        raise wrong_type(name, "a number", value)
    if not math.isfinite(value):
        raise ValueError(f"{name} takes a finite number, not {value!r}")
    return value


def query_bool(name: str, value: bool | None) -> bool | None:
    """Encode a bool."""
    if value is None or isinstance(value, bool):
        return value
    raise wrong_type(name, "a bool", value)


def text_or_number(name: str, value: str | int | None) -> str | None:
    """Encode a str or an int."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise wrong_type(name, "a str or an int", value)


def line_count(name: str, value: str | int | None) -> str | None:
    """Encode a number of lines, or "all"; an engine reads anything else as "all".

    Raises:
        TypeError: It has the wrong type.
        ValueError: It is below zero, or other text.
    """
    text = text_or_number(name, value)
    if text is None or text == "all" or (text.isascii() and text.isdecimal()):
        return text
    raise ValueError(f'{name} takes a number of lines from 0, or "all", not {text!r:.100}')


def query_texts(name: str, value: str | Iterable[str] | None) -> list[str] | None:
    """Encode one str or several; the parameter is repeated."""
    if value is None:
        return None
    if isinstance(value, str):
        return [value]
    if isinstance(value, Iterable) and not isinstance(value, bytes | Mapping):
        texts = list(value)
        for each in texts:
            if not isinstance(each, str):
                raise wrong_type(name, "str, one or several", each)
        return texts
    raise wrong_type(name, "str, one or several", value)


def query_json(name: str, value: Any, annotation: str) -> str | None:
    """Encode a value as JSON.

    Args:
        name: The parameter.
        value: Its value.
        annotation: Its type, of lists, maps and scalars.
    """
    if value is None:
        return None
    checked(check_of(annotation, __name__), value, "", "", name)
    return json.dumps(encode(value), separators=(",", ":"))
