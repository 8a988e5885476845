"""Route a request to its operation: the endpoints of a version's specification."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from attrs import frozen

from moorage.versions.published import at, operation_history, operation_names

__all__ = ["Route", "find_route", "operations_of", "split_version"]

_VERSION = re.compile(r"/v([0-9]+\.[0-9]+)(/.*)", re.DOTALL)
_PLACE = re.compile(r"\{(\w+)\}")
# Names of images, plugins and registries have slashes in them.
_LONG = ("/images/{name}", "/distribution/{name}", "/plugins/{name}")


@frozen
class Route:
    """An operation of a version, and the parser of its path."""

    operation: str
    method: str
    template: str
    pattern: re.Pattern[str]
    described: dict[str, Any]
    """The published specification of it: `query`, `header`, `body`, `responses`."""


def find_route(version: str, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Find an operation, and the values of the names in its path."""
    for route in _routes(version):
        if route.method == method and (found := route.pattern.fullmatch(path)):
            return route, found.groupdict()
    return None


def operations_of(version: str) -> set[str]:
    """Return the names of a version's operations."""
    return {each.operation for each in _routes(version)}


def split_version(path: str) -> tuple[str | None, str]:
    """Split the version from a path: ("1.44", "/info")."""
    found = _VERSION.fullmatch(path)
    return (found[1], found[2]) if found else (None, path)


@cache
def _routes(version: str) -> list[Route]:
    routes = []
    for name in operation_names():
        described = at(version, operation_history(name))
        if described is not None:
            method, _, template = described["endpoint"].partition(" ")
            routes.append(Route(name, method, template, _pattern(template), described))
    # A fixed path precedes one with names that would match it: /images/get, /images/{name}.
    return sorted(routes, key=lambda each: ("{" in each.template, -len(each.template)))


def _pattern(template: str) -> re.Pattern[str]:
    kind = ".+" if template.startswith(_LONG) else "[^/]+"
    parts = _PLACE.split(template)
    pieces = [
        f"(?P<{part}>{kind})" if place % 2 else re.escape(part) for place, part in enumerate(parts)
    ]
    return re.compile("".join(pieces), re.DOTALL)
