"""A process' input and output in a websocket (RFC 6455); `websockets` speaks it, without I/O."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moorage.errors import EngineError, InvalidAnswer, StreamInterrupted
from moorage.request import Options, Request
from moorage.streams.base import Parser, Source
from moorage.streams.frames import AsyncFrames, Frame, Frames
from moorage.transport.exchange import Exchange
from moorage.transport.pool import Pool
from moorage.transport.steps import Steps
from moorage.transport.threads import run
from moorage.wire.http1 import Head

__all__ = ["AsyncWebSocket", "WebSocket", "WebSocketSource"]


class _Conversation:
    """The websocket's protocol, and the parser of its output."""

    def __init__(self, operation: str) -> None:
        try:
            from websockets.client import ClientProtocol  # type: ignore[import-not-found, unused-ignore]
            from websockets.protocol import Protocol, Side, State  # type: ignore[import-not-found, unused-ignore]
            from websockets.uri import parse_uri  # type: ignore[import-not-found, unused-ignore]
        except ImportError:
            raise EngineError(
                f"{operation}: a websocket needs the package websockets: "
                "pip install 'websockets>=13'"
            ) from None
        self._operation = operation
        self._handshake = ClientProtocol(parse_uri("ws://localhost/"))
        # The response's head is parsed before the websocket's own parser starts.
        self._protocol = Protocol(Side.CLIENT, state=State.OPEN, max_size=None)
        self._ended = False

    def headers(self) -> dict[str, str]:
        """Return the headers that request the websocket."""
        asked = dict(self._handshake.connect().headers.raw_items())
        return {name: value for name, value in asked.items() if name.startswith("Sec-")}

    def begin(self, head: Head) -> None:
        """Check the engine's response.

        Raises:
            InvalidAnswer: The response does not accept this websocket.
        """
        from websockets.datastructures import Headers  # type: ignore[import-not-found, unused-ignore]
        from websockets.exceptions import InvalidHandshake  # type: ignore[import-not-found, unused-ignore]
        from websockets.http11 import Response  # type: ignore[import-not-found, unused-ignore]

        try:
            self._handshake.process_response(
                Response(head.status, head.reason, Headers(head.headers))
            )
        except InvalidHandshake as error:
            raise InvalidAnswer(
                f"{self._operation}: the engine did not open a websocket ({error})"
            ) from error

    def say(self, data: bytes) -> bytes:
        """Encode bytes of input, with pending protocol replies."""
        self._protocol.send_binary(data)
        return b"".join(self._protocol.data_to_send())

    def feed(self, data: bytes) -> Iterable[Frame]:
        """Parse bytes, and return their output; a websocket does not separate stderr."""
        from websockets.frames import Frame as Piece  # type: ignore[import-not-found, unused-ignore]
        from websockets.frames import Opcode  # type: ignore[import-not-found, unused-ignore]

        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Piece) and event.opcode in (
                Opcode.TEXT,
                Opcode.BINARY,
                Opcode.CONT,
            ):
                yield Frame("stdout", bytes(event.data))
            elif isinstance(event, Piece) and event.opcode is Opcode.CLOSE:
                self._ended = True

    def check(self) -> None:
        """Raise the error of the bytes after the last frame."""
        error = self._protocol.parser_exc
        if error is not None:
            raise InvalidAnswer(f"{self._operation}: the response is not a websocket's ({error})")

    def close(self) -> Iterable[Frame]:
        """End the input; the engine must have closed the websocket before.

        Raises:
            StreamInterrupted: The websocket was not closed.
        """
        if not self._ended:
            raise StreamInterrupted(f"{self._operation}: the connection was cut")
        return ()


class WebSocketSource(Source[Frame]):
    """Source of a websocket's frames, and sink of its input; in steps."""

    def __init__(self, pool: Pool, request: Request[Any], options: Options) -> None:
        self._conversation = _Conversation(request.operation)
        headers = {**request.headers, **self._conversation.headers()}
        super().__init__(pool, request.changed(headers=headers, upgrade="websocket"), options)

    def make_parser(self, exchange: Exchange) -> Parser[Frame]:
        """Make the parser: the accepted websocket."""
        self._conversation.begin(exchange.head)
        return self._conversation

    def write(self, data: bytes) -> Steps[None]:
        """Send bytes to the process' stdin."""
        exchange = yield from self.open()
        yield from exchange.write(self._conversation.say(data))


class WebSocket(Frames):
    """A process' input and output; a context manager that closes it, an iterator over `Frame`s.

    All output is stdout: a websocket does not separate stderr.

    Raises:
        EngineError: The package `websockets` is missing.
    """

    _source_type: type[WebSocketSource] = WebSocketSource  # pyright: ignore[reportIncompatibleVariableOverride]
    _source: WebSocketSource

    def write(self, data: bytes) -> None:
        """Send bytes to the process' stdin; opens the connection.

        Raises:
            StreamInterrupted: The connection was cut, or the process has ended.
            EngineError: The connection is closed.
            TimedOut: A timeout expired.
        """
        run(self._source.write(data))


class AsyncWebSocket(AsyncFrames):
    """Asynchronous form of `WebSocket`, an asynchronous context manager and iterator."""

    _source_type: type[WebSocketSource] = WebSocketSource  # pyright: ignore[reportIncompatibleVariableOverride]
    _source: WebSocketSource

    async def write(self, data: bytes) -> None:
        """Send bytes to the process' stdin, as `WebSocket.write` does."""
        from moorage.transport import tasks

        await tasks.run(self._source.write(data))
