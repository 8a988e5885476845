"""The engine's side of a websocket (RFC 6455): the handshake's answer, and frames."""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Iterator

__all__ = ["CLOSE", "WebSocketReader", "accept", "frame"]

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 1, 2, 8, 9, 10


def accept(key: str) -> str:
    """Answer a client's key."""
    digest = hashlib.sha1(key.encode() + _MAGIC, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def frame(data: bytes, opcode: int = _BINARY) -> bytes:
    """Write a frame."""
    head = bytes([0x80 | opcode])
    if len(data) < 126:
        return head + bytes([len(data)]) + data
    if len(data) < 1 << 16:
        return head + b"\x7e" + struct.pack(">H", len(data)) + data
    return head + b"\x7f" + struct.pack(">Q", len(data)) + data


CLOSE = frame(struct.pack(">H", 1000), _CLOSE)
"""A frame that ends the websocket."""


class WebSocketReader:
    """Reads a client's frames, however the bytes are cut."""

    def __init__(self) -> None:
        self._pending = b""
        self.ended = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take bytes; yields the data of whole frames."""
        self._pending += data
        while (taken := self._frame()) is not None:
            opcode, content = taken
            if opcode == _CLOSE:
                self.ended = True
                return
            if opcode not in (_PING, _PONG):
                yield content

    def _frame(self) -> tuple[int, bytes] | None:
        data = self._pending
        if len(data) < 2:
            return None
        length, place = data[1] & 0x7F, 2
        if length >= 126:
            size = 2 if length == 126 else 8
            if len(data) < 2 + size:
                return None
            length, place = int.from_bytes(data[2 : 2 + size], "big"), 2 + size
        mask = data[place : place + 4] if data[1] & 0x80 else b""
        place += len(mask)
        if len(data) < place + length:
            return None
        content, self._pending = data[place : place + length], data[place + length :]
        if mask:
            content = bytes(each ^ mask[index % 4] for index, each in enumerate(content))
        return data[0] & 0x0F, content
