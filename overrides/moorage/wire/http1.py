"""HTTP/1.1 without I/O: heads, and framed bodies.

A hijacked connection is requested by `Connection: Upgrade`; an engine answers 101, and HTTP ends
after the head. Engines behind a proxy that drops the header answer 200 instead: the output that
follows is the same, and ends with the connection (RFC 9112, section 6.3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Protocol

from moorage.errors import EngineError, InvalidAnswer

__all__ = [
    "SWITCHED",
    "Body",
    "Chunked",
    "Head",
    "HeadParser",
    "Hidden",
    "Length",
    "UntilEnd",
    "body",
    "header_lines",
    "request_head",
]

SWITCHED = 101
"""The status of a response that hands the connection over."""

_NO_BODY = (204, 304)
_LONGEST_HEAD = 1 << 18
_LONGEST_LINE = 4096
_SENDABLE = re.compile(r"[\t -~]*")
_TARGET = re.compile(r"[!-~]*")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_STATUS = re.compile(r"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: ([^\r\n]*))?\Z")
_SIZE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]*)?\Z")
_LONGEST_LENGTH = 18
_START = b"HTTP/"
# The first line of a short chunk: up to three digits, and the line's end.
_SHORT = 5


class Hidden(bytes):
    """Bytes that may hold a secret, hidden by their repr, which a traceback may show."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


def header_lines(headers: Mapping[str, str]) -> Hidden:
    """Write headers, each on a line of its own.

    Raises:
        EngineError: A header has characters that HTTP can't carry; the message does not repeat it.
    """
    if not all(map(_SENDABLE.fullmatch, (*headers, *headers.values()))):
        raise EngineError("a header has characters HTTP can't carry")
    return Hidden("".join(f"{name}: {headers[name]}\r\n" for name in headers).encode("ascii"))


def request_head(method: str, target: str, headers: bytes) -> Hidden:
    """Write the head of a request.

    Args:
        method: The HTTP method.
        target: The path and query.
        headers: The lines of `header_lines`.

    Raises:
        EngineError: The target has characters that HTTP can't carry.
    """
    if not _TARGET.fullmatch(target):
        raise EngineError("the path has characters HTTP can't carry")
    return Hidden(b"%s %s HTTP/1.1\r\n%s\r\n" % (method.encode(), target.encode(), headers))


class Head:
    """Status and headers of a response.

    Attributes:
        status: The status code.
        reason: The reason phrase.
        headers: The headers, their names in lower case.
        keeps: Whether the connection may carry another request after this response.
    """

    __slots__ = ("headers", "keeps", "reason", "status")

    def __init__(
        self, status: int, reason: str, headers: Mapping[str, str], *, keeps: bool
    ) -> None:
        self.status: int = status
        self.reason: str = reason
        self.headers: Mapping[str, str] = headers
        self.keeps: bool = keeps


class HeadParser:
    """Parses the head of a response, however the bytes are cut; skips informational responses."""

    def __init__(self) -> None:
        self._pending = b""

    @property
    def begun(self) -> bool:
        """Whether any byte was received."""
        return bool(self._pending)

    def feed(self, data: bytes) -> tuple[Head, bytes] | None:
        """Parse bytes, and return the complete head and the bytes after it, or None.

        Raises:
            InvalidAnswer: The bytes are not HTTP.
        """
        if self._pending:
            data = self._pending + data
        while True:
            if not data.startswith(_START[: len(data)]):
                self._pending = data
                raise InvalidAnswer(f"{_printable(data)} came instead of HTTP")
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._pending = data
                if len(data) > _LONGEST_HEAD:
                    raise InvalidAnswer("the response's head has no end")
                return None
            head = _head(data[:end].decode("latin-1"))
            data = data[end + 4 :]
            # 100 and 103 announce the response; 101 is one.
            if head.status >= 200 or head.status == SWITCHED:
                return head, data
            self._pending = data


def _head(text: str) -> Head:
    first, *lines = text.split("\r\n")
    status = _STATUS.match(first)
    if status is None:
        raise InvalidAnswer("the response has no HTTP status")
    headers: dict[str, str] = {}
    for line in lines:
        name, value = _SEEN.get(line) or _header(line)
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    # Before HTTP/1.1, and where the engine says so, a connection ends with its response.
    keeps = status[1] == "1" and "close" not in headers.get("connection", "").lower()
    return Head(int(status[2]), status[3] or "", headers, keeps=keeps)


# Cache of parsed header lines: an engine repeats most of them in each response.
_SEEN: dict[str, tuple[str, str]] = {}
_MOST_SEEN, _LONGEST_SEEN = 200, 200


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not _NAME.fullmatch(name):
        raise InvalidAnswer("the response has a malformed header")
    header = name.lower(), value.strip(" \t")
    if len(_SEEN) < _MOST_SEEN and len(line) <= _LONGEST_SEEN:
        _SEEN[line] = header
    return header


def _printable(data: bytes) -> str:
    line = data[:60].splitlines()[0] if data[:60].splitlines() else data[:60]
    return ascii(line.decode("ascii", "replace").replace("\ufffd", "?"))


class Body(Protocol):
    """Extracts a body from the bytes that carry it."""

    ended: bool
    """Whether the whole body was received."""
    excess: bool
    """Whether bytes followed the body's end."""
    open: bool
    """Whether only the connection's end ends the body."""

    def feed(self, data: bytes) -> bytes:
        """Parse bytes, and return those of the body.

        Raises:
            InvalidAnswer: The bytes can't carry a body.
        """
        raise NotImplementedError


def body(head: Head, method: str) -> Body:
    """Make the parser for the body of a response to a request.

    Raises:
        InvalidAnswer: The head does not define the body's length reliably.
    """
    if head.status == SWITCHED:
        return UntilEnd()
    if head.status in _NO_BODY or method == "HEAD":
        return Length(0)
    coding, length = head.headers.get("transfer-encoding"), head.headers.get("content-length")
    if coding is not None:
        # With a length beside it, two readers may find different ends.
        if coding.lower() != "chunked" or length is not None:
            raise InvalidAnswer(f"the response has the Transfer-Encoding {coding[:40]!r}")
        return Chunked()
    if length is None:
        return UntilEnd()
    if not (length.isascii() and length.isdigit() and len(length) <= _LONGEST_LENGTH):
        raise InvalidAnswer("the response has a malformed Content-Length")
    return Length(int(length))


class UntilEnd:
    """A body that the end of the connection ends."""

    ended: bool = False
    excess: bool = False
    open = True

    def feed(self, data: bytes) -> bytes:
        """Return the bytes: they are the body."""
        return data


class Length:
    """A body of a length given by its head."""

    open = False

    def __init__(self, length: int) -> None:
        self._left = length
        self.ended: bool = not length
        self.excess: bool = False

    def feed(self, data: bytes) -> bytes:
        """Return the bytes that are the body's."""
        left = self._left
        if len(data) > left:
            self.excess = True
            data = data[:left]
        self._left = left - len(data)
        self.ended = not self._left
        return data


class Chunked:
    """A body in chunks, each preceded by its length in hexadecimal digits."""

    open = False

    def __init__(self) -> None:
        self.ended: bool = False
        self.excess: bool = False
        self._line = b""
        # Bytes still due of the current chunk, and whether the end of its line is due.
        self._left = 0
        self._end_due = False
        self._trailer = False
        # Whether the chunks are short, without line ends inside.
        self._lines = True

    def feed(self, data: bytes) -> bytes:
        """Parse bytes, and return those of the body.

        Raises:
            InvalidAnswer: The chunk is malformed.
        """
        if self._line:
            data, self._line = self._line + data, b""
        parts: list[bytes] = []
        position, end, together = 0, len(data), self._lines
        find, add = data.find, parts.append
        while position < end:
            if self._left or self._end_due or self._trailer:
                if self.ended:
                    self.excess = True
                    break
                step = self._continue(data, position, parts)
                if not step:
                    self._keep(data[position:])
                    break
                position += step
                continue
            if together:
                position = self._take_together(data, position, parts)
                together = False
                continue
            stop = find(b"\r\n", position)
            if stop < 0:
                self._keep(data[position:])
                break
            length = _length(data[position:stop])
            position = stop + 2
            stop = position + length
            if length and data[stop : stop + 2] == b"\r\n":
                add(data[position:stop])
                position = stop + 2
            else:
                self._left, self._trailer = length, not length
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _take_together(self, data: bytes, position: int, parts: list[bytes]) -> int:
        """Parse complete short chunks, and return where they end.

        An engine sends every log line in its own chunk: a loop over them is slow.
        """
        if data.find(b"\r\n", position, position + _SHORT) < 0:
            return position
        pieces = data[position:].split(b"\r\n")
        chunks = pieces[1:-1:2]
        lengths = map(_lengths().get, pieces[: 2 * len(chunks) : 2])
        if list(lengths) != list(map(len, chunks)):
            self._lines = False
            return position
        parts += chunks
        return len(data) - len(b"\r\n".join(pieces[2 * len(chunks) :]))

    def _continue(self, data: bytes, position: int, parts: list[bytes]) -> int:
        """Continue the current chunk; returns the number of consumed bytes."""
        if self._left:
            piece = data[position : position + self._left]
            parts.append(piece)
            self._left -= len(piece)
            self._end_due = True
            return len(piece)
        if self._end_due:
            line_end = data[position : position + 2]
            if not b"\r\n".startswith(line_end):
                raise _no_chunk()
            self._end_due = len(line_end) < 2
            return 0 if self._end_due else 2
        stop = data.find(b"\r\n", position)
        self.ended = stop == position
        return 0 if stop < 0 else stop + 2 - position

    def _keep(self, line: bytes) -> None:
        if len(line) > _LONGEST_LINE:
            raise _no_chunk()
        self._line = line


@cache
def _lengths() -> dict[bytes, int]:
    """Return the lengths of chunks of up to four kilobytes, by their text."""
    return {b"%x" % length: length for length in range(1, 1 << 12)}


def _length(line: bytes) -> int:
    size = _SIZE.match(line)
    if size is None:
        raise _no_chunk()
    return int(size[1], 16)


def _no_chunk() -> InvalidAnswer:
    return InvalidAnswer("the response's body has a malformed chunk")
