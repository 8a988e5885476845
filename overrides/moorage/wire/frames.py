"""Stdout and stderr, multiplexed over one connection; a parser without I/O.

Before each piece of output stand eight bytes: the stream (0 stdin, 1 stdout, 2 stderr, 3 an error
of the engine itself), three zeros, and the length of the piece, big endian.
"""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct
from typing import Literal, NamedTuple

from moorage.errors import EngineError, InvalidAnswer, OperationFailed, StreamInterrupted

__all__ = ["Frame", "FrameParser", "RawParser", "is_multiplexed"]

_MULTIPLEXED = "application/vnd.docker.multiplexed-stream"
_HEADER = Struct(">II")
# The header's first word: the type, then zeros.
_STREAMS: dict[int, Literal["stdin", "stdout", "stderr"]] = {
    0 << 24: "stdin",
    1 << 24: "stdout",
    2 << 24: "stderr",
}
_SYSTEM_ERROR = 3 << 24


def is_multiplexed(headers: Mapping[str, str]) -> bool:
    """Return whether a response declares frames; undeclared ones may be frames too."""
    return headers.get("content-type", "").startswith(_MULTIPLEXED)


class Frame(NamedTuple):
    """A piece of a process' output, as it was written; it may end within a line."""

    stream: Literal["stdin", "stdout", "stderr"]
    data: bytes


class FrameParser:
    """Parses frames, however the bytes are cut.

    Args:
        operation: The operation's id, for messages.
    """

    def __init__(self, operation: str = "stream") -> None:
        self._operation = operation
        self._pending: list[bytes] = []
        self._length = 0
        # Bytes that the next frame needs; until they arrive, chunks are buffered.
        self._needed = _HEADER.size
        self._error: EngineError | None = None

    def feed(self, data: bytes) -> list[Frame]:
        """Parse bytes, and return the frames that are complete now.

        Raises:
            InvalidAnswer: Earlier bytes were not a frame.
            OperationFailed: The engine reported an error of its own before these bytes.
        """
        self.check()
        self._pending.append(data)
        self._length += len(data)
        if self._length < self._needed:
            return []
        if len(self._pending) > 1:
            data = b"".join(self._pending)
        frames: list[Frame] = []
        position, end, head = 0, len(data), _HEADER.size
        needed = head
        # The loop is tight, because it runs for every frame of every log.
        unpack, streams, add, make = _HEADER.unpack_from, _STREAMS, frames.append, tuple.__new__
        while end - position >= head:
            kind, length = unpack(data, position)
            start = position + head
            stop = start + length
            if kind not in streams and kind != _SYSTEM_ERROR:
                self._error = self._no_frame(data[position:start])
                break
            if stop > end:
                needed = head + length
                break
            if kind == _SYSTEM_ERROR:
                message = data[start:stop].decode("utf-8", "replace").strip()
                self._error = OperationFailed(message, self._operation)
                break
            add(make(Frame, (streams[kind], data[start:stop])))
            position = stop
        self._needed = needed
        self._pending = [data[position:]]
        self._length = end - position
        return frames

    def check(self) -> None:
        """Raise the error of the bytes after the last frame."""
        if self._error is not None:
            raise self._error

    def close(self) -> list[Frame]:
        """End the input; no frame is left.

        Raises:
            StreamInterrupted: They ended in the middle of a frame.
        """
        self.check()
        if self._length:
            raise StreamInterrupted(f"{self._operation}: the stream ended in the middle of a frame")
        return []

    def _no_frame(self, header: bytes) -> InvalidAnswer:
        return InvalidAnswer(
            f"{self._operation}: expected the header of a frame, got {header!r}: "
            "the stream is not multiplexed"
        )


class RawParser:
    """Passes on a terminal's output: all of it is stdout."""

    def feed(self, data: bytes) -> list[Frame]:
        """Wrap the bytes."""
        return [Frame("stdout", data)] if data else []

    def check(self) -> None:
        """Do nothing: all bytes are valid."""

    def close(self) -> list[Frame]:
        """Return nothing: no bytes are buffered."""
        return []
