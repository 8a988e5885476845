"""Output of processes on its way to clients: multiplexed, raw, and as logs."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from moorage.testing.objects.clock import timestamp
from moorage.testing.objects.process import Output, Piece
from moorage.testing.objects.state import State

__all__ = ["MULTIPLEXED", "RAW", "follow", "log_lines", "multiplexed", "raw"]

MULTIPLEXED = "application/vnd.docker.multiplexed-stream"
RAW = "application/vnd.docker.raw-stream"
_NUMBERS = {"stdout": 1, "stderr": 2}
_HEADER = struct.Struct(">BxxxI")


def multiplexed(piece: Piece) -> bytes:
    """Write a piece with its header."""
    return _HEADER.pack(_NUMBERS[piece.stream], len(piece.data)) + piece.data


def raw(piece: Piece) -> bytes:
    """Write a piece as a terminal does."""
    return piece.data


def follow(
    state: State,
    output: Output,
    start: int,
    over: Callable[[], bool],
    gone: Callable[[], bool],
) -> Iterator[Piece]:
    """Yield pieces as they are written, until the output has ended."""
    place = start

    def more() -> bool:
        return len(output.pieces) > place or over()

    while True:
        if not state.wait_for(more, gone):
            return
        with state.lock:
            new = output.pieces[place:]
        if not new:
            return
        place += len(new)
        yield from new


def log_lines(pieces: Iterator[Piece], timestamps: bool, details: bool) -> Iterator[Piece]:
    """Split pieces into lines, as log drivers store them, with timestamps and details."""
    for piece in pieces:
        for line in piece.data.splitlines(keepends=True):
            stamp = f"{timestamp(piece.moment)} ".encode() if timestamps else b""
            prefix = f"{piece.details} ".encode() if details else b""
            yield Piece(piece.moment, piece.stream, stamp + prefix + line)
