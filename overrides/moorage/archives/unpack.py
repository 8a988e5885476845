"""Archives that are extracted to folders, whole or not at all.

Everything is extracted to a temporary folder first, and moved into place when the archive has
ended.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from moorage.archives.links import Links
from moorage.archives.members import Archive, members
from moorage.archives.staging import Staging

__all__ = ["extract", "move_into", "unpack"]


def extract(archive: Archive, folder: str | os.PathLike[str], links: Links) -> None:
    """Extract an archive to a folder that is new or empty.

    Args:
        archive: The archive.
        folder: The folder; its parent must exist.
        links: How to handle symbolic links that lead out of it.

    Raises:
        UnsafeArchive: A member would be outside of the folder or below a link, or is a device.
        InvalidAnswer: The bytes are not a tar archive.
        OSError: The folder is not empty, or can't be written to.
    """
    path = Path(folder)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise FileExistsError(f"{path} exists and is not empty: give a new or empty folder")
    with _staged(archive, path.absolute().parent, partial(Staging, links=links)) as staged:
        staged.replace(path)


def unpack(
    archive: Archive,
    folder: str,
    rename: str | None,
    links: Links | None,
    *,
    is_contents: bool = False,
) -> None:
    """Extract an archive to a folder that may hold other files, as a copy does.

    Args:
        archive: The archive, whose members are below one file or folder.
        folder: The folder.
        rename: New first part of each name; None keeps it.
        links: How to handle symbolic links that lead out of the folder; None is the rule of
            `docker cp`: absolute ones are kept, and those that climb out are refused.
        is_contents: Whether the members are a folder's contents, without the folder.

    Raises:
        UnsafeArchive: A member would be outside of the folder or below a link, or is a device.
        InvalidAnswer: The bytes are not a tar archive.
        OSError: A folder would replace a file, or a file a folder; or it can't be written.
    """
    staging = partial(Staging, links=links, rename=rename, is_contents=is_contents)
    with _staged(archive, Path(folder), staging) as staged:
        move_into(staged, Path(folder))


@contextmanager
def _staged(
    archive: Archive, beside: Path, staging_of: Callable[[Path], Staging]
) -> Iterator[Path]:
    """Extract to a folder of the same file system, which is removed in the end."""
    made = Path(tempfile.mkdtemp(prefix=".moorage-", dir=beside))
    try:
        staged = made / "content"
        staged.mkdir()
        staging = staging_of(staged)
        for tar, member in members(archive):
            staging.add(tar, member)
        archive.drain()
        staging.finish()
        yield staged
    finally:
        shutil.rmtree(made, ignore_errors=True)


def move_into(staged: Path, folder: Path) -> None:
    """Move everything in a folder into another, which may hold other files.

    Raises:
        OSError: A folder would replace a file, or a file a folder: then nothing is moved.
    """
    _check(staged, folder)
    _move(staged, folder)


def _check(staged: Path, folder: Path) -> None:
    """Check that everything can be moved before anything is."""
    for each in staged.iterdir():
        there = folder / each.name
        if not os.path.lexists(there):
            continue
        new, old = (stat.S_ISDIR(path.lstat().st_mode) for path in (each, there))
        if new and not old:
            raise FileExistsError(f"{there} is not a folder, and a folder can't replace it")
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
