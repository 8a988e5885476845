"""Refuse YAML that is dangerous to load, or holds values that JSON lacks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import yaml

from generator.errors import BuildError

__all__ = ["check_values", "check_yaml"]

# The specifications of all versions are 16 deep; libyaml ends the process at some ten thousand.
_DEEPEST = 64
_LARGEST = 2**64
# They have some 23,000 values each.
_MOST = 1_000_000


def check_yaml(data: bytes) -> None:
    """Refuse documents that are nested too deep, or expand to too many values by aliases.

    It checks the parser's events, one by one, before a loader builds anything.

    Raises:
        YAMLError: It is not YAML, or too deep or too large.
    """
    sizes: dict[str, int] = {}
    open_: list[_Open] = [_Open(None)]
    for event in yaml.parse(data, yaml.CSafeLoader):
        size = 0
        if isinstance(event, yaml.CollectionStartEvent):
            open_.append(_Open(event.anchor))
            if len(open_) > _DEEPEST:
                raise _refused("it is nested too deep", event)
        elif isinstance(event, yaml.CollectionEndEvent):
            ended = open_.pop()
            size = ended.size + 1
            if ended.anchor is not None:
                sizes[ended.anchor] = size
        elif isinstance(event, yaml.AliasEvent):
            if any(each.anchor == event.anchor for each in open_):
                raise _refused("it contains itself", event)
            size = sizes.get(str(event.anchor), 1)
        elif isinstance(event, yaml.ScalarEvent):
            size = 1
        open_[-1].size += size
        if open_[-1].size > _MOST:
            raise _refused("it expands to too many values", event)


class _Open:
    """A collection that has not ended."""

    __slots__ = ("anchor", "size")

    def __init__(self, anchor: str | None) -> None:
        self.anchor = anchor
        self.size = 0


def _refused(problem: str, event: Any) -> yaml.YAMLError:
    return yaml.MarkedYAMLError(None, None, problem, event.start_mark)


def check_values(name: str, document: Any) -> None:
    """Refuse values that JSON lacks: dates, bytes, sets, and numbers that are NaN or too large.

    Raises:
        BuildError: There is such a value; the message names its place.
    """
    for place, problem in _problems(document, ()):
        raise BuildError(f"{name}: {'.'.join(map(str, place))[:200]} {problem}")


def _problems(value: Any, place: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], str]]:
    if isinstance(value, dict):
        for key, each in value.items():
            # Statuses of responses are numbers in YAML.
            if not isinstance(key, str | int):
                yield (*place, key), f"has a key that is a {type(key).__name__}: quote it"
            yield from _problems(each, (*place, key))
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from _problems(each, (*place, at))
    elif isinstance(value, int):
        if abs(value) > _LARGEST:
            yield place, "is a number too large for any engine"
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield place, "is not a number"
    elif value is not None and not isinstance(value, str):
        yield place, f"is a {type(value).__name__}, which JSON lacks: quote it"
