"""Named contexts of a build: folders, images and repositories that a Dockerfile calls by names."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from attrs import frozen

from moorage.archives.context import IGNORE, Files, ignored_patterns, root_of
from moorage.buildkit.source import files_tree, folder_tree, key_of
from moorage.buildkit.tree import Node

__all__ = ["NamedContexts", "named_contexts"]

# The name of a stage or of an image; only a tag may have capitals.
_NAME = re.compile(r"[a-z0-9]+(?:[._/:-]+[a-z0-9]+)*(?::\w[\w.-]*)?(?:@[a-z0-9:]+)?", re.ASCII)
# The trees that each build has by these names.
_OWN = ("context", "dockerfile")
_FETCHED = ("docker-image://", "git://", "http://", "https://", "ssh://", "git@")


@frozen
class NamedContexts:
    """The named contexts of a build."""

    sources: Mapping[str, str]
    """The source of each, as BuildKit reads it; the session serves "local:…"."""
    trees: Mapping[str, Node]
    """The folders that the session serves."""
    key: str
    """Names them all, so that BuildKit finds what it has of them."""


def named_contexts(
    given: Mapping[str, str | os.PathLike[str] | Files] | None,
) -> NamedContexts:
    """Find what named contexts are made from.

    Raises:
        OSError: There is no such folder.
        ValueError: A name is none that a Dockerfile can have, or a .dockerignore is malformed.
        TypeError: A context is of another type.
    """
    if not isinstance(given, Mapping | None):
        raise TypeError(f"contexts= is a mapping of names, not {type(given).__name__}")
    sources: dict[str, str] = {}
    trees: dict[str, Node] = {}
    keys = []
    for name, source in (given or {}).items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ValueError(f"contexts= has {name!r:.100}, which names no stage and no image")
        known = name.removeprefix("docker.io/").removeprefix("library/").removesuffix(":latest")
        if known in sources:
            raise ValueError(f"contexts= has {known!r} twice")
        if isinstance(source, str) and source.startswith(_FETCHED):
            sources[known] = source
            continue
        tree = f"_{known}" if known in _OWN else known
        sources[known] = f"local:{tree}"
        trees[tree], key = _tree(name, source)
        keys.append(f"{known} {key}")
    return NamedContexts(sources, trees, key_of(" ".join(keys)) if keys else "")


def _tree(name: str, source: str | os.PathLike[str] | Files) -> tuple[Node, str]:
    if isinstance(source, Mapping):
        return files_tree(source)
    if not isinstance(source, str | os.PathLike):
        raise TypeError(
            f"contexts= {name!r} is a folder, files, or a str such as docker-image://alpine, not "
            f"{type(source).__name__}"
        )
    root = root_of(source)
    ignored_patterns(root / IGNORE)  # BuildKit's own error says less
    return folder_tree(root)
