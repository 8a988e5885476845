"""Symbolic links of an archive: which of them lead out of the folder that it is extracted to.

They are followed in memory, by the links of the archive alone, whatever is on disk, and whatever
the system's limit of paths.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

__all__ = ["Links", "LinksOf", "climbing", "leading_out"]

Links: TypeAlias = Literal["refuse", "skip", "keep"]
"""Handling of symbolic links that lead out of the folder."""
LinksOf: TypeAlias = dict[tuple[str, ...], str]
"""The links below a folder, by the parts of their paths."""

# Linux's limit: a path through more links leads nowhere.
_MOST_LINKS = 40


def leading_out(links: LinksOf) -> list[tuple[str, ...]]:
    """Return the links that lead out of the folder, or nowhere because they go round."""
    return [path for path, target in links.items() if not _stays([*path[:-1]], target, links)]


def climbing(links: LinksOf) -> list[tuple[str, ...]]:
    """Return the links that climb out of the folder, as they are written; absolute ones do not."""
    return [
        path
        for path, target in links.items()
        if not target.startswith("/") and not _stays([*path[:-1]], target, {})
    ]


def _stays(start: list[str], target: str, links: Mapping[tuple[str, ...], str]) -> bool:
    place = start
    followed = 1
    if target.startswith("/"):
        return False
    ahead = target.split("/")[::-1]
    while ahead:
        part = ahead.pop()
        if part in ("", "."):
            continue
        if part == "..":
            if not place:
                return False
            place.pop()
            continue
        place.append(part)
        link = links.get(tuple(place))
        if link is None:
            continue
        followed += 1
        if link.startswith("/") or followed > _MOST_LINKS:
            return False
        place.pop()
        ahead += link.split("/")[::-1]
    return True
