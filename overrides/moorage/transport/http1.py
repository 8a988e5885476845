"""HTTP/1.1 without I/O, for connections that a stream has for itself: heads, and framed bodies.

A hijacked connection is asked for by `Connection: Upgrade`; an engine answers 101, and HTTP ends
after the head. Old engines, and engines behind a proxy that drops the header, answer 200 instead:
what follows is the same where the head frames no body (RFC 9112, section 6.3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

from attrs import frozen

from moorage.errors import EngineError, InvalidAnswer

__all__ = [
    "Body",
    "Chunked",
    "Head",
    "HeadParser",
    "Hidden",
    "Length",
    "UntilEnd",
    "body",
    "request_head",
    "sendable",
]

SWITCHED = 101
_LONGEST_HEAD = 1 << 18
_LONGEST_LINE = 4096
_SENDABLE = re.compile(r"[\t -~]*")
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])(?: ([^\r\n]*))?\Z")
_SIZE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]*)?\Z")
_START = b"HTTP/"


class Hidden(bytes):
    """Bytes that may hold a secret, which the locals in a traceback don't show."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


def request_head(method: str, target: str, headers: Mapping[str, str]) -> Hidden:
    """Write a request's line and headers.

    Raises:
        EngineError: a header or the target would end its line; the message does not repeat it.
    """
    if " " in target or not (_SENDABLE.fullmatch(target) and sendable(headers)):
        raise EngineError("a header or the path has characters HTTP can't carry")
    lines = (f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"{method} {target} HTTP/1.1\r\n{''.join(lines)}\r\n"
    return Hidden(head.encode("ascii"))


def sendable(headers: Mapping[str, str]) -> bool:
    """Tell whether HTTP can carry the headers: nothing in them ends a line."""
    return all(map(_SENDABLE.fullmatch, (*headers, *headers.values())))


@frozen
class Head:
    """An answer's status and headers; the headers' names are in small letters."""

    status: int
    reason: str
    headers: Mapping[str, str]


class HeadParser:
    """Parses the head of an answer, however the bytes are cut; skips those that go before it."""

    def __init__(self) -> None:
        self._pending = bytearray()

    @property
    def begun(self) -> bool:
        """Whether any byte has come."""
        return bool(self._pending)

    def feed(self, data: bytes) -> tuple[Head, bytes] | None:
        """Take bytes; returns the head when it is complete, and the bytes after it.

        Raises:
            InvalidAnswer: what comes is not HTTP.
        """
        self._pending += data
        while True:
            if not self._pending.startswith(_START[: len(self._pending)]):
                raise InvalidAnswer("what came is not HTTP")
            text, end, rest = self._pending.partition(b"\r\n\r\n")
            if not end:
                if len(self._pending) > _LONGEST_HEAD:
                    raise InvalidAnswer("the answer's head has no end")
                return None
            head = _head(bytes(text))
            self._pending = rest
            # 100 and 103 announce the answer; 101 is one.
            if head.status >= 200 or head.status == SWITCHED:
                return head, bytes(rest)


def _head(text: bytes) -> Head:
    first, *lines = text.split(b"\r\n")
    status = _STATUS.match(first)
    if status is None:
        raise InvalidAnswer("the answer has no HTTP status")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not name or name != name.strip():
            raise InvalidAnswer("the answer has a malformed header")
        key, value = name.lower(), value.strip()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return Head(int(status[1]), (status[2] or b"").decode("latin-1"), headers)


class Body(Protocol):
    """Takes a body out of the bytes that carry it."""

    ended: bool
    """Whether all of the body has come."""
    open: bool
    """Whether nothing but the connection's end ends it, so that HTTP says no more on it."""

    def feed(self, data: bytes) -> bytes:
        """Take bytes; returns those of the body.

        Raises:
            InvalidAnswer: these bytes can't carry a body.
        """
        raise NotImplementedError


def body(head: Head) -> Body:
    """Tell how the body of an answer is framed."""
    if head.status == SWITCHED:
        return UntilEnd()
    if head.status in (204, 304):
        return Length(0)
    if "chunked" in head.headers.get("transfer-encoding", "").lower():
        return Chunked()
    length = head.headers.get("content-length")
    if length is None:
        return UntilEnd()
    if not (length.isascii() and length.isdigit()):
        raise InvalidAnswer("the answer has a malformed Content-Length")
    return Length(int(length))


class UntilEnd:
    """A body that the end of the connection ends."""

    ended = False
    open = True

    def feed(self, data: bytes) -> bytes:
        """Return the bytes: they are the body."""
        return data


class Length:
    """A body whose length its head tells."""

    open = False

    def __init__(self, length: int) -> None:
        self._left = length
        self.ended = not length

    def feed(self, data: bytes) -> bytes:
        """Return the bytes that are the body's."""
        data = data[: self._left]
        self._left -= len(data)
        self.ended = not self._left
        return data


class Chunked:
    """A body in chunks, each after its length in hexadecimal digits."""

    open = False

    def __init__(self) -> None:
        self.ended = False
        self._line = b""
        # Of the chunk that has begun: what is to come of it, and whether its line's end is.
        self._left = 0
        self._end_due = False
        self._trailer = False
        # Whether the chunks are short, and have no line's end within.
        self._lines = True

    def feed(self, data: bytes) -> bytes:
        """Take bytes; returns those of the body.

        Raises:
            InvalidAnswer: what comes is not a chunk.
        """
        if self._line:
            data, self._line = self._line + data, b""
        parts: list[bytes] = []
        position, end, together = 0, len(data), self._lines
        find, add = data.find, parts.append
        while position < end:
            if self._left or self._end_due or self._trailer:
                if self.ended:
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
        """Take the short chunks that are whole, and return where they end.

        An engine sends every line of a log in a chunk of its own: a loop over them is slow.
        """
        pieces = data[position:].split(b"\r\n")
        chunks = pieces[1:-1:2]
        lengths = map(_LENGTHS.get, pieces[: 2 * len(chunks) : 2])
        if list(lengths) != list(map(len, chunks)):
            self._lines = False
            return position
        parts += chunks
        return len(data) - len(b"\r\n".join(pieces[2 * len(chunks) :]))

    def _continue(self, data: bytes, position: int, parts: list[bytes]) -> int:
        """Go on with what a chunk's length has begun; returns how many bytes that took."""
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


# What the lines of chunks with a length of up to four kilobytes are.
_LENGTHS = {b"%x" % length: length for length in range(1, 1 << 12)}


def _length(line: bytes) -> int:
    size = _SIZE.match(line)
    if size is None:
        raise _no_chunk()
    return int(size[1], 16)


def _no_chunk() -> InvalidAnswer:
    return InvalidAnswer("what came is not a chunk of the answer's body")
