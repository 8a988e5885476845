"""One connection of a client: reads requests and writes responses."""

from __future__ import annotations

import contextlib
import fcntl
import select
import socket
import termios
import time
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, unquote

from attrs import define, field

from moorage.wire.http1 import Chunked

__all__ = ["Connection", "Cut", "RequestHead"]

_PIECE = 1 << 16
_LONGEST_HEAD = 1 << 20
_A_MOMENT = 0.1


class Cut(Exception):
    """The connection is over: the client hung up, or a script cuts it."""


@define
class RequestHead:
    """Request line and headers."""

    method: str
    target: str = field(repr=False)
    """Path and query as received."""
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str] = field(repr=False)
    """Headers by lower-case name."""

    @classmethod
    def parse(cls, text: str) -> RequestHead:
        """Read the lines of a head.

        Raises:
            Cut: It is not HTTP.
        """
        first, *lines = text.split("\r\n")
        parts = first.split(" ")
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise Cut
        path, _, query = parts[1].partition("?")
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        pairs = parse_qsl(query, keep_blank_values=True)
        return cls(parts[0], parts[1], unquote(path), pairs, headers)


class Connection:
    """A socket with the bytes that were read ahead.

    Attributes:
        allowance: Bytes of responses that may still be written before a script cuts the
            connection; None is no limit.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._pending = b""
        self.allowance: int | None = None

    def read_head(self) -> RequestHead | None:
        """Read the next request's head; None where the client is done.

        Raises:
            Cut: The client hung up within a head.
        """
        while b"\r\n\r\n" not in self._pending:
            piece = self._receive()
            if not piece or len(self._pending) > _LONGEST_HEAD:
                if self._pending:
                    raise Cut
                return None
            self._pending += piece
        head, _, self._pending = self._pending.partition(b"\r\n\r\n")
        return RequestHead.parse(head.decode("latin-1"))

    def body(self, head: RequestHead) -> Iterator[bytes]:
        """Yield a request's body, piece by piece.

        Raises:
            Cut: The client hung up within it.
        """
        if "100-continue" in head.headers.get("expect", "").lower():
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" in head.headers.get("transfer-encoding", "").lower():
            parser = Chunked()
            data, self._pending = self._pending, b""
            while True:
                if piece := parser.feed(data):
                    yield piece
                if parser.ended:
                    return
                data = self._some()
        left = int(head.headers.get("content-length") or 0)
        while left:
            data = self._pending or self._some()
            piece, self._pending = data[:left], data[left:]
            left -= len(piece)
            yield piece

    def read(self) -> bytes:
        """Read from a hijacked connection; b"" after the client's last byte."""
        data, self._pending = self._pending, b""
        return data or self._receive()

    def write(self, data: bytes, *, chunk: bool = False) -> None:
        """Write bytes of a response's body.

        Args:
            data: The bytes.
            chunk: Frame them as a chunk.

        Raises:
            Cut: The client hung up, or a script cuts the connection here.
        """
        cut = self.allowance is not None and len(data) > self.allowance
        before = b"%x\r\n" % len(data) if chunk else b""
        if self.allowance is not None:
            data = data[: self.allowance]
            self.allowance -= len(data)
        after = b"\r\n" if chunk and not cut else b""
        try:
            self._socket.sendall(before + data + after)
        except OSError:
            raise Cut from None
        if cut:
            raise Cut

    def write_head(self, status: int, reason: str, headers: Mapping[str, str]) -> None:
        """Write a response's head; no allowance counts it."""
        lines = [f"HTTP/1.1 {status} {reason}", *(f"{k}: {v}" for k, v in headers.items())]
        try:
            self._socket.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        except OSError:
            raise Cut from None

    def let_read(self) -> None:
        """Wait a moment until the client has read the bytes sent.

        docker-py loses output that comes in one piece with the head of a hijacked connection; a
        real engine takes a while to start a process.
        """
        deadline = time.monotonic() + _A_MOMENT
        while time.monotonic() < deadline:
            unread = bytearray(4)
            try:
                fcntl.ioctl(self._socket, termios.TIOCOUTQ, unread)
            except (OSError, ValueError):  # ValueError once this side has closed it
                return
            if not any(unread):
                return
            time.sleep(0.001)

    def is_gone(self) -> bool:
        """Return whether the client hung up, as far as that shows without reading."""
        try:
            if not select.select([self._socket], [], [], 0)[0]:
                return False
            return not self._socket.recv(1, socket.MSG_PEEK)
        except (OSError, ValueError):
            return True

    def half_close(self) -> None:
        """Say that no more output comes."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close it, and wake its waiting threads."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(_PIECE)
        except OSError:
            raise Cut from None

    def _some(self) -> bytes:
        data = self._receive()
        if not data:
            raise Cut
        return data
