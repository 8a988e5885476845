"""The members of a tar archive, one by one."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import Any, Protocol, Self

from moorage.archives.malformed import tar_errors

__all__ = ["Archive", "members"]

# A member has a long name, a long link and a pax header at most, and a global pax header before.
_MOST_HEADERS = 8


class Archive(Protocol):
    """A tar archive to read from."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes; b"" at the end."""
        raise NotImplementedError

    def drain(self) -> None:
        """Read to the end, so that a cut archive raises an error."""


class _Member(tarfile.TarInfo):
    """A member whose headers are few: tarfile reads each inside of the one before."""

    @classmethod
    def fromtarfile(cls, tar: Any) -> Self:
        tar.headers = getattr(tar, "headers", 0) + 1
        try:
            if tar.headers > _MOST_HEADERS:
                raise tarfile.ReadError("a member has headers without end")
            return super().fromtarfile(tar)
        finally:
            tar.headers -= 1


def members(archive: Archive) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    """Read the members of an archive one by one.

    Raises:
        InvalidAnswer: The bytes are not a tar archive.
    """
    file: Any = archive
    with tar_errors(), tarfile.open(fileobj=file, mode="r|", tarinfo=_Member) as tar:
        for member in tar:
            yield tar, member
            # tarfile would keep the members already read.
            tar.members = []  # type: ignore[attr-defined]
