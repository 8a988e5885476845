"""Filters of lists, prunes and events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from moorage.parameters.scalars import wrong_type

__all__ = ["Filters", "filters_json"]

Filters: TypeAlias = Mapping[str, str | bool | int | Iterable[str | int] | Mapping[str, bool]]
"""Filters of a list: `{"label": "a=b", "status": ["exited", "dead"], "dangling": True}`."""


def filters_json(name: str, filters: Filters | None) -> str | None:
    """Encode filters in the form of every engine: a map of names to lists of strings.

    Raises:
        TypeError: They are not a mapping, or a value has the wrong type.
        ValueError: A filter has no values, so it would match everything.
    """
    if filters is None:
        return None
    if not isinstance(filters, Mapping):
        raise wrong_type(name, "a mapping", filters, ': write {"label": "a=b"}')
    return json.dumps(
        {_key(name, key): _values(f"{name}[{key!r}]", value) for key, value in filters.items()},
        separators=(",", ":"),
    )


def _key(name: str, key: Any) -> str:
    if not isinstance(key, str):
        raise wrong_type(name, "str as keys", key)
    return key


def _values(name: str, value: Any) -> list[str]:
    if isinstance(value, Mapping):
        values = _of_map(name, value)
    elif isinstance(value, str | int) or not isinstance(value, Iterable):
        values = [_text(name, value)]
    elif isinstance(value, bytes | bytearray):
        raise wrong_type(name, "str, bool or int, one or several", value)
    else:
        values = [_text(name, each) for each in value]
    if not values:
        raise ValueError(f"{name} has no value and would match everything: leave it out")
    return values


def _of_map(name: str, value: Mapping[Any, Any]) -> list[str]:
    # Engines themselves use this form; they refuse maps and lists side by side.
    for key, wanted in value.items():
        if not isinstance(wanted, bool):
            raise wrong_type(
                f"{name}[{key!r}]", "a bool", wanted, f': write {{"{key}": True}}, or "key=value"'
            )
    return [_key(name, key) for key, wanted in value.items() if wanted]


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int):
        return str(value)
    raise wrong_type(name, "str, bool or int, one or several", value)
