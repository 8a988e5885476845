"""Three-way merge of JSON: the former state, and two edits of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Merge"]

_ABSENT: Any = object()


def _name(item: Any) -> Any:
    return item.partition("=")[0]


def _file(item: Any) -> Any:
    return (item.get("File") or item)["Name"]


# Lists that are sets or maps: the key of their items, by the list's name.
_KEYS: dict[str, Callable[[Any], Any]] = {
    "CapabilityAdd": str,
    "CapabilityDrop": str,
    "Configs": _file,
    "Constraints": str,
    "Env": _name,
    "Groups": str,
    "Hosts": str,
    "Mounts": lambda item: item["Target"],
    "Networks": lambda item: item["Target"],
    "Ports": lambda item: (
        f"{item['TargetPort']}/{item.get('Protocol')}/{item.get('PublishedPort')}"
    ),
    "Secrets": _file,
    "Ulimits": lambda item: item["Name"],
}


class Merge:
    """Merges an edit into a concurrent edit by someone else.

    Attributes:
        result: Both edits.
        conflicts: The places that both have edited differently.
    """

    def __init__(self, base: Any, mine: Any, theirs: Any) -> None:
        self.conflicts: list[str] = []
        self.result: Any = self._merged(base, mine, theirs, ())

    def _merged(self, base: Any, mine: Any, theirs: Any, place: tuple[str, ...]) -> Any:
        if mine in (base, theirs):
            return theirs
        if theirs == base:
            return mine
        if isinstance(mine, dict) and isinstance(theirs, dict):
            return self._dicts([base if isinstance(base, dict) else {}, mine, theirs], place)
        lists = [[] if each is _ABSENT else each for each in (base, mine, theirs)]
        key = _KEYS.get(place[-1]) if place else None
        if key is not None:
            maps = [_by_key(each, key) for each in lists]
            if None not in maps:
                return [*self._dicts(maps, place).values()]
        self.conflicts.append(".".join(place))
        return theirs

    def _dicts(self, states: list[dict[str, Any]], place: tuple[str, ...]) -> dict[str, Any]:
        _, mine, theirs = states
        merged = {}
        for name in {**theirs, **mine}:
            found = [each.get(name, _ABSENT) for each in states]
            value = self._merged(found[0], found[1], found[2], (*place, name))
            if value is not _ABSENT:
                merged[name] = value
        return merged


def _by_key(items: Any, key: Callable[[Any], Any]) -> Any:
    """Return a list as a map; None if two of its items have the same key, or one has none."""
    if not isinstance(items, list):
        return None
    try:
        found = {key(each): each for each in items}
    except (AttributeError, KeyError, TypeError):
        return None
    return found if len(found) == len(items) else None
