"""Tar archives read while they arrive."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Chunks"]


class Chunks:
    """A file for `tarfile` over chunks, the last of which is empty."""

    def __init__(self, following: Callable[[], bytes]) -> None:
        self._following = following
        self._rest = b""

    def read(self, size: int) -> bytes:
        """Return this many bytes, fewer at the end."""
        parts, length = [self._rest], len(self._rest)
        while length < size and (chunk := self._following()):
            parts.append(chunk)
            length += len(chunk)
        data = b"".join(parts)
        self._rest = data[size:]
        return data[:size]

    def drain(self) -> None:
        """Read to the end, so that a cut archive raises an error."""
        self._rest = b""
        while self._following():
            pass
