"""Check a copy: files that were edited, are missing, foreign, or out of date."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from attrs import frozen

from moorage.vendor.errors import VendorError
from moorage.vendor.lock import LOCK, Lock, digest

__all__ = ["Problem", "changed", "check"]

_CACHES = {"__pycache__", ".mypy_cache", ".pytest_cache", ".pytype", ".ruff_cache"}


@frozen
class Problem:
    """A file that differs from its expected state."""

    file: str
    """Its path in the copy."""
    what: Literal["edited", "missing", "foreign", "out of date"]


def check(folder: Path, lock: Lock, files: Mapping[str, bytes]) -> list[Problem]:
    """Compare a copy with its lock, and the lock with a new copy.

    Args:
        folder: The copy.
        lock: Its lock.
        files: The result of `build` for the lock's options.

    Raises:
        VendorError: A file can't be read.
    """
    problems = changed(folder, lock)
    known = {problem.file for problem in problems}
    now = {path: digest(data) for path, data in files.items() if path != LOCK}
    for path in {*now, *lock.files} - known:
        if now.get(path) != lock.files.get(path):
            problems.append(Problem(path, "out of date"))
    if files[LOCK].decode() != lock.text():
        problems.append(Problem(LOCK, "out of date"))
    return sorted(problems, key=lambda problem: problem.file)


def changed(folder: Path, lock: Lock) -> list[Problem]:
    """Compare a copy with its lock.

    Raises:
        VendorError: A file can't be read.
    """
    present = _files(folder)
    problems = [Problem(path, "missing") for path in lock.files.keys() - present]
    for path in present - {LOCK}:
        if path not in lock.files:
            problems.append(Problem(path, "foreign"))
        elif _digest(folder / path) != lock.files[path]:
            problems.append(Problem(path, "edited"))
    return sorted(problems, key=lambda problem: problem.file)


def _files(folder: Path) -> set[str]:
    """Return all files except tools' caches; a link to a folder counts as a file."""
    found = set()
    for place, folders, files in os.walk(folder):
        folders[:] = [each for each in folders if not _is_cache(Path(place, each))]
        links = [each for each in folders if Path(place, each).is_symlink()]
        found |= {Path(place, each).relative_to(folder).as_posix() for each in [*files, *links]}
    return found


def _is_cache(folder: Path) -> bool:
    """Return whether it is a cache folder of a tool: mypy, ruff, pytest and others."""
    if folder.is_symlink():
        return False
    return folder.name in _CACHES or (folder / "CACHEDIR.TAG").is_file()


def _digest(file: Path) -> str:
    if not file.is_file():
        return ""  # a folder, or a pipe, which would be waited for
    try:
        return digest(file.read_bytes())
    except OSError as error:
        raise VendorError(f"cannot read {file}: {error.strerror}") from None
