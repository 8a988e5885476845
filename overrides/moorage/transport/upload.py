"""Request content: bytes, a file, or chunks; sent in pieces, in steps."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import AsyncIterable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from moorage.errors import EngineError
from moorage.transport.steps import Call, Next, Steps

__all__ = ["Upload", "opened"]

_PIECE = 1 << 20


class Upload:
    """Content to send.

    Args:
        source: Bytes, an open binary file, or an iterable of chunks.
        length: The length in bytes; None if it is not known.
    """

    def __init__(self, source: Any, length: int | None) -> None:
        self.length = length
        self._source = source
        self._left = length
        self._reads = hasattr(source, "read")
        self._views: Iterator[memoryview] = iter(())
        self._chunks: Any = None
        if isinstance(source, bytes | bytearray | memoryview):
            self._views, self._chunks = _cut(source), iter(())
        elif isinstance(source, AsyncIterable):
            self._chunks = aiter(source)
        elif not self._reads:
            self._chunks = iter(source)

    def piece(self) -> Steps[bytes | bytearray | memoryview]:
        """Return the next piece; an empty one at the end.

        Raises:
            TypeError: The content is not bytes, or is asynchronous with a synchronous engine.
            EngineError: The file became shorter.
        """
        while True:
            for view in self._views:
                return view
            chunk = yield from self._chunk()
            if chunk is None:
                return b""
            if not isinstance(chunk, bytes | bytearray | memoryview):
                raise TypeError(
                    f"content must be bytes, not {type(chunk).__name__}; open the file with 'rb'"
                )
            if not self._reads:
                self._views = _cut(chunk)
            elif chunk:
                self._left = None if self._left is None else self._left - len(chunk)
                return chunk
            elif self._left:
                raise EngineError(f"the file became {self._left} bytes shorter while it was sent")
            else:
                return b""

    def _chunk(self) -> Steps[Any]:
        if self._reads:
            size = _PIECE if self._left is None else min(self._left, _PIECE)
            return (yield Call(partial(self._source.read, size)))
        if isinstance(self._source, AsyncIterable):
            return (yield Next(self._chunks))
        return next(self._chunks, None)


@contextmanager
def opened(content: Any) -> Iterator[Upload]:
    """Open the content if it is a path, and determine its length if possible.

    Raises:
        TypeError: It is not content.
        OSError: The file does not exist, or can't be read.
        ValueError: It is a file at its end.
    """
    if content is None:
        yield Upload(b"", 0)
    elif isinstance(content, str | os.PathLike):
        with Path(content).open("rb") as file:
            yield Upload(file, _file_length(file))
    elif isinstance(content, bytes | bytearray | memoryview):
        yield Upload(content, memoryview(content).nbytes)
    elif hasattr(content, "read"):
        _check_position(content)
        yield Upload(content, _file_length(content))
    elif isinstance(content, Iterable | AsyncIterable) and not isinstance(content, Mapping):
        yield Upload(content, None)
    else:
        raise TypeError(
            "content takes bytes, a path, an open binary file or chunks of bytes, not"
            f" {type(content).__name__}"
        )


def _file_length(file: Any) -> int | None:
    """Return the remaining length of a regular file; None for one that decompresses."""
    if not isinstance(file, io.BufferedReader | io.BufferedRandom | io.FileIO):
        return None
    about = os.fstat(file.fileno())
    return max(about.st_size - file.tell(), 0) if stat.S_ISREG(about.st_mode) else None


def _check_position(file: Any) -> None:
    # Temporary files are wrappers, not classes of io.
    seekable = getattr(file, "seekable", None)
    if seekable is None or not seekable() or isinstance(file, io.TextIOBase):
        return
    position = file.tell()
    if position and position == file.seek(0, os.SEEK_END):
        raise ValueError("the file is at its end, so nothing would be sent; seek(0) first")
    file.seek(position)


def _cut(data: bytes | bytearray | memoryview) -> Iterator[memoryview]:
    view = memoryview(data).cast("B")
    for start in range(0, len(view), _PIECE):
        yield view[start : start + _PIECE]
