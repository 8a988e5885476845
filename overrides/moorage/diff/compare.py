"""Compare operations in two versions, or in all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from moorage.diff.change import IMPACTS, Aspect, Change, Impact, is_answer
from moorage.diff.places import Place, places
from moorage.versions.bundled import bundled_versions, require_bundled
from moorage.versions.numbers import version_key
from moorage.versions.published import (
    Schema,
    at,
    definitions_at,
    endpoint,
    operation_history,
    operation_names,
)

__all__ = ["OperationDiff", "Revision", "between", "history"]


@frozen
class OperationDiff:
    """The changes of one operation."""

    name: str
    """Name in a client: "containers.create"."""
    endpoint: str
    """"POST /containers/create"."""
    changes: tuple[Change, ...]
    """The changes, those that can break a caller first."""

    @property
    def impact(self) -> Impact:
        """Severity of the worst change."""
        return self.changes[0].impact


@frozen
class Revision:
    """The changes that one version made to an operation."""

    version: str
    changes: tuple[Change, ...]


def between(before: str, after: str) -> tuple[OperationDiff, ...]:
    """List the operations that differ, those with changes that can break a caller first.

    Args:
        before: The API version of the caller, e.g. "1.41".
        after: The version to compare with; may be the older one.

    Raises:
        ValueError: A version is malformed.
        UnsupportedVersion: This installation has no client for a version.
    """
    versions = before, after
    for each in versions:
        version_key(each)
        require_bundled(each)
    old_definitions, new_definitions = map(definitions_at, versions)
    found = []
    for name in operation_names():
        old, new = (at(each, operation_history(name)) for each in versions)
        if changes := _changes(old, old_definitions, new, new_definitions):
            found.append(OperationDiff(name, endpoint(name), changes))
    return tuple(sorted(found, key=lambda each: (IMPACTS.index(each.impact), each.name)))


def history(name: str) -> tuple[Revision, ...]:
    """List the versions that changed an operation, the oldest first, each with its changes.

    The first is the version that added it, or the oldest bundled one if that has it already.

    Args:
        name: The operation's name in a client: "containers.create".

    Raises:
        ValueError: No version has the operation.
    """
    said = operation_history(name)
    made = []
    old: Any = None
    old_definitions: dict[str, Schema] = {}
    for version in bundled_versions():
        new, new_definitions = at(version, said), definitions_at(version)
        if changes := _changes(old, old_definitions, new, new_definitions):
            made.append(Revision(version, changes))
        old, old_definitions = new, new_definitions
    return tuple(made)


def _changes(
    old: Any,
    old_definitions: Mapping[str, Schema],
    new: Any,
    new_definitions: Mapping[str, Schema],
) -> tuple[Change, ...]:
    if old is None or new is None:
        if old is new:
            return ()
        return (Change("", "presence", old and old["endpoint"], new and new["endpoint"]),)
    changes = [
        *_flag("", "deprecated", old.get("deprecated", False), new.get("deprecated", False)),
        *_compared(places(old, old_definitions), places(new, new_definitions)),
    ]
    return tuple(sorted(changes, key=_order))


def _order(change: Change) -> tuple[int, str, str, str]:
    value = change.before or change.after or ""
    return IMPACTS.index(change.impact), change.place, change.aspect, value


def _compared(old: Mapping[str, Place], new: Mapping[str, Place]) -> Iterator[Change]:
    for path in old.keys() & new.keys():
        yield from _differences(path, old[path], new[path])
    for path in old.keys() ^ new.keys():
        before, after = old.get(path), new.get(path)
        parent = (before or new[path]).parent
        # Parts that came or went with their whole are not listed.
        if parent is None or (parent in old and parent in new):
            yield Change(
                path, "presence", before.type if before else None, after.type if after else None
            )
            if not is_answer(path):
                yield from _flag(path, "required", _required(before), _required(after))


def _differences(path: str, before: Place, after: Place) -> Iterator[Change]:
    if before.type != after.type:
        yield Change(path, "type", before.type, after.type)
    yield from _flag(path, "required", before.required, after.required)
    yield from _flag(path, "nullable", before.nullable, after.nullable)
    yield from _flag(path, "deprecated", before.deprecated, after.deprecated)
    if before.default != after.default:
        yield Change(path, "default", before.default, after.default)
    for value in before.values - after.values:
        yield Change(path, "value", value, None)
    for value in after.values - before.values:
        yield Change(path, "value", None, value)


def _type(place: Place | None) -> str | None:
    return None if place is None else place.type


def _required(place: Place | None) -> bool:
    """Return whether a caller must give it, which is worth noting about a new one."""
    return place is not None and place.required


def _flag(path: str, aspect: Aspect, before: bool, after: bool) -> Iterator[Change]:
    if before != after:
        yield Change(path, aspect, aspect if before else None, aspect if after else None)
