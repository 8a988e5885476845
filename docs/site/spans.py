"""Say what is the same in several versions once, with the first and the last of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from attrs import frozen

__all__ = ["Span", "rows", "spans"]

T = TypeVar("T")


@frozen
class Span(Generic[T]):
    """A value, and the versions without a gap that have it."""

    value: T
    since: str
    until: str


def spans(
    versions: Sequence[str],
    values: Mapping[str, T],
    key: Callable[[T], Hashable],
) -> list[Span[T]]:
    """List what versions have, the oldest first; of those with one key, the newest counts.

    Args:
        versions: All versions, the oldest first.
        values: The value of each version that has one.
        key: The key that tells values apart.
    """
    found: list[Span[T]] = []
    before: str | None = None
    for version in versions:
        if version in values:
            value = values[version]
            if before is not None and found and key(found[-1].value) == key(value):
                found[-1] = Span(value, found[-1].since, version)
            else:
                found.append(Span(value, version, version))
        before = version if version in values else None
    return found


def rows(
    versions: Sequence[str],
    tables: Mapping[str, Iterable[T]],
    key: Callable[[T], Hashable],
) -> list[Span[T]]:
    """List the rows of a table that each version has, in the newest version's order.

    Rows that the newest version lacks stand behind the row that they followed.
    """
    by_key: dict[Hashable, dict[str, T]] = {}
    order: list[Hashable] = []
    for version in reversed(versions):
        place = 0
        for row in tables.get(version, ()):
            name = key(row)
            if name not in by_key:
                by_key[name] = {}
                order.insert(place, name)
            by_key[name][version] = row
            place = order.index(name) + 1
    return [span for name in order for span in reversed(spans(versions, by_key[name], key))]
