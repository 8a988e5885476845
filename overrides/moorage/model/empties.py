"""Placeholders for lists and maps that an engine did not send: empty, and marked by their class.

The class is the mark, so ordinary lists and maps cost nothing. Placeholders behave like others:
once they have items, they are encoded; an assigned value is encoded as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["ABSENT", "NULL", "no_list", "no_map"]


class AbsentList(list[Any]):
    """A list that was absent."""

    __slots__ = ()


class NullList(list[Any]):
    """A list that was null."""

    __slots__ = ()


class AbsentMap(dict[str, Any]):
    """A map that was absent."""

    __slots__ = ()


class NullMap(dict[str, Any]):
    """A map that was null."""

    __slots__ = ()


ABSENT: frozenset[type] = frozenset({AbsentList, AbsentMap})
NULL: frozenset[type] = frozenset({NullList, NullMap})


def no_list(value: Any, data: Mapping[str, Any], wire: str) -> Any:
    """Return the placeholder list for None; another value stays.

    Args:
        value: The value of the field.
        data: The object that may have had the field.
        wire: The JSON name of the field.
    """
    if value is not None:
        return value
    return NullList() if wire in data else AbsentList()


def no_map(value: Any, data: Mapping[str, Any], wire: str) -> Any:
    """Return the placeholder map for None; another value stays.

    Args:
        value: The value of the field.
        data: The object that may have had the field.
        wire: The JSON name of the field.
    """
    if value is not None:
        return value
    return NullMap() if wire in data else AbsentMap()
