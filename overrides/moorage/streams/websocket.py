"""A process' input and output in a websocket (RFC 6455); `websockets` speaks it, without I/O."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from attrs import evolve

from moorage.contract import Options, Request
from moorage.errors import EngineError, InvalidAnswer, StreamInterrupted
from moorage.streams.base import AsyncSource, Parser, Source
from moorage.streams.frames import AsyncFrames, Frame, Frames
from moorage.transport import threads

if TYPE_CHECKING:
    from moorage.transport.asynchronous import AsyncTransport
    from moorage.transport.exchange import Exchange
    from moorage.transport.http1 import Head
    from moorage.transport.sync import Transport

__all__ = ["AsyncWebSocket", "WebSocket"]


class _Conversation:
    """What is said in the websocket; a parser of what the engine says."""

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
        # The answer's head is read before the websocket's own parser has anything to do.
        self._protocol = Protocol(Side.CLIENT, state=State.OPEN, max_size=None)
        self._ended = False

    def headers(self) -> dict[str, str]:
        """Return the headers that ask for the websocket."""
        asked = dict(self._handshake.connect().headers.raw_items())
        return {name: value for name, value in asked.items() if name.startswith("Sec-")}

    def begin(self, head: Head) -> None:
        """Check the engine's answer.

        Raises:
            InvalidAnswer: it agrees to no websocket, or to another.
        """
        from websockets.datastructures import Headers  # type: ignore[import-not-found, unused-ignore]
        from websockets.exceptions import InvalidHandshake  # type: ignore[import-not-found, unused-ignore]
        from websockets.http11 import Response  # type: ignore[import-not-found, unused-ignore]

        try:
            self._handshake.process_response(
                Response(head.status, head.reason, Headers(head.headers))
            )
        except InvalidHandshake as error:
            raise InvalidAnswer(f"{self._operation}: no websocket came ({error})") from error

    def say(self, data: bytes) -> bytes:
        """Make what is sent for bytes of input; with what is to be answered meanwhile."""
        self._protocol.send_binary(data)
        return b"".join(self._protocol.data_to_send())

    def feed(self, data: bytes) -> Iterable[Frame]:
        """Take bytes; returns the output in them. A websocket does not tell stderr from stdout."""
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
        """Raise what is wrong with the bytes after the last frame."""
        error = self._protocol.parser_exc
        if error is not None:
            raise InvalidAnswer(f"{self._operation}: what came is no websocket's ({error})")

    def close(self) -> Iterable[Frame]:
        """Say that the bytes have ended; the engine must have said so before.

        Raises:
            StreamInterrupted: it has not.
        """
        if not self._ended:
            raise StreamInterrupted(f"{self._operation}: the connection was cut")
        return ()


class _Source(Source[Frame]):
    def __init__(self, transport: Transport, request: Request[Any], options: Options) -> None:
        self.conversation = _Conversation(request.operation)
        super().__init__(transport, _asking(request, self.conversation), options)

    def make_parser(self, exchange: Exchange) -> Parser[Frame]:
        self.conversation.begin(exchange.head)
        return self.conversation


class WebSocket(Frames):
    """A process' input and output; a context manager that closes it, an iterator over `Frame`s.

    All output is stdout: a websocket does not tell it from stderr.

    Raises:
        EngineError: the package `websockets` is missing.
    """

    _source_type: type[_Source] = _Source  # pyright: ignore[reportIncompatibleVariableOverride]
    _source: _Source

    def write(self, data: bytes) -> None:
        """Send bytes to the process' stdin; opens the connection.

        Raises:
            StreamInterrupted: the connection was cut, or the process has ended.
            EngineError: the connection is closed.
            TimedOut: a timeout that was asked for is over.
        """
        exchange = self._source.open()
        threads.run(exchange.write(self._source.conversation.say(data)))


class _AsyncSource(AsyncSource[Frame]):
    def __init__(self, transport: AsyncTransport, request: Request[Any], options: Options) -> None:
        self.conversation = _Conversation(request.operation)
        super().__init__(transport, _asking(request, self.conversation), options)

    async def make_parser(self, exchange: Exchange) -> Parser[Frame]:
        self.conversation.begin(exchange.head)
        return self.conversation


class AsyncWebSocket(AsyncFrames):
    """As `WebSocket`, an asynchronous context manager and iterator."""

    _source_type: type[_AsyncSource] = _AsyncSource  # pyright: ignore[reportIncompatibleVariableOverride]
    _source: _AsyncSource

    async def write(self, data: bytes) -> None:
        """Send bytes to the process' stdin, as `WebSocket.write` does."""
        from moorage.transport import tasks

        exchange = await self._source.open()
        await tasks.run(exchange.write(self._source.conversation.say(data)))


def _asking(request: Request[Any], conversation: _Conversation) -> Request[Any]:
    return evolve(
        request, upgrade="websocket", headers={**request.headers, **conversation.headers()}
    )
