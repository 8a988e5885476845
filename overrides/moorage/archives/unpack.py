"""Archives that are unpacked into folders which hold other things already, as a copy does.

All is unpacked into a folder of its own first, where no name leads out of it and nothing is written
through a link. It is moved to its place when the archive has come to its end.
"""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from moorage.archives.malformed import tar_errors
from moorage.errors import InvalidAnswer, UnsafeArchive

__all__ = ["Archive", "members", "unpack"]


class Archive(Protocol):
    """A tar archive to read from."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes; b"" at the end."""
        raise NotImplementedError

    def drain(self) -> None:
        """Read to the end, so that one that was cut is told."""


def members(archive: Archive) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    """Read the members of an archive one by one.

    Raises:
        InvalidAnswer: The bytes are no tar archive.
    """
    file: Any = archive
    with tar_errors(), tarfile.open(fileobj=file, mode="r|") as tar:
        for member in tar:
            yield tar, member
            # Members that are over would be kept.
            tar.members = []  # type: ignore[attr-defined]


def unpack(archive: Archive, folder: str, rename: str | None) -> None:
    """Unpack an archive into a folder, whole or not at all.

    Permissions and times are kept, owners and the bits for setuid, setgid and sticky are not.

    Args:
        archive: The archive, whose members are below one file or folder.
        folder: The folder, which may hold other things.
        rename: What the first part of each name becomes; None leaves it.

    Raises:
        UnsafeArchive: A member would be outside of the folder, or is a device.
        InvalidAnswer: The bytes are no tar archive.
        OSError: A folder would replace a file, or a file a folder; or it can't be written.
    """
    made = Path(tempfile.mkdtemp(prefix=".moorage-", dir=folder))
    try:
        staged = made / "content"
        staged.mkdir()
        unpacking = _Unpacking(staged, rename)
        with tar_errors():
            for tar, member in members(archive):
                unpacking.add(tar, member)
        archive.drain()
        unpacking.finish()
        _check(staged, Path(folder))
        _move(staged, Path(folder))
    finally:
        shutil.rmtree(made, ignore_errors=True)


# Folders are removed by a function that calls itself for each that is in another.
_DEEPEST = 400


class _Unpacking:
    def __init__(self, root: Path, rename: str | None) -> None:
        self._root = root
        self._rename = rename
        self._folders: list[tuple[Path, tarfile.TarInfo]] = []

    def add(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        parts = self._parts(member.name)
        if not parts:
            return  # the folder itself, which is there
        path = self._inside(parts)
        if member.isdir():
            path.mkdir(exist_ok=True)
            self._folders.append((path, member))
            return
        if os.path.lexists(path):
            path.unlink()
        if member.issparse():
            # No engine sends one: it may have no end on disk, however short the archive is.
            raise UnsafeArchive(f"{member.name!r:.200} is a sparse file")
        if member.isreg():
            content = tar.extractfile(member)
            if content is None:
                raise InvalidAnswer(f"{member.name!r:.200} has no content")
            with content, path.open("xb") as file:
                shutil.copyfileobj(content, file, 1 << 18)
            path.chmod(member.mode & 0o777)
        elif member.issym():
            self._check_link(member, parts)
            path.symlink_to(member.linkname)
        elif member.islnk():
            source = self._inside(self._parts(member.linkname))
            if not os.path.lexists(source) or not stat.S_ISREG(source.lstat().st_mode):
                raise UnsafeArchive(f"{member.name!r:.200} links to what is no file")
            path.hardlink_to(source)
        else:
            raise UnsafeArchive(f"{member.name!r:.200} is a device or a pipe")
        os.utime(path, (member.mtime, member.mtime), follow_symlinks=False)

    def finish(self) -> None:
        # At last, the deepest first: a folder's permissions may forbid to write to it.
        for path, member in reversed(self._folders):
            path.chmod(member.mode & 0o777)
            os.utime(path, (member.mtime, member.mtime))

    def _parts(self, name: str) -> list[str]:
        parts = [each for each in name.split("/") if each not in ("", ".")]
        if name.startswith("/") or ".." in parts:
            raise UnsafeArchive(f"{name!r:.200} would be outside of the folder")
        if len(parts) > _DEEPEST:
            raise UnsafeArchive(f"{name!r:.200} is in more than {_DEEPEST} folders")
        if self._rename is not None:
            # An archive of what is in a folder has names that begin with a dot.
            parts[: 0 if name == "." or name.startswith("./") else 1] = [self._rename]
        return [each for each in parts if each != "."]

    def _inside(self, parts: list[str]) -> Path:
        """Return a path below folders that are such in truth."""
        path = self._root
        for part in parts[:-1]:
            path = path / part
            if not os.path.lexists(path):
                path.mkdir()
            elif not stat.S_ISDIR(path.lstat().st_mode):
                raise UnsafeArchive(f"{'/'.join(parts)!r:.200} is below what is no folder")
        return path / parts[-1] if parts else path

    def _check_link(self, member: tarfile.TarInfo, parts: list[str]) -> None:
        # As the docker CLI has it: an absolute link is kept, one that climbs out is refused.
        link = member.linkname
        leads = os.path.normpath("/".join([*parts[:-1], link]))
        if not link.startswith("/") and leads.split("/")[0] == "..":
            raise UnsafeArchive(f"{member.name!r:.200} is a link that leads outside: {link!r:.200}")


def _check(staged: Path, folder: Path) -> None:
    """Find out whether all can be moved, before anything is."""
    for each in staged.iterdir():
        there = folder / each.name
        if not os.path.lexists(there):
            continue
        new, old = (stat.S_ISDIR(path.lstat().st_mode) for path in (each, there))
        if new and not old:
            raise FileExistsError(f"{there} is no folder, and a folder can't replace it")
        if old and not new:
            raise IsADirectoryError(f"{there} is a folder, and a file can't replace it")
        if new:
            _check(each, there)


def _move(staged: Path, folder: Path) -> None:
    for each in staged.iterdir():
        there = folder / each.name
        if os.path.lexists(there) and stat.S_ISDIR(each.lstat().st_mode):
            about = each.lstat()
            _move(each, there)
            there.chmod(stat.S_IMODE(about.st_mode))
            os.utime(there, (about.st_mtime, about.st_mtime))
        else:
            each.replace(there)
