"""The keys in overlays for the generator: allowed values and places."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any, NamedTuple

from generator.encodings import ENCODINGS
from generator.ir import Process
from generator.kinds import KINDS

__all__ = ["JSON_TYPES", "MARKS", "mistake", "place_of"]

JSON_TYPES = {"boolean": "bool", "integer": "int", "number": "float", "string": "str"}

UPGRADES = ("h2c", "tcp")

# The specifications' own keys that an overlay may set.
OTHERS = ("x-nullable",)


class Mark(NamedTuple):
    """One key: its places, and its check of values, which returns None or an error."""

    places: tuple[str, ...]
    wrong: Callable[[Any], str | None]


def _one_of(*allowed: str) -> Callable[[Any], str | None]:
    def wrong(value: Any) -> str | None:
        return None if value in allowed else f"write one of {', '.join(allowed)}"

    return wrong


def _true(value: Any) -> str | None:
    return None if value is True else "write true"


def _name(value: Any) -> str | None:
    if isinstance(value, str) and re.fullmatch(r"[a-z]\w*\.[a-z]\w*|[A-Z][A-Za-z0-9]*", value):
        return None
    return "write namespace.method, or the name of a definition"


def _namespace(value: Any) -> str | None:
    fits = isinstance(value, str) and re.fullmatch(r"[a-z][a-z0-9_]*", value)
    return None if fits else "write an identifier in lower case"


def _property(value: Any) -> str | None:
    return None if isinstance(value, str) and value else "write the JSON name of a property"


def _process(value: Any) -> str | None:
    known = [each.name for each in fields(Process)]
    if not isinstance(value, dict) or not {"path", "tty"} <= set(value):
        return "write a map with path, tty, and more of " + ", ".join(known)
    for key, each in value.items():
        if key not in known:
            return f"{key!r} is not a key of it: write one of {', '.join(known)}"
        if key in ("path", "resize"):
            if not isinstance(each, str) or not each.startswith("/"):
                return f"{key} has to be a path"
        elif not isinstance(each, list) or not all(isinstance(part, str) for part in each):
            return f"{key} has to be a list of keys"
    return None


MARKS = {
    "x-moorage-also": Mark(("property",), _one_of(*JSON_TYPES)),
    "x-moorage-bytes": Mark(("property",), _true),
    "x-moorage-detach": Mark(("operation",), _property),
    "x-moorage-encoding": Mark(("parameter",), _one_of(*ENCODINGS)),
    "x-moorage-kind": Mark(("operation",), _one_of(*KINDS)),
    "x-moorage-name": Mark(("operation", "definition"), _name),
    "x-moorage-namespace": Mark(("tag",), _namespace),
    "x-moorage-process": Mark(("operation",), _process),
    "x-moorage-secret": Mark(("property",), _true),
    "x-moorage-upgrade": Mark(("operation",), _one_of(*UPGRADES)),
    "x-moorage-variables": Mark(("property",), _true),
}


def mistake(update: Any, target: tuple[Any, ...] | None = None) -> str | None:
    """Return the error of an update's keys; None if they are valid.

    Args:
        update: The update of an action.
        target: The keys that lead to its target; without them, only keys and values are checked.
    """
    for key, value, where in _keys(update, target or ()):
        mark = MARKS.get(key)
        if mark is None:
            if key in OTHERS:
                continue
            return f"has the key {key!r}: write one of {', '.join([*MARKS, *OTHERS])}"
        if (wrong := mark.wrong(value)) is not None:
            return f"has {key}: {value!r}: {wrong}"
        if target is not None and place_of(where) not in mark.places:
            return f"has {key}, which applies to {' and '.join(mark.places)} only"
    return None


def place_of(keys: tuple[Any, ...]) -> str | None:
    """Name the place in a document that some keys lead to; None if no mark applies."""
    match keys:
        case ("paths", _, _):
            return "operation"
        case ("tags", _):
            return "tag"
        case (*_, "parameters", int()):
            return "parameter"
        case (*_, "properties", _) | (*_, "items" | "additionalProperties"):
            return "property"
        case ("components", "schemas", _):
            return "definition"
    return None


def _keys(value: Any, where: tuple[Any, ...]) -> Iterator[tuple[str, Any, tuple[Any, ...]]]:
    """List extension keys, and keys that look like ours, with their values and places."""
    if isinstance(value, dict):
        for key, each in value.items():
            if re.match(r"x[-_]|.*moorage", str(key), re.IGNORECASE) and where[-1:] != (
                "properties",
            ):
                yield str(key), each, where
            else:
                yield from _keys(each, (*where, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _keys(each, (*where, number))
