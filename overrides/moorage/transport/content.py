"""What a request sends as it is: bytes, a file, or chunks; in pieces, and with its length."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import AsyncGenerator, AsyncIterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from moorage.errors import EngineError

__all__ = ["Sent", "opened"]

_PIECE = 1 << 20


@frozen
class Sent:
    """Content that is about to be sent."""

    source: Any
    length: int | None
    """In bytes; None if it is not known."""

    def pieces(self) -> Iterator[bytes | memoryview]:
        """Cut the content into pieces.

        Raises:
            TypeError: it comes asynchronously, or is not made of bytes.
            EngineError: a file has become shorter.
        """
        if isinstance(self.source, AsyncIterable):
            raise TypeError("a synchronous engine can't send an asynchronous iterator")
        return self._pieces()

    def _pieces(self) -> Iterator[bytes | memoryview]:
        if isinstance(self.source, bytes | bytearray | memoryview):
            yield from _cut(self.source)
        elif hasattr(self.source, "read"):
            left = self.length
            while piece := _checked(self.source.read(_size(left))):
                left = _less(left, piece)
                yield piece
            _check_length(left)
        else:
            for chunk in self.source:
                yield from _cut(_checked(chunk))

    async def pieces_async(self) -> AsyncGenerator[bytes | memoryview, None]:
        """As `pieces`; a file is read in a thread, and chunks may come asynchronously."""
        if isinstance(self.source, AsyncIterable):
            async for chunk in self.source:
                for view in _cut(_checked(chunk)):
                    yield view
            return
        if not hasattr(self.source, "read"):
            for piece in self.pieces():
                yield piece
            return
        import anyio.to_thread

        left = self.length
        while piece := _checked(await anyio.to_thread.run_sync(self.source.read, _size(left))):
            left = _less(left, piece)
            yield piece
        _check_length(left)


@contextmanager
def opened(content: Any) -> Iterator[Sent]:
    """Open the content if it is a path, and tell its length if that is known.

    Raises:
        OSError: there is no file at the path, or it can't be read.
    """
    if content is None:
        yield Sent(b"", 0)
    elif isinstance(content, str | os.PathLike):
        with Path(content).open("rb") as file:
            yield Sent(file, _file_length(file))
    elif isinstance(content, bytes | bytearray | memoryview):
        yield Sent(content, memoryview(content).nbytes)
    elif hasattr(content, "read"):
        yield Sent(content, _file_length(content))
    else:
        yield Sent(content, None)


def _file_length(file: Any) -> int | None:
    """Return how much is to come of a regular file; one that decompresses can't tell."""
    if not isinstance(file, io.BufferedReader | io.BufferedRandom | io.FileIO):
        return None
    about = os.fstat(file.fileno())
    return max(about.st_size - file.tell(), 0) if stat.S_ISREG(about.st_mode) else None


def _size(left: int | None) -> int:
    return _PIECE if left is None else min(left, _PIECE)


def _less(left: int | None, piece: bytes) -> int | None:
    return None if left is None else left - len(piece)


def _check_length(left: int | None) -> None:
    if left:
        raise EngineError(f"the file that is sent has become {left} bytes shorter meanwhile")


def _checked(piece: Any) -> Any:
    if not isinstance(piece, bytes | bytearray | memoryview):
        raise TypeError(
            f"what is sent must be bytes, not {type(piece).__name__}: open the file with 'rb'"
        )
    return piece


def _cut(data: bytes | bytearray | memoryview) -> Iterator[memoryview]:
    view = memoryview(data).cast("B")
    for start in range(0, len(view), _PIECE):
        yield view[start : start + _PIECE]
