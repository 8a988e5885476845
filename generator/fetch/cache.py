"""The folder of fetched specs: only whole files with the pinned hash are used."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from generator.errors import BuildError
from generator.versions import Pin, spec_name

__all__ = ["holds", "sha256", "store", "write_whole"]


def sha256(data: bytes) -> str:
    """Return the hash used in pins."""
    return hashlib.sha256(data).hexdigest()


def holds(cache: Path, pin: Pin) -> bool:
    """Return whether the cache has the spec of `pin`, undamaged."""
    try:
        return sha256((cache / spec_name(pin.version)).read_bytes()) == pin.sha256
    except OSError:
        return False


def store(cache: Path, pin: Pin, data: bytes, source: str) -> Path:
    """Store a spec from `source` in the cache.

    Raises:
        BuildError: The cache cannot be written.
    """
    file = cache / spec_name(pin.version)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        write_whole(file, data)
    except OSError as error:
        raise BuildError(
            f"v{pin.version}: cannot store the spec of {source} in {cache}: {error.strerror};"
            " make that folder writable"
        ) from error
    return file


def write_whole(file: Path, data: bytes) -> None:
    """Write a file so that it appears at once and whole, or not at all."""
    # The process ID keeps concurrent runs apart.
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(file)
    except BaseException:  # Ctrl-C too
        part.unlink(missing_ok=True)
        raise
