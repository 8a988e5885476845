"""One request and its answer, on a channel of its own; in steps, as `channel` has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from moorage.contract import Options, Request
from moorage.errors import EngineError, InvalidAnswer, StreamInterrupted
from moorage.transport import failures, http1
from moorage.transport.channel import Channel, Clock, Steps
from moorage.transport.dialer import Dialer
from moorage.transport.wire import Headers

__all__ = ["Exchange"]

_TLS_ALERT = b"\x15\x03"
_REMEMBERED = 64


class Exchange:
    """A request that is sent piece by piece, and an answer that is read so.

    Args:
        dialer: makes the connection.
        request: what is asked of the engine.
        options: how long to wait.
        connect: the seconds that the connection may take.
    """

    head: http1.Head
    body: http1.Body
    written = b""
    """The last bytes that were written."""

    def __init__(
        self,
        dialer: Dialer,
        request: Request[Any],
        options: Options,
        connect: float | None,
    ) -> None:
        self._dialer = dialer
        self._host = dialer.host
        self._request = request
        self._operation = request.operation
        self._clock = Clock(request.operation, connect, options.idle_timeout, options.total_timeout)
        self._channel: Channel | None = None
        self._parser = http1.HeadParser()
        self._rest = b""
        self._chunked = False
        self._answered = False
        self._unsent: OSError | None = None

    @property
    def received(self) -> int:
        """The bytes of the answer's body that have come."""
        return self._clock.received

    @property
    def closed(self) -> bool:
        """Whether there is no connection."""
        return self._channel is None or self._channel.closed

    @property
    def handed_over(self) -> bool:
        """Whether the connection is the process' own, so that it takes input."""
        return self.body.open

    def remaining(self, seconds: float) -> float:
        """Return how long a pause may be that is to be so long.

        Raises:
            TimedOut: the total timeout is over.
        """
        return self._clock.seconds(seconds) or 0

    def begin(self, target: str, headers: Mapping[str, str], length: int | None) -> Steps[None]:
        """Connect, and send the request's head.

        Args:
            target: what stands in its first line.
            headers: all but those that frame the content.
            length: the bytes of the content; None if there is content of unknown length.

        Raises:
            ConnectionFailed: the engine can't be reached.
        """
        # Before the connection: what is refused here needs none.
        head = self._head(target, headers, length)
        try:
            self._channel = yield from self._dialer.dial(self._clock)
        except OSError as error:
            raise failures.unreachable(self._operation, self._host, error) from error
        yield from self._send(head)

    def _head(self, target: str, headers: Mapping[str, str], length: int | None) -> http1.Hidden:
        framing = {}
        self._chunked = length is None
        if self._chunked:
            framing["Transfer-Encoding"] = "chunked"
        elif length or self._request.method in ("POST", "PUT"):
            framing["Content-Length"] = str(length)
        framed = Headers(headers, **framing)
        return http1.request_head(self._request.method, self._host.prefix + target, framed)

    def send(self, data: bytes | memoryview) -> Steps[bool]:
        """Send content; tells whether more is wanted, because no answer refuses it yet."""
        if not data:
            return True
        if self._chunked:
            data = b"".join((b"%x\r\n" % len(data), data, b"\r\n"))
        sent = yield from self._send(data)
        return sent and not (yield from self._refused())

    def _refused(self) -> Steps[bool]:
        while not self._answered and self._channel is not None and self._channel.kept:
            if not self._take_head((yield from self._receive())):
                return True
        return self._answered and self.head.status >= 300

    def answer(self, *, complete: bool) -> Steps[None]:
        """Wait for the answer's head; the content is complete, or an answer came before it was.

        Raises:
            ConnectionFailed: the connection was lost before it came.
            InvalidAnswer: what came is no answer.
        """
        if self._chunked and complete:
            yield from self._send(b"0\r\n\r\n")
        while not self._answered:
            data = yield from self._receive()
            if not self._take_head(data):
                if self._unsent is not None:
                    raise failures.lost(self._operation, self._host, self._unsent)
                raise failures.no_answer(self._operation, self._host, begun=self._parser.begun)

    def _take_head(self, data: bytes) -> bool:
        """Tell whether the answer has not ended before its head has."""
        try:
            found = self._parser.feed(data)
            if found is not None:
                self.head, rest = found
                if self.head.status == http1.SWITCHED and self._request.upgrade is None:
                    raise InvalidAnswer("the engine upgrades a connection that was not to be")
                self.body = http1.body(self.head)
                if self._channel is not None:
                    # Whoever talks with a process waits for its answers.
                    self._channel.paced = not self.body.open
                self._answered = True
                self._rest = self._unframed(rest)
        except InvalidAnswer as error:
            tls = data.startswith(_TLS_ALERT)
            raise failures.no_http(self._operation, self._host, error, tls=tls) from None
        return bool(data)

    def read(self) -> Steps[bytes]:
        """Wait for the body's next bytes; b"" is its end.

        Raises:
            StreamInterrupted: the connection was cut before the body's end.
        """
        while True:
            if self._rest:
                data, self._rest = self._rest, b""
                return data
            if self.body.ended:
                return b""
            data = yield from self._receive()
            if data:
                self._rest = self._unframed(data)
            elif self.body.open:
                return b""
            else:
                raise self._cut("the connection ended in the middle of the answer")

    def write(self, data: bytes) -> Steps[None]:
        """Send bytes on a connection that was handed over.

        Raises:
            StreamInterrupted: the connection was cut.
        """
        with self._cutting():
            yield from self._handed_over().send(data)
        self.written = (self.written + data[-_REMEMBERED:])[-_REMEMBERED:]

    def drain(self) -> bytes:
        """Return what has come of the body and was not read."""
        kept = b"" if self._channel is None else self._channel.drain()
        data, self._rest = self._rest + self._unframed(kept), b""
        return data

    def write_eof(self) -> Steps[None]:
        """Say that no more will be written.

        Raises:
            StreamInterrupted: the connection was cut.
        """
        with self._cutting():
            yield from self._handed_over().send_eof()

    def close(self) -> None:
        """Close the connection at once."""
        if self._channel is not None:
            self._channel.close()

    def _handed_over(self) -> Channel:
        if self._channel is None or self._channel.closed:
            raise EngineError(f"{self._operation}: the connection is closed")
        if not self.body.open:
            raise EngineError(
                f"{self._operation}: the engine did not hand the connection over "
                f"({self.head.status}): its output can be read, its input not written"
            )
        return self._channel

    def _unframed(self, data: bytes) -> bytes:
        try:
            data = self.body.feed(data)
        except InvalidAnswer as error:
            raise self._cut(str(error)) from None
        self._clock.received += len(data)
        return data

    def _send(self, data: bytes | memoryview) -> Steps[bool]:
        assert self._channel is not None  # noqa: S101
        try:
            yield from self._channel.send(data)
        except OSError as error:
            # Who answers and hangs up does not read on: the answer says why.
            self._unsent = error
            return False
        return True

    def _receive(self) -> Steps[bytes]:
        assert self._channel is not None  # noqa: S101
        if self._answered:
            with self._cutting():
                return (yield from self._channel.receive())
        try:
            return (yield from self._channel.receive())
        except OSError as error:
            raise failures.lost(self._operation, self._host, error) from error

    @contextmanager
    def _cutting(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if self.closed:
                raise EngineError(f"{self._operation}: the connection is closed") from None
            raise self._cut(f"the connection was cut ({error})") from error

    def _cut(self, what: str) -> StreamInterrupted:
        return StreamInterrupted(f"{self._operation}: {self._host}: {what}", self.received)
