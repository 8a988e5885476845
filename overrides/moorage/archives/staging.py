"""A folder that an archive is extracted to before its content moves to the target.

Python's own extraction is not used: what its filters let through depends on its release. Here, no
name leads out of the folder, nothing is written or looked up through a link, and no device is made.
"""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
from pathlib import Path
from typing import IO

from moorage.archives.links import Links, LinksOf, climbing, leading_out
from moorage.archives.malformed import tar_errors
from moorage.errors import InvalidAnswer, UnsafeArchive

__all__ = ["Staging"]

_PIECE = 1 << 18
# Permissions for filling a folder; its own are set at the end.
_OPEN_FOLDER = 0o700
# shutil.rmtree recurses for each nested folder.
_DEEPEST = 400


class Staging:
    """An empty folder that takes the members of an archive."""

    def __init__(
        self,
        root: Path,
        links: Links | None,
        rename: str | None = None,
        *,
        is_contents: bool = False,
    ) -> None:
        """Begin with an empty folder.

        Args:
            root: The folder.
            links: How to handle symbolic links that lead out of it; None is the rule of
                `docker cp`: absolute ones are kept, and those that climb out are refused.
            rename: New first part of each name; None keeps it.
            is_contents: Whether the members are a folder's contents, without the folder.
        """
        if links not in (None, "refuse", "skip", "keep"):
            raise ValueError(f'links is "refuse", "skip" or "keep", not {links!r:.100}')
        self._root = root
        self._rename = rename
        # The parts of a name that the new one takes the place of. Names of what is in a folder may
        # begin with a dot, which is not a part.
        self._replaced = 0 if is_contents else 1
        self._policy = links
        self._links: LinksOf = {}
        self._folders: dict[Path, tarfile.TarInfo] = {}

    def add(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        """Extract a member.

        Raises:
            UnsafeArchive: It would be outside of the folder or below a link, or is a device.
            InvalidAnswer: The bytes are not a tar archive.
            OSError: It can't be written.
        """
        with tar_errors(member.name or "."):
            self._add(tar, member)

    def finish(self) -> None:
        """Set the folders' permissions and times, and apply the rule for links.

        Raises:
            UnsafeArchive: A link leads out of the folder.
            OSError: A link can't be removed.
        """
        if self._policy in (None, "refuse"):
            outside = leading_out(self._links) if self._policy else climbing(self._links)
            for path in outside:
                target = self._links[path]
                raise _unsafe("/".join(path), f"is a link that leads outside: {target!r:.200}")
        # Without some links, others may lead elsewhere.
        while self._policy == "skip" and (outward := leading_out(self._links)):
            for path in outward:
                self._root.joinpath(*path).unlink()
                del self._links[path]
        # At the end, the deepest first: a folder's permissions may forbid writing to it.
        for folder, member in reversed(self._folders.items()):
            with tar_errors(member.name):
                folder.chmod(member.mode & 0o777)
                os.utime(folder, (member.mtime, member.mtime))

    def _add(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        parts = self._parts(member.name)
        if not parts:
            return  # the folder itself, which is there
        path = self._inside(parts)
        kind = _kind(path)
        if member.isdir():
            if kind is None:
                path.mkdir(_OPEN_FOLDER)
            elif kind != stat.S_IFDIR:
                raise _unsafe(member.name, "is a folder in the place of something else")
            # Added again, it counts from now: folders are closed after their content.
            self._folders.pop(path, None)
            self._folders[path] = member
            return
        if kind == stat.S_IFDIR:
            raise _unsafe(member.name, "is in the place of a folder")
        if member.islnk():
            self._link(path, parts, member)
            return
        if kind is not None:
            path.unlink()
            self._links.pop(tuple(parts), None)
        if member.issym():
            self._symlink(path, tuple(parts), member.linkname)
        elif member.isreg():
            with path.open("xb") as file:
                _write(tar, member, file)
            path.chmod(member.mode & 0o777)
        else:
            raise _unsafe(member.name, "is not a file, folder or link")
        os.utime(path, (member.mtime, member.mtime), follow_symlinks=False)

    def _parts(self, name: str) -> list[str]:
        parts = [each for each in name.split("/") if each not in ("", ".")]
        if name.startswith("/") or ".." in parts:
            raise _unsafe(name, "would be outside of the folder")
        if len(parts) > _DEEPEST:
            raise _unsafe(name, f"is in more than {_DEEPEST} folders")
        if self._rename is not None:
            parts[: self._replaced] = [self._rename]
        return [each for each in parts if each != "."]

    def _inside(self, parts: list[str]) -> Path:
        """Return a path below real folders, not links; missing ones are made."""
        path = self._root
        for part in parts[:-1]:
            path = path / part
            kind = _kind(path)
            if kind is None:
                path.mkdir()
            elif kind != stat.S_IFDIR:
                raise _unsafe("/".join(parts), "is below something that is not a folder")
        return path / parts[-1]

    def _link(self, path: Path, parts: list[str], member: tarfile.TarInfo) -> None:
        target = self._parts(member.linkname)
        source = self._inside(target) if target else self._root
        kind = _kind(source)
        if kind not in (stat.S_IFREG, stat.S_IFLNK):
            raise _unsafe(member.name, "links to something that is not a file")
        if source == path:
            return
        if os.path.lexists(path):
            path.unlink()
            self._links.pop(tuple(parts), None)
        if kind == stat.S_IFLNK:
            # In another folder, the link may lead elsewhere.
            self._symlink(path, tuple(parts), self._links[tuple(target)])
        else:
            os.link(source, path, follow_symlinks=False)

    def _symlink(self, path: Path, parts: tuple[str, ...], target: str) -> None:
        path.symlink_to(target)
        self._links[parts] = target


def _unsafe(name: str, why: str) -> UnsafeArchive:
    return UnsafeArchive(f"the archive is not extracted: {name!r:.200} {why}")


def _kind(path: Path) -> int | None:
    """Return the type of the file at a path, links included; None if there is none."""
    try:
        return stat.S_IFMT(path.lstat().st_mode)
    except FileNotFoundError:
        return None


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, file: IO[bytes]) -> None:
    # No engine has sparse files in its archives, and holes may claim to be of any size.
    content = None if member.issparse() or member.size < 0 else tar.extractfile(member)
    if content is None:
        raise InvalidAnswer(f"{member.name!r:.200} is a file whose content can't be read")
    with content:
        shutil.copyfileobj(content, file, _PIECE)
