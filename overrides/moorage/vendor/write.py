"""Write a copy whole or not at all: beside its place, and then rename it."""

from __future__ import annotations

import keyword
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from moorage.vendor.check import changed
from moorage.vendor.errors import VendorError
from moorage.vendor.lock import LOCK, Lock

__all__ = ["update", "write"]


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a new copy.

    Args:
        folder: Its place; the parent folder must exist.
        files: The result of `build`.

    Raises:
        VendorError: The place is taken, or can't be written; nothing was changed.
    """
    folder = _whole(folder)
    if (folder / LOCK).is_file():
        raise VendorError(f"{folder} has a copy already: refresh it by --update, or remove it")
    with _written(folder, files) as made:
        if os.path.lexists(folder) and not (folder.is_dir() and not any(folder.iterdir())):
            raise VendorError(f"{folder} has foreign files: remove it, or name another")
        made.rename(folder)


def update(folder: Path, lock: Lock, files: Mapping[str, bytes], *, force: bool) -> None:
    """Replace an older copy.

    Args:
        folder: Its place.
        lock: The older copy's lock.
        files: The result of `build`.
        force: Overwrite files that were edited.

    Raises:
        VendorError: Files were edited or are foreign, or it can't be written; nothing was changed.
    """
    folder = _whole(folder)
    problems = changed(folder, lock)
    foreign = [each.file for each in problems if each.what == "foreign"]
    edited = [each.file for each in problems if each.what == "edited"]
    if foreign:
        raise VendorError(f"{folder} has foreign files: move away {', '.join(foreign)}")
    if edited and not force:
        raise VendorError(
            f"{folder} was edited: {', '.join(edited)}; --force overwrites these changes"
        )
    with _written(folder, files) as made:
        former = made.with_name(f"{made.name}.former")
        folder.rename(former)
        try:
            made.rename(folder)
        except BaseException:
            former.rename(folder)
            raise


def _whole(folder: Path) -> Path:
    folder = folder.resolve()
    if not folder.name.isidentifier() or keyword.iskeyword(folder.name):
        raise VendorError(f"{folder.name!r} can't be a package's name: Python could not import it")
    return folder


@contextmanager
def _written(folder: Path, files: Mapping[str, bytes]) -> Iterator[Path]:
    """Write the files beside a folder; they are removed unless renamed.

    Raises:
        VendorError: A file can't be written or renamed.
    """
    if not folder.parent.is_dir():
        raise VendorError(f"there is no folder {folder.parent}: make it first")
    try:
        with tempfile.TemporaryDirectory(
            dir=folder.parent, prefix=f".{folder.name}-", ignore_cleanup_errors=True
        ) as work:
            made = Path(work, folder.name)
            made.mkdir()
            for path, data in files.items():
                file = made / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
            yield made
    except OSError as error:
        raise VendorError(
            f"cannot write {folder}: {error.strerror}; nothing was changed"
        ) from error
