"""Metadata of a file in a container, which the engine sends in a header."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Mapping
from typing import Self

from attrs import frozen

from moorage.errors import InvalidAnswer

__all__ = ["PathStat"]

_HEADER = "x-docker-container-path-stat"
# The engine sends Go's os.FileMode, with its own bits for types and marks.
_TYPES = {
    1 << 31: stat.S_IFDIR,
    1 << 27: stat.S_IFLNK,
    1 << 25: stat.S_IFIFO,
    1 << 24: stat.S_IFSOCK,
    1 << 26 | 1 << 21: stat.S_IFCHR,
    1 << 26: stat.S_IFBLK,
}
_MALFORMED = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
_MARKS = {1 << 23: stat.S_ISUID, 1 << 22: stat.S_ISGID, 1 << 20: stat.S_ISVTX}


@frozen
class PathStat:
    """A file or folder in a container."""

    name: str
    size: int
    """In bytes."""
    mode: int
    """Its type and permissions, as `os.stat_result.st_mode` has them: for `stat.S_ISDIR`,
    `stat.filemode` and the like."""
    mtime: str
    """Time of the last change; `moorage.parse_timestamp` reads it."""
    link_target: str
    """Target of a symbolic link; empty for other files."""

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> Self:
        """Decode the header X-Docker-Container-Path-Stat.

        Raises:
            InvalidAnswer: The header is missing or malformed.
        """
        try:
            # Podman's base64 is the one for URLs.
            encoded = headers[_HEADER].replace("-", "+").replace("_", "/")
            data = json.loads(base64.b64decode(encoded))
            return cls(
                name=str(data["name"]),
                size=int(data["size"]),
                mode=_mode(int(data["mode"])),
                mtime=str(data["mtime"]),
                link_target=str(data.get("linkTarget") or ""),
            )
        except _MALFORMED:
            raise InvalidAnswer(f"the response has no header {_HEADER} that can be read") from None


def _mode(go: int) -> int:
    kind = next((mode for bits, mode in _TYPES.items() if go & bits == bits), stat.S_IFREG)
    marks = sum(mode for bit, mode in _MARKS.items() if go & bit)
    return kind | marks | go & 0o777
