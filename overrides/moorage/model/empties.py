"""Lists and maps that stand where an engine sent none: empty, and told apart by their class.

The class is the mark, so a list or a map that is there costs nothing. They are lists and maps like
others: as soon as something is in them, they are encoded; another value that is assigned in their
place is encoded as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["ABSENT", "NULL", "no_list", "no_map"]


class AbsentList(list[Any]):
    """A list that was not there."""

    __slots__ = ()


class NullList(list[Any]):
    """A list that was null."""

    __slots__ = ()


class AbsentMap(dict[str, Any]):
    """A map that was not there."""

    __slots__ = ()


class NullMap(dict[str, Any]):
    """A map that was null."""

    __slots__ = ()


ABSENT: frozenset[type] = frozenset({AbsentList, AbsentMap})
NULL: frozenset[type] = frozenset({NullList, NullMap})


def no_list(value: Any, data: Mapping[str, Any], wire: str) -> Any:
    """Return the list to put in the place of None; another value stays.

    Args:
        value: The value of the field.
        data: The object that may have had the field.
        wire: The JSON name of the field.
    """
    if value is not None:
        return value
    return NullList() if wire in data else AbsentList()


def no_map(value: Any, data: Mapping[str, Any], wire: str) -> Any:
    """Return the map to put in the place of None; another value stays.

    Args:
        value: The value of the field.
        data: The object that may have had the field.
        wire: The JSON name of the field.
    """
    if value is not None:
        return value
    return NullMap() if wire in data else AbsentMap()
