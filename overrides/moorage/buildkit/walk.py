"""Select the files of a tree that an engine requests, in the order it expects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from moorage.archives.ignore import IgnoreRules, Matched
from moorage.buildkit.tree import About, Node

__all__ = ["Wanted", "walk", "wanted_of"]

Wanted: TypeAlias = "dict[str, Wanted] | None"
"""Names to send, by folder; None is everything."""

_LINKS = 255
_WILD = re.compile(r"[*?\[\\]")


def wanted_of(root: Node, patterns: Iterable[str]) -> Wanted:
    """Resolve patterns to files, following links on the way.

    An engine requests what the COPY instructions of a Dockerfile need. Listing more is harmless.
    """
    given = [*patterns]
    if not given:
        return None
    wanted: dict[str, Wanted] = {}
    for pattern in given:
        if "**" in pattern:
            return None
        parts = [each for each in pattern.split("/") if each not in ("", ".")]
        if not _add(root, wanted, [], parts, _LINKS):
            return None
    return wanted


def _add(
    root: Node, wanted: dict[str, Wanted], done: list[str], parts: list[str], links: int
) -> bool:
    """Add the files that the parts name below a folder; False if that is everything."""
    node = _at(root, done)
    if node is None:
        return True
    if not parts:
        return _mark(wanted, done)
    name, *rest = parts
    if name == "..":
        return _add(root, wanted, done[:-1], rest, links)
    if _WILD.search(name):
        matching = IgnoreRules([f"\\{name}" if name.startswith("!") else name])
        names = [each.name for each in node.children() if matching.match(each.name)[0]]
    else:
        names = [name]
    for each in names:
        child = node.child(each)
        if child is None:
            continue
        here = [*done, each]
        target = child.link
        if target is None:
            if not _add(root, wanted, here, rest, links):
                return False
            continue
        _mark(wanted, here)
        if links:
            start = [] if target.startswith("/") else done
            more = [part for part in target.split("/") if part not in ("", ".")]
            if not _add(root, wanted, start, [*more, *rest], links - 1):
                return False
    return True


def _at(root: Node, path: Iterable[str]) -> Node | None:
    node: Node | None = root
    for name in path:
        node = None if node is None else node.child(name)
    return node


def _mark(wanted: dict[str, Wanted], path: list[str]) -> bool:
    if not path:
        return False
    at = wanted
    for name in path[:-1]:
        inner = at.setdefault(name, {})
        if inner is None:
            return True  # already wanted as a whole
        at = inner
    at[path[-1]] = None
    return True


def walk(root: Node, excluded: Iterable[str], wanted: Wanted) -> Iterator[tuple[str, Node, About]]:
    """Yield the files of a tree, each folder before its content.

    Args:
        root: The tree.
        excluded: Patterns of files to leave out, as in .dockerignore.
        wanted: The files to send of the rest.

    Raises:
        OSError: Something can't be read.
        ValueError: A pattern is malformed.
    """
    patterns = [*excluded]
    rules = IgnoreRules(patterns) if patterns else None
    levels = [_Level(root.children(), "", None, wanted)]
    while levels:
        level = levels[-1]
        node = next(level.listing, None)
        if node is None:
            levels.pop()
            continue
        if level.wanted is not None and node.name not in level.wanted:
            continue
        inner = None if level.wanted is None else level.wanted[node.name]
        path = f"{level.prefix}{node.name}"
        ignored, matched = (False, None) if rules is None else rules.match(path, level.matched)
        is_folder = node.is_folder
        if ignored and not (is_folder and rules is not None and rules.may_keep_inside(path)):
            continue
        # A folder that is wanted in part is listed only with something in it.
        late = ignored or inner is not None
        if not late:
            for each in levels:
                if each.untold is not None:
                    yield each.untold
                    each.untold = None
        about = node.about()
        if about is None:
            continue
        if not late:
            yield path, node, about
        if is_folder:
            untold = (path, node, about) if late else None
            levels.append(_Level(node.children(), f"{path}/", matched, inner, untold))


class _Level:
    """A folder on the way to the file being listed."""

    __slots__ = ("listing", "matched", "prefix", "untold", "wanted")

    def __init__(
        self,
        listing: Iterator[Node],
        prefix: str,
        matched: Matched | None,
        wanted: Wanted,
        untold: tuple[str, Node, About] | None = None,
    ) -> None:
        self.listing = listing
        self.prefix = prefix
        self.matched = matched
        self.wanted = wanted
        self.untold = untold
