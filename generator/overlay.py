"""Apply the corrections of overrides/spec, which are documents of the Overlay Specification 1.0.

Each action has its versions (`x-versions`) and its reason (`x-reason`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonpath
from jsonpath.segments import JSONPathRecursiveDescentSegment
from jsonpath.selectors import NameSelector

from generator.errors import BuildError
from generator.load import Document, operations, read_yaml
from generator.marks import mistake
from generator.versions import ROOT, version_key

__all__ = ["FOLDER", "Action", "apply", "holds_for", "is_range", "load_actions", "matches"]

FOLDER = ROOT / "overrides" / "spec"

# The keys allowed in a document, its `info` and an action.
DOCUMENT = ("overlay", "info", "actions")
INFO = ("title", "version")
ACTION = ("target", "x-versions", "x-reason", "update", "remove")

# Files beside the overlays: the fields that engines always send.
EVIDENCE = ("claims.yaml", "required.yaml")

_BY_ID = re.compile(r"\$\['paths'\]\[\*\]\[\?@\['operationId'\] == '(\w+)'\]")

_BOUND = r"(>=|<=|==|>|<)(\d+\.\d+)"

COMPARISONS = {
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
}


@dataclass(frozen=True)
class Action:
    """One correction, and its file."""

    file: str
    target: str
    versions: str
    update: Any
    remove: bool

    def holds_for(self, version: str) -> bool:
        """Return whether the correction is for this version."""
        return holds_for(self.versions, version)


def holds_for(versions: str, version: str) -> bool:
    """Return whether a version is in a range, such as ">=1.25 <1.37"."""
    found = [re.fullmatch(_BOUND, part) for part in versions.split()]
    return all(
        each is not None and COMPARISONS[each[1]](version_key(version), version_key(each[2]))
        for each in found
    )


def is_range(versions: str) -> bool:
    """Return whether this is a range of versions."""
    return all(re.fullmatch(_BOUND, part) for part in versions.split())


def load_actions(folder: Path = FOLDER) -> list[Action]:
    """Read all corrections, in the order of the files' names.

    Raises:
        BuildError: A document or an action is malformed, or lacks its range of versions or its
            reason.
    """
    return [
        _action(file.name, each)
        for file in sorted(folder.glob("*.yaml"))
        if file.name not in EVIDENCE
        for each in _actions(file)
    ]


def apply(version: str, document: Document, actions: list[Action]) -> None:
    """Apply, in place, the corrections that hold for a version.

    Raises:
        BuildError: The target of a correction matches nothing.
    """
    for action in actions:
        if action.holds_for(version):
            _apply(version, document, action)


def _actions(file: Path) -> list[Any]:
    document = read_yaml(file)
    if not isinstance(document, dict) or document.get("overlay") != "1.0.0":
        raise BuildError(f"{file}: not an overlay document of version 1.0.0")
    _check_keys(str(file), document, DOCUMENT)
    _check_keys(f"{file}: info", document.get("info") or {}, INFO)
    actions = document.get("actions")
    if not isinstance(actions, list) or not actions:
        raise BuildError(f"{file}: the overlay has no actions")
    return actions


def _action(file: str, action: Any) -> Action:
    if not isinstance(action, dict):
        raise BuildError(f"{file}: the action {action!r} is not an object")
    where = f"{file}: the action on {action.get('target')!r}"
    _check_keys(where, action, ACTION)
    for key in ("target", "x-versions", "x-reason"):
        if not isinstance(action.get(key), str) or not action[key].strip():
            raise BuildError(f"{where} has no {key}")
    if ("update" in action) == (action.get("remove") is True):
        raise BuildError(f"{where} needs one of update and remove")
    for part in action["x-versions"].split():
        if not is_range(part):
            raise BuildError(f"{where}: {part!r} is not a range of versions: write it like >=1.25")
    if not _holds_somewhere(action["x-versions"]):
        raise BuildError(f"{where}: {action['x-versions']!r} is a range without any version")
    if "remove" in action and not isinstance(action["remove"], bool):
        raise BuildError(f"{where} has remove: {action['remove']!r}: write true")
    if wrong := mistake(action.get("update")):
        raise BuildError(f"{where} {wrong}")
    return Action(
        file, action["target"], action["x-versions"], action.get("update"), "update" not in action
    )


def _check_keys(where: str, found: Any, allowed: Iterable[str]) -> None:
    if not isinstance(found, dict):
        raise BuildError(f"{where} is not a map")
    for key in found:
        if key not in allowed:
            raise BuildError(f"{where} has the key {key!r}: write one of {', '.join(allowed)}")


def _holds_somewhere(versions: str) -> bool:
    """Return whether a range contains any version: a bound, or a neighbour of one."""
    bounds = [version_key(found) for found in re.findall(r"\d+\.\d+", versions)]
    near = [(major, minor + step) for major, minor in bounds for step in (-1, 0, 1)]
    return any(holds_for(versions, f"{major}.{minor}") for major, minor in near if minor >= 0)


@cache
def _compiled(target: str) -> Any:
    try:
        return jsonpath.compile(target)
    except jsonpath.JSONPathError as error:
        raise BuildError(f"overrides/spec: {target!r} is not a JSONPath: {error}") from error


def _apply(version: str, document: Document, action: Action) -> None:
    found: list[Any] = list(matches(_compiled(action.target), document))
    if not found:
        raise BuildError(
            f"{version}: {action.file}: {action.target} matches nothing:"
            f" correct the target, or its x-versions ({action.versions})"
        )
    # Reversed, so that removing from an array does not move later matches.
    for match in reversed(found):
        if action.remove:
            del match.parent.obj[match.parts[-1]]
        elif wrong := mistake(action.update, (*match.parts, *_next(match.obj))):
            raise BuildError(f"{version}: {action.file}: the action on {action.target!r} {wrong}")
        elif isinstance(match.obj, dict) and isinstance(action.update, dict):
            _merge(match.obj, action.update)
        elif isinstance(match.obj, list):
            match.obj.append(deepcopy(action.update))
        else:
            raise BuildError(f"{version}: {action.file}: {action.target} is not an object or array")


def matches(path: jsonpath.JSONPath, document: Document) -> Iterable[jsonpath.JSONPathMatch]:
    """Find a path's matches like the library, but quicker for two kinds of them.

    These are `$..name` at the start, and an operation by its ID. The library makes a match for
    every node on the way, which took most of the build's time.
    """
    if by_id := _BY_ID.fullmatch(str(path)):
        return _operations(document, by_id[1])
    match path.segments:
        case (
            JSONPathRecursiveDescentSegment(selectors=(NameSelector(name=name) as first,)),
            *rest,
        ):
            nodes: Iterable[jsonpath.JSONPathMatch] = (
                found for each in _holders(document, name) for found in first.resolve(each)
            )
            for segment in rest:
                nodes = segment.resolve(nodes)
            return nodes
    return path.finditer(document)


def _operations(document: Document, operation_id: str) -> Iterator[jsonpath.JSONPathMatch]:
    """Yield the operations with this ID."""

    def found(node: Any, parent: Any, *parts: str) -> jsonpath.JSONPathMatch:
        return jsonpath.JSONPathMatch(
            filter_context={}, obj=node, parent=parent, path="$", parts=parts, root=document
        )

    for path, method, each in operations(document):
        if each.get("operationId") == operation_id:
            methods = document["paths"][path]
            yield found(each, found(methods, None, "paths", path), "paths", path, method)


def _holders(document: Document, name: str) -> Iterator[jsonpath.JSONPathMatch]:
    """Yield the objects anywhere in a document that have this key."""
    ahead: list[tuple[Any, tuple[int | str, ...]]] = [(document, ())]
    while ahead:
        node, parts = ahead.pop()
        if isinstance(node, dict) and name in node:
            yield jsonpath.JSONPathMatch(
                filter_context={}, obj=node, parent=None, path="$", parts=parts, root=document
            )
        below = node.items() if isinstance(node, dict) else enumerate(node)
        # The first one is next, so that matches keep the document's order.
        ahead.extend(
            (each, (*parts, key))
            for key, each in reversed(list(below))
            if isinstance(each, (dict, list))
        )


def _next(found: Any) -> tuple[int, ...]:
    """Return the place of an update: appended to an array, or the target's own."""
    return (len(found),) if isinstance(found, list) else ()


def _merge(into: Document, update: Document) -> None:
    for key, value in update.items():
        if isinstance(into.get(key), dict) and isinstance(value, dict):
            _merge(into[key], value)
        elif isinstance(into.get(key), list) and isinstance(value, list):
            into[key].extend(deepcopy(value))
        else:
            into[key] = deepcopy(value)
