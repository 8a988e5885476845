"""A tar archive that is made while it is read, so that it is never in memory as a whole."""

from __future__ import annotations

import os
import stat
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from tarfile import (
    BLKTYPE,
    BLOCKSIZE,
    CHRTYPE,
    DIRTYPE,
    FIFOTYPE,
    GNU_FORMAT,
    SYMTYPE,
    TarInfo,
)
from typing import NamedTuple, Self

from moorage.errors import EngineError

__all__ = ["Entry", "TarStream", "entry_of", "file_entry"]

_PIECE = 1 << 18
_TYPES = {
    stat.S_IFDIR: DIRTYPE,
    stat.S_IFLNK: SYMTYPE,
    stat.S_IFIFO: FIFOTYPE,
    stat.S_IFCHR: CHRTYPE,
    stat.S_IFBLK: BLKTYPE,
}


class Entry(NamedTuple):
    """A member of an archive, and where its content is."""

    info: TarInfo
    content: Path | bytes | None = None


def entry_of(path: Path, name: str) -> Entry | None:
    """Describe a file on disk, links as links; None for a socket, which archives can't hold.

    Args:
        path: The file's path.
        name: Its name in the archive.

    Raises:
        OSError: It does not exist, or can't be read.
    """
    about = path.lstat()
    info = TarInfo(name)
    info.mode = stat.S_IMODE(about.st_mode)
    # Whole seconds, as the docker CLI sends: fractions would need headers of their own.
    info.mtime = int(about.st_mtime)
    info.uid, info.gid = about.st_uid, about.st_gid
    if stat.S_ISSOCK(about.st_mode):
        return None
    if stat.S_ISREG(about.st_mode):
        return Entry(info, path)
    info.type = _TYPES[stat.S_IFMT(about.st_mode)]
    if info.type == SYMTYPE:
        info.linkname = str(path.readlink())
    elif info.type in (CHRTYPE, BLKTYPE):
        info.devmajor, info.devminor = os.major(about.st_rdev), os.minor(about.st_rdev)
    return Entry(info)


def file_entry(name: str, content: bytes, mode: int = 0o644) -> Entry:
    """Describe a file whose content is in memory."""
    info = TarInfo(name)
    info.mode = mode
    return Entry(info, content)


class TarStream:
    """A tar archive as a file to read from, or an iterator over chunks; it can be read once."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._chunks = _chunks(entries)
        self._rest = b""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, at most `size`; b"" at the end.

        Raises:
            OSError: A file can't be read.
            EngineError: A file became shorter while it was read.
        """
        parts, length = [self._rest], len(self._rest)
        while (size < 0 or length < size) and (chunk := next(self._chunks, b"")):
            parts.append(chunk)
            length += len(chunk)
        data = b"".join(parts)
        if size < 0:
            size = length
        self._rest = data[size:]
        return data[:size]

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(_PIECE), b"")

    def close(self) -> None:
        """Close the file that is being read."""
        self._chunks.close()
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _chunks(entries: Iterable[Entry]) -> Generator[bytes, None, None]:
    for info, content in entries:
        if isinstance(content, Path):
            with content.open("rb") as file:
                info.size = os.fstat(file.fileno()).st_size
                yield _header(info)
                left = info.size
                while left:
                    data = file.read(min(left, _PIECE))
                    if not data:
                        raise EngineError(
                            f"{content} became {left} bytes shorter while it was read"
                        )
                    left -= len(data)
                    yield data
        else:
            info.size = len(content or b"")
            yield _header(info)
            if content:
                yield content
        padding = -info.size % BLOCKSIZE
        if padding:
            yield bytes(padding)
    yield bytes(2 * BLOCKSIZE)


def _header(info: TarInfo) -> bytes:
    # GNU's format has names of any length as the bytes that they are.
    return info.tobuf(GNU_FORMAT, "utf-8", "surrogateescape")
