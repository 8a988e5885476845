"""One request and its response on a connection, piece by piece; in steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from moorage.errors import EngineError, InvalidAnswer, StreamClosed, StreamInterrupted
from moorage.host.address import Host
from moorage.response import Response
from moorage.transport.channel import Channel
from moorage.transport.steps import Steps
from moorage.wire import failures, http1
from moorage.wire.message import Message

__all__ = ["Exchange"]

_REMEMBERED = 64


class Exchange:
    """A request and a response, sent and read piece by piece.

    Args:
        channel: The connection.
        host: The engine's address.
        message: The request.

    Attributes:
        head: The head of the response, once received.
        body: The parser for its body.
        written: The last bytes written to an upgraded connection.
    """

    head: http1.Head
    body: http1.Body
    written: bytes = b""

    def __init__(self, channel: Channel, host: Host, message: Message) -> None:
        self.channel = channel
        self._host = host
        self._operation = message.operation
        self._method = message.method
        self._upgrade = message.upgrade
        self._parser = http1.HeadParser()
        self._rest = b""
        self._chunked = False
        self._answered = False
        self._sent = False
        self._unsent: OSError | None = None

    @property
    def received(self) -> int:
        """The number of bytes of the body received so far."""
        return self.channel.clock.received

    @property
    def closed(self) -> bool:
        """Whether the connection is closed."""
        return self.channel.closed

    @property
    def handed_over(self) -> bool:
        """Whether the connection was upgraded, so that it takes input."""
        return self.head.status == http1.SWITCHED

    @property
    def reusable(self) -> bool:
        """Whether the response ended cleanly, without further bytes on the connection."""
        return (
            self.head.keeps
            and self.body.ended
            and not self.body.excess
            and not self.channel.kept
            and not self.channel.closed
            and self._unsent is None
        )

    def limit(self) -> float | None:
        """Return the seconds that a request in between may take; None waits.

        Raises:
            TimedOut: The total timeout expired.
        """
        clock = self.channel.clock
        return None if clock.total is None and clock.idle is None else clock.seconds(clock.idle)

    def remaining(self, seconds: float) -> float:
        """Return the seconds of a pause, limited by the total timeout.

        Raises:
            TimedOut: The total timeout expired.
        """
        return self.channel.clock.seconds(seconds) or 0

    def begin(self, head: bytes, *, chunked: bool = False) -> Steps[None]:
        """Send the head of the request, perhaps with all of its content.

        Args:
            head: The bytes to send.
            chunked: Whether content of unknown length follows, in chunks.
        """
        self._chunked = chunked
        yield from self._send(head)

    def send(self, data: bytes | bytearray | memoryview) -> Steps[bool]:
        """Send content; returns whether to send more: no response has come yet."""
        if not data:
            return True
        if self._chunked:
            data = b"".join((b"%x\r\n" % len(data), data, b"\r\n"))
        sent = yield from self._send(data)
        return sent and not (yield from self._refused())

    def _refused(self) -> Steps[bool]:
        while not self._answered and self.channel.look():
            if not self._take_head((yield from self._receive())):
                return True
        return self._answered and self.head.status >= 300

    def answer(self, *, complete: bool = True) -> Steps[None]:
        """Wait for the head of the response.

        Args:
            complete: Whether the content was sent to its end.

        Raises:
            ConnectionFailed: The connection was lost before the head.
            InvalidAnswer: The response is not HTTP.
            StaleConnection: The connection was reused, and closed before the first byte.
        """
        if self._chunked and complete:
            yield from self._send(b"0\r\n\r\n")
        while not self._answered:
            data = yield from self._receive()
            if self._take_head(data):
                continue
            error = self._unsent
            if self.channel.used and not self._parser.begun:
                raise failures.StaleConnection(sent=self._sent) from error
            if error is not None:
                raise failures.lost(self._operation, self._host, error)
            raise failures.no_answer(self._operation, self._host, begun=self._parser.begun)
        self.channel.used = True

    def _take_head(self, data: bytes) -> bool:
        """Parse bytes of the head; returns False if the connection has ended instead."""
        try:
            found = self._parser.feed(data)
            if found is not None:
                self.head, rest = found
                if self.head.status == http1.SWITCHED and self._upgrade is None:
                    raise InvalidAnswer(
                        "the engine upgraded the connection without a request to do so"
                    )
                self.body = http1.body(self.head, self._method)
                self._answered = True
                self._rest = self._unframed(rest)
        except InvalidAnswer as error:
            raise failures.no_http(self._operation, self._host, error, data) from None
        return bool(data)

    def read(self) -> Steps[bytes]:
        """Wait for the body's next bytes; b"" is its end.

        Raises:
            StreamInterrupted: The connection was cut before the body's end.
        """
        while True:
            if self._rest:
                data, self._rest = self._rest, b""
                return data
            if self.body.ended:
                return b""
            came = yield from self._receive()
            if came:
                self._rest = self._unframed(came)
            elif self.body.open:
                return b""
            else:
                raise self._cut("the connection ended in the middle of the response")

    def read_all(self) -> Steps[Response]:
        """Wait for the whole response; an error's body is read only in part.

        Raises:
            StreamInterrupted: The connection was cut before the body's end.
        """
        head = self.head
        data, self._rest = self._rest, b""
        if not self.body.ended:
            parts, length = [data], len(data)
            while head.status < 300 or length < failures.ERROR_BODY:
                piece = yield from self.read()
                if not piece:
                    break
                parts.append(piece)
                length += len(piece)
            data = b"".join(parts)
        return Response(head.status, head.headers, data, head.reason)

    def write(self, data: bytes) -> Steps[None]:
        """Send bytes on an upgraded connection.

        Raises:
            StreamInterrupted: The connection was cut.
            EngineError: The connection was not upgraded, or is closed.
        """
        with self._cutting():
            yield from self._handed_over().send(data)
        self.written = (self.written + data[-_REMEMBERED:])[-_REMEMBERED:]

    def write_eof(self) -> Steps[None]:
        """Close the sending side.

        Raises:
            StreamInterrupted: The connection was cut.
            EngineError: The connection was not upgraded, or is closed.
        """
        with self._cutting():
            yield from self._handed_over().send_eof()

    def drain(self) -> bytes:
        """Return the buffered bytes of the body."""
        data, self._rest = self._rest + self._unframed(self.channel.drain()), b""
        return data

    def close(self) -> None:
        """Close the connection at once."""
        self.channel.close()

    def _handed_over(self) -> Channel:
        if self.channel.closed:
            raise StreamClosed(f"{self._operation}: the connection is closed")
        if not self.handed_over:
            raise EngineError(
                f"{self._operation}: the connection was not upgraded (status {self.head.status}, "
                "not 101), so it takes no input; does a proxy before the engine drop the header "
                "Upgrade?"
            )
        return self.channel

    def _unframed(self, data: bytes) -> bytes:
        try:
            data = self.body.feed(data)
        except InvalidAnswer as error:
            raise self._cut(str(error)) from None
        self.channel.clock.received += len(data)
        return data

    def _send(self, data: bytes | bytearray | memoryview) -> Steps[bool]:
        try:
            yield from self.channel.send(data)
        except OSError as error:
            # The engine may answer and close early; its response says why.
            self._unsent = error
            return False
        self._sent = True
        return True

    def _receive(self) -> Steps[bytes]:
        if self._answered:
            with self._cutting():
                return (yield from self.channel.receive())
        try:
            return (yield from self.channel.receive(due=True))
        except OSError as error:
            if self.channel.used and not self._parser.begun and not self.channel.closed:
                raise failures.StaleConnection(sent=self._sent) from error
            raise failures.lost(self._operation, self._host, self._unsent or error) from error

    @contextmanager
    def _cutting(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if self.closed:
                raise StreamClosed(f"{self._operation}: the connection is closed") from None
            raise self._cut(f"the connection was cut ({error})") from error

    def _cut(self, what: str) -> StreamInterrupted:
        return StreamInterrupted(f"{self._operation}: {self._host}: {what}", self.received)
