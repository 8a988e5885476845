"""The inputs of a build as a session serves them: the context and the Dockerfile."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from attrs import frozen

from moorage.archives.context import (
    DEFAULT_NAMES,
    IGNORE,
    Dockerfile,
    Files,
    checked_name,
    find_dockerfile,
    find_ignore,
    ignored_patterns,
    name_among,
    root_of,
    text_of,
)
from moorage.buildkit.tree import DiskNode, MemoryFolder, Node

__all__ = ["Source", "files_tree", "folder_tree", "key_of", "source_of"]


@frozen
class Source:
    """The context and the Dockerfile of a build."""

    trees: Mapping[str, Node]
    dockerfile: str
    """The Dockerfile's name in its tree."""
    key: str
    """Identifies the context, so that BuildKit finds its cached files."""


def source_of(
    path_or_files: str | os.PathLike[str] | Files, dockerfile: Dockerfile | None
) -> Source:
    """Find the inputs of a build, given as to `moorage.context`.

    Raises:
        OSError: The folder or the Dockerfile does not exist.
        ValueError: The .dockerignore has a malformed pattern, or a name leads out of the context.
    """
    if isinstance(path_or_files, Mapping):
        return _of_files(path_or_files, dockerfile)
    root = root_of(path_or_files)
    name, text = find_dockerfile(root, dockerfile)
    ignore = find_ignore(root, dockerfile, name if text is None else None)
    ignored_patterns(ignore)  # BuildKit's own error says less
    context, key = folder_tree(root)
    if text is None:
        return Source({"context": context, "dockerfile": context}, name, key)
    files: dict[str, bytes | Path] = {DEFAULT_NAMES[0]: text}
    if ignore.name != IGNORE:
        files[DEFAULT_NAMES[0] + IGNORE] = ignore.read_bytes()
    trees: dict[str, Node] = {"context": context, "dockerfile": MemoryFolder.of(files)}
    return Source(trees, DEFAULT_NAMES[0], key)


def _of_files(files: Files, dockerfile: Dockerfile | None) -> Source:
    context, key = files_tree(files)
    text = text_of(dockerfile)
    if text is not None:
        own = MemoryFolder.of({DEFAULT_NAMES[0]: text})
        return Source({"context": context, "dockerfile": own}, DEFAULT_NAMES[0], key)
    name = name_among([checked_name(each) for each in files], dockerfile)
    return Source({"context": context, "dockerfile": context}, name, key)


def folder_tree(root: Path) -> tuple[Node, str]:
    """Return the tree of a folder, and its key."""
    return DiskNode(os.fspath(root), ""), key_of(f"folder {root.resolve()}")


def files_tree(files: Files) -> tuple[Node, str]:
    """Return the tree of files by their names, and its key.

    Raises:
        OSError: There is no such file.
        ValueError: A name leads out of the tree.
    """
    named: dict[str, bytes | Path] = {}
    for given, content in files.items():
        name = checked_name(given)
        if isinstance(content, str):
            named[name] = content.encode()
        elif isinstance(content, bytes):
            named[name] = content
        else:
            named[name] = Path(content).resolve(strict=True)
    return MemoryFolder.of(named), key_of("files " + "\0".join(sorted(named)))


def key_of(what: str) -> str:
    """Make a name for a context of this user's on this machine."""
    return sha256(f"{platform.node()} {os.getuid()} {what}".encode()).hexdigest()
