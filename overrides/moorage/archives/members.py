"""The members of a tar archive, one by one."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import Any, Protocol

from moorage.archives.malformed import tar_errors

__all__ = ["Archive", "members"]


class Archive(Protocol):
    """A tar archive to read from."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes; b"" at the end."""
        raise NotImplementedError

    def drain(self) -> None:
        """Read to the end, so that a cut archive raises an error."""


def members(archive: Archive) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    """Read the members of an archive one by one.

    Raises:
        InvalidAnswer: The bytes are not a tar archive.
    """
    file: Any = archive
    with tar_errors(), tarfile.open(fileobj=file, mode="r|") as tar:
        for member in tar:
            yield tar, member
            # tarfile would keep the members already read.
            tar.members = []  # type: ignore[attr-defined]
