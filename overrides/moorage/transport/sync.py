"""The synchronous transport: sends requests, and hands the answers to the core.

Ordinary calls go through httpx, which keeps connections for the next call. A stream, and what is
uploaded, has a connection of its own.
"""

from __future__ import annotations

import socket
from contextlib import closing
from typing import Any, TypeVar
from weakref import WeakSet

import httpx

from moorage.contract import NO_OPTIONS, Options, Request
from moorage.errors import EngineError
from moorage.host import Host
from moorage.path_stat import PathStat
from moorage.streams.download import Download
from moorage.streams.events import Events
from moorage.streams.frames import Frames
from moorage.streams.json_stream import JsonStream
from moorage.streams.session import Session
from moorage.streams.websocket import WebSocket
from moorage.transport import wire
from moorage.transport.channel import CONNECT_TIMEOUT, Address
from moorage.transport.content import opened
from moorage.transport.exchange import Exchange
from moorage.transport.failures import translated, unreachable
from moorage.transport.threads import ThreadLock, run

__all__ = ["Transport"]

T = TypeVar("T")


class Transport:
    """Connections to one engine, with one method for each kind of operation.

    Args:
        host: where the engine listens.
        version: the API version that every path begins with; None leaves it to the engine.
        timeout: the seconds an ordinary answer may keep silent; None waits.
        connect_timeout: the seconds that a connection may take; None waits.
    """

    def __init__(
        self,
        host: Host,
        version: str | None = None,
        timeout: float | None = None,
        connect_timeout: float | None = CONNECT_TIMEOUT,
    ) -> None:
        self.host = host
        self.version = version
        self.timeout = timeout
        self.connect_timeout = connect_timeout
        self._client = httpx.Client(
            transport=httpx.HTTPTransport(**wire.transport_arguments(host)),
            **wire.client_arguments(host),
        )
        self._exchanges: WeakSet[Exchange] = WeakSet()

    def close(self) -> None:
        """Close every connection, those of open streams too."""
        self._client.close()
        for each in tuple(self._exchanges):
            each.close()

    def json(self, request: Request[T]) -> T:
        """Send the request; the answer is one JSON document."""
        return wire.read_json(request, self.answer(request))

    def nothing(self, request: Request[Any], options: Options = NO_OPTIONS) -> None:
        """Send the request; the answer says nothing. The options are for what is uploaded."""
        if request.content is None:
            wire.read_nothing(request, self.answer(request))
        else:
            with closing(self.open(request, options)) as exchange:
                _rest(exchange)

    def text(self, request: Request[Any]) -> str:
        """Send the request; the answer is plain text."""
        return wire.read_text(request, self.answer(request))

    def headers(self, request: Request[Any]) -> dict[str, str]:
        """Send the request; the answer stands in its headers."""
        return wire.read_headers(request, self.answer(request))

    def path_stat(self, request: Request[Any]) -> PathStat:
        """Send the request; the answer is what a header tells of a file."""
        return PathStat.from_headers(wire.read_headers(request, self.answer(request)))

    def frames(self, request: Request[Any], options: Options = NO_OPTIONS) -> Frames:
        """Prepare the stream; it is opened when it is entered or iterated."""
        return Frames(self, request, options)

    def json_stream(self, request: Request[T], options: Options = NO_OPTIONS) -> JsonStream[T]:
        """Prepare the stream; it is opened when it is entered or iterated."""
        return JsonStream(self, request, options)

    def events(self, request: Request[T], options: Options = NO_OPTIONS) -> Events[T]:
        """Prepare the stream; it is opened when it is entered or iterated."""
        return Events(self, request, options)

    def download(self, request: Request[Any], options: Options = NO_OPTIONS) -> Download:
        """Prepare the stream; it is opened when it is entered or iterated."""
        return Download(self, request, options)

    def hijack(self, request: Request[Any], options: Options = NO_OPTIONS) -> Session:
        """Prepare the connection; it is opened when it is entered or iterated."""
        return Session(self, request, options)

    def websocket(self, request: Request[Any], options: Options = NO_OPTIONS) -> WebSocket:
        """Prepare the connection; it is opened when it is entered or iterated."""
        return WebSocket(self, request, options)

    def answer(self, request: Request[Any], limit: float | None = None) -> wire.Answer:
        """Send the request and read the answer, whatever its status is."""
        seconds = self.timeout if limit is None else limit
        with translated(request.operation, self.host):
            built = self._client.build_request(
                request.method,
                wire.target(request, self.version),
                headers=wire.headers(request, self.host),
                content=wire.content_json(request),
                timeout=httpx.Timeout(seconds, connect=self.connect_timeout),
            )
            response = self._client.send(built, stream=True)
        with closing(response), translated(request.operation, self.host, response):
            body = response.read()
        return wire.Answer(response.status_code, response.headers, body, response.reason_phrase)

    def open(self, request: Request[Any], options: Options = NO_OPTIONS) -> Exchange:
        """Send the request on a connection of its own, up to the answer's body.

        Raises:
            EngineError: the engine can't be reached, or refuses.
        """
        if self._client.is_closed:
            raise EngineError(f"{request.operation}: this engine was closed")
        exchange = Exchange(self.host, request, options, self.connect_timeout, ThreadLock)
        self._exchanges.add(exchange)
        try:
            self._ask(exchange, request, options)
            head = exchange.head
            body = _rest(exchange) if head.status >= 300 else b""
            wire.check(request, wire.Answer(head.status, head.headers, body, head.reason))
        except BaseException:
            exchange.close()
            raise
        return exchange

    def _ask(self, exchange: Exchange, request: Request[Any], options: Options) -> None:
        json = wire.content_json(request)
        with opened(request.content if json is None else json) as content:
            pieces = content.pieces()
            run(exchange.begin(self._addresses(request), self.version, content.length))
            complete, sent = True, 0
            for piece in pieces:
                complete = run(exchange.send(piece))
                if not complete:
                    break
                sent += len(piece)
                if options.progress is not None:
                    options.progress(sent)
            run(exchange.answer(complete=complete))

    def _addresses(self, request: Request[Any]) -> list[Address]:
        host = self.host
        if host.socket is not None:
            return [(socket.AF_UNIX, host.socket)]
        try:
            found = socket.getaddrinfo(host.address, host.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise unreachable(request.operation, host, error) from error
        return [(family, address) for family, _, _, _, address in found]


def _rest(exchange: Exchange) -> bytes:
    parts = []
    while data := run(exchange.read()):
        parts.append(data)
    return b"".join(parts)
