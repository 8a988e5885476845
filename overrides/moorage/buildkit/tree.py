"""Files and folders to send: those of a folder on disk, and those that a program has in memory."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from hashlib import sha256
from io import BytesIO, FileIO
from pathlib import Path
from typing import NamedTuple, TypeAlias

__all__ = ["About", "DiskNode", "MemoryFile", "MemoryFolder", "Node", "go_mode"]

# Go's file mode has its own bits for the type of a file.
_KINDS = {
    stat.S_IFREG: 0,
    stat.S_IFDIR: 1 << 31,
    stat.S_IFLNK: 1 << 27,
    stat.S_IFIFO: 1 << 25,
    stat.S_IFBLK: 1 << 26,
    stat.S_IFCHR: 1 << 26 | 1 << 21,
}
_SPECIAL = ((stat.S_ISUID, 1 << 23), (stat.S_ISGID, 1 << 22), (stat.S_ISVTX, 1 << 20))


class About(NamedTuple):
    """Metadata of a file; owner and group are always 0."""

    mode: int
    """Go's os.FileMode."""
    size: int = 0
    mtime: int = 0
    """In nanoseconds."""
    link: bytes = b""
    device: int = 0


def go_mode(mode: int) -> int | None:
    """Translate a mode of the kernel's; None for a socket, which is not sent."""
    kind = _KINDS.get(stat.S_IFMT(mode))
    if kind is None:
        return None
    for bit, theirs in _SPECIAL:
        if mode & bit:
            kind |= theirs
    return kind | (mode & 0o777)


class DiskNode:
    """A file or folder on disk; links are links.

    Args:
        path: The file's path.
        name: Its name in the folder that it is sent in.
        entry: The entry from scandir.
    """

    __slots__ = ("_entry", "name", "path")

    def __init__(self, path: str, name: str, entry: os.DirEntry[str] | None = None) -> None:
        self.path: str = path
        self.name: str = name
        self._entry = entry

    def about(self) -> About | None:
        """Return its metadata; None for a socket.

        Raises:
            OSError: It no longer exists.
        """
        entry = self._entry
        found = os.lstat(self.path) if entry is None else entry.stat(follow_symlinks=False)
        kind = stat.S_IFMT(found.st_mode)
        if kind == stat.S_IFREG:
            mode = found.st_mode & 0o777
            if found.st_mode & 0o7000:
                mode = go_mode(found.st_mode) or 0
            return About(mode, found.st_size, found.st_mtime_ns)
        translated = go_mode(found.st_mode)
        if translated is None:
            return None
        link = os.fsencode(Path(self.path).readlink()) if kind == stat.S_IFLNK else b""
        device = found.st_rdev if kind in (stat.S_IFBLK, stat.S_IFCHR) else 0
        return About(translated, len(link), found.st_mtime_ns, link, device)

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, and not a link to one."""
        if self._entry is not None:
            return self._entry.is_dir(follow_symlinks=False)
        return stat.S_ISDIR(os.lstat(self.path).st_mode)

    @property
    def link(self) -> str | None:
        """The target, if it is a link."""
        is_link = self._entry.is_symlink() if self._entry else Path(self.path).is_symlink()
        return os.fspath(Path(self.path).readlink()) if is_link else None

    def children(self) -> Iterator[Node]:
        """Return the folder's content, sorted by the bytes of the names."""
        with os.scandir(self.path) as found:
            entries = sorted(found, key=lambda each: os.fsencode(each.name))
        for each in entries:
            yield DiskNode(each.path, each.name, each)

    def child(self, name: str) -> Node | None:
        """Return the child of a name."""
        path = f"{self.path}/{name}"
        return DiskNode(path, name) if os.path.lexists(path) else None

    def open(self) -> FileIO:
        """Open the file.

        Raises:
            OSError: It can't be read.
        """
        # A pipe that took the file's place would be waited for.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        return FileIO(os.open(self.path, flags))


class MemoryFile:
    """A file in memory. Its time is derived from its content, so that a change is noticed."""

    is_folder = False
    link = None

    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        self.content = content

    def about(self) -> About:
        """Return its metadata."""
        # Nanoseconds of one day in 1970: an engine compares name, mode, size and time.
        mtime = int.from_bytes(sha256(self.content).digest()[:8], "big") % (86_400 * 10**9)
        return About(0o644, len(self.content), mtime)

    def children(self) -> Iterator[Node]:
        """Return nothing: it is not a folder."""
        return iter(())

    def child(self, name: str) -> Node | None:  # noqa: ARG002
        """Return None: it is not a folder."""
        return None

    def open(self) -> BytesIO:
        """Open the content."""
        return BytesIO(self.content)


class MemoryFolder:
    """A folder of files in memory, and perhaps of some on disk."""

    is_folder = True
    link = None

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.nodes: dict[str, Node] = {}

    @classmethod
    def of(cls, files: Mapping[str, bytes | Path]) -> MemoryFolder:
        """Make the tree of files, by their paths; a path on disk may be a folder's.

        Raises:
            ValueError: A name is that of a file, and of a folder too.
        """
        root = cls()
        for path, content in files.items():
            *folders, name = path.split("/")
            at = root
            for each in folders:
                inner = at.nodes.setdefault(each, cls(each))
                if not isinstance(inner, MemoryFolder):
                    raise ValueError(
                        f"{path!r:.200} is in something that is not a folder of the context"
                    )
                at = inner
            if name in at.nodes:
                raise ValueError(f"{path!r:.200} is twice in the context")
            at.nodes[name] = (
                MemoryFile(name, content)
                if isinstance(content, bytes)
                else DiskNode(os.fspath(content), name)
            )
        return root

    def about(self) -> About:
        """Return its metadata."""
        return About(1 << 31 | 0o755)

    def children(self) -> Iterator[Node]:
        """Return the folder's content, sorted by the bytes of the names."""
        for name in sorted(self.nodes, key=os.fsencode):
            yield self.nodes[name]

    def child(self, name: str) -> Node | None:
        """Return the child of a name."""
        return self.nodes.get(name)

    def open(self) -> BytesIO:
        """Raise: a folder has no content."""
        raise IsADirectoryError(self.name)


Node: TypeAlias = DiskNode | MemoryFile | MemoryFolder
