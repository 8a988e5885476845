"""The destination of a copy, by the rules of `docker cp`: files, folders, slashes and links."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from moorage.archives.stream import Entry, entry_of

__all__ = ["Place", "Source", "is_contents", "local_place", "local_source", "packed", "place_of"]


class Source(NamedTuple):
    """A local file or folder that is copied."""

    path: Path
    name: str
    """Its name in the archive; "." to copy the content of a folder without the folder."""
    is_folder: bool


class Place(NamedTuple):
    """The place where an archive is unpacked."""

    folder: str
    name: str | None
    """New first part of each name; None keeps it."""


def is_contents(path: str) -> bool:
    """Return whether a path ends in "/.", which means the folder's content."""
    return path == "." or path.endswith("/.")


def local_source(path: str | os.PathLike[str], *, follow_links: bool) -> Source:
    """Find what to copy; a link is copied as such, unless a slash or a dot follows it.

    Raises:
        FileNotFoundError: It is not there.
        NotADirectoryError: A slash or a dot follows, and it is not a folder.
        OSError: It is a link that leads in a circle.
        ValueError: It is empty.
    """
    text = _text(path)
    contents = is_contents(text)
    named = Path(os.path.abspath(text))  # noqa: PTH100 - Path.resolve() would follow links
    asserted = contents or text.endswith("/")
    if asserted or follow_links:
        real = Path(os.path.realpath(named, strict=True))
    else:
        real = Path(os.path.realpath(named.parent, strict=True), named.name)
        real.lstat()
    is_folder = real.is_dir() and not real.is_symlink()
    if asserted and not is_folder:
        raise NotADirectoryError(f"{text} is not a folder")
    return Source(real, "." if contents else named.name or "/", is_folder)


def packed(
    source: Source, rename: str | None, uid: int | None, gid: int | None, mode: int | None
) -> Iterator[Entry]:
    """Make the archive entries of a file or folder to copy.

    Args:
        source: The file or folder.
        rename: Its name in the archive, if it differs.
        uid: The owner; defaults to the one on disk.
        gid: The group; defaults to the one on disk.
        mode: The permissions of files; defaults to those on disk.

    Raises:
        OSError: Something can't be read.
    """
    name = source.name if rename is None else rename
    for path, inner in _walked(source.path, source.is_folder):
        entry = entry_of(path, f"{name}/{inner}" if inner else name)
        if entry is None:
            continue
        info = entry.info
        info.uid = info.uid if uid is None else uid
        info.gid = info.gid if gid is None else gid
        if mode is not None and info.isreg():
            info.mode = mode
        yield entry


def _walked(path: Path, is_folder: bool) -> Iterator[tuple[Path, str]]:
    yield path, ""
    if not is_folder:
        return
    pending = [("", _names(path))]
    while pending:
        inside, names = pending[-1]
        name = next(names, None)
        if name is None:
            pending.pop()
            continue
        inner = f"{inside}{name}"
        each = path / inner
        yield each, inner
        if each.is_dir() and not each.is_symlink():
            pending.append((f"{inner}/", _names(each)))


def _names(folder: Path) -> Iterator[str]:
    return iter(sorted(os.listdir(folder), key=os.fsencode))  # noqa: PTH208 - names only


def place_of(source_is_folder: bool, destination: str, *, exists: bool, is_folder: bool) -> Place:
    """Return where to unpack the archive of a file or a folder.

    Raises:
        NotADirectoryError: A folder can't replace a file.
        FileNotFoundError: A slash or a dot follows, and there is no such folder.
    """
    if exists and is_folder:
        return Place(destination, None)
    if exists and source_is_folder:
        raise NotADirectoryError(f"{destination} is a file: no folder can be copied there")
    if (
        not exists
        and not source_is_folder
        and (destination.endswith("/") or is_contents(destination))
    ):
        raise FileNotFoundError(f"{destination} is not a folder")
    cleaned = posixpath.normpath(destination)
    if is_contents(destination):
        cleaned += "/."
    folder, name = posixpath.split(cleaned)
    return Place(folder or ".", name)


def local_place(source_is_folder: bool, destination: str | os.PathLike[str]) -> Place:
    """Return where to unpack on this machine; a link at the end is followed.

    Raises:
        OSError: The parent folder does not exist.
        ValueError: It is neither a file nor a folder, or empty.
    """
    text = _text(destination)
    path = Path(text)
    if path.is_symlink():
        target = os.path.realpath(path)
        text = target + ("/" if text.endswith("/") else "")
        path = Path(target)
    exists = os.path.lexists(text)
    if exists and not (path.is_dir() or path.is_file()):
        raise ValueError(f"{text} is neither a file nor a folder")
    absolute = os.path.abspath(text)  # noqa: PTH100 - links are followed already
    if is_contents(text):
        absolute += "/."
    elif text.endswith("/"):
        absolute += "/"
    place = place_of(source_is_folder, absolute, exists=exists, is_folder=path.is_dir())
    if not Path(place.folder).is_dir():
        raise FileNotFoundError(f"there is no folder {place.folder}")
    return place


def _text(path: str | os.PathLike[str]) -> str:
    text = os.fspath(path)
    if not text:
        raise ValueError("the path on this machine is empty: '.' is the current folder")
    return text
