"""The asynchronous transport: as `sync`, awaited; for asyncio and trio, through httpx's anyio."""

from __future__ import annotations

import socket
from contextlib import aclosing, closing
from typing import Any, TypeVar
from weakref import WeakSet

import anyio
import httpx

from moorage.contract import NO_OPTIONS, Options, Request
from moorage.errors import EngineError
from moorage.host import Host
from moorage.path_stat import PathStat
from moorage.streams.download import AsyncDownload
from moorage.streams.events import AsyncEvents
from moorage.streams.frames import AsyncFrames
from moorage.streams.json_stream import AsyncJsonStream
from moorage.streams.session import AsyncSession
from moorage.streams.websocket import AsyncWebSocket
from moorage.transport import wire
from moorage.transport.channel import CONNECT_TIMEOUT, Address
from moorage.transport.content import opened
from moorage.transport.exchange import Exchange
from moorage.transport.failures import translated, unreachable
from moorage.transport.tasks import TaskLock, run

__all__ = ["AsyncTransport"]

T = TypeVar("T")


class AsyncTransport:
    """As `moorage.transport.sync.Transport`; streams are not awaited, but entered or iterated."""

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
        self._client = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(**wire.transport_arguments(host)),
            **wire.client_arguments(host),
        )
        self._exchanges: WeakSet[Exchange] = WeakSet()

    async def aclose(self) -> None:
        """Close every connection, those of open streams too."""
        await self._client.aclose()
        for each in tuple(self._exchanges):
            each.close()

    async def json(self, request: Request[T]) -> T:
        """Send the request; the answer is one JSON document."""
        return wire.read_json(request, await self.answer(request))

    async def nothing(self, request: Request[Any], options: Options = NO_OPTIONS) -> None:
        """Send the request; the answer says nothing. The options are for what is uploaded."""
        if request.content is None:
            wire.read_nothing(request, await self.answer(request))
        else:
            with closing(await self.open(request, options)) as exchange:
                await _rest(exchange)

    async def text(self, request: Request[Any]) -> str:
        """Send the request; the answer is plain text."""
        return wire.read_text(request, await self.answer(request))

    async def headers(self, request: Request[Any]) -> dict[str, str]:
        """Send the request; the answer stands in its headers."""
        return wire.read_headers(request, await self.answer(request))

    async def path_stat(self, request: Request[Any]) -> PathStat:
        """Send the request; the answer is what a header tells of a file."""
        return PathStat.from_headers(wire.read_headers(request, await self.answer(request)))

    def frames(self, request: Request[Any], options: Options = NO_OPTIONS) -> AsyncFrames:
        """Prepare the stream; it is opened when it is entered or iterated."""
        return AsyncFrames(self, request, options)

    def json_stream(self, request: Request[T], options: Options = NO_OPTIONS) -> AsyncJsonStream[T]:
        """Prepare the stream; it is opened when it is entered or iterated."""
        return AsyncJsonStream(self, request, options)

    def events(self, request: Request[T], options: Options = NO_OPTIONS) -> AsyncEvents[T]:
        """Prepare the stream; it is opened when it is entered or iterated."""
        return AsyncEvents(self, request, options)

    def download(self, request: Request[Any], options: Options = NO_OPTIONS) -> AsyncDownload:
        """Prepare the stream; it is opened when it is entered or iterated."""
        return AsyncDownload(self, request, options)

    def hijack(self, request: Request[Any], options: Options = NO_OPTIONS) -> AsyncSession:
        """Prepare the connection; it is opened when it is entered or iterated."""
        return AsyncSession(self, request, options)

    def websocket(self, request: Request[Any], options: Options = NO_OPTIONS) -> AsyncWebSocket:
        """Prepare the connection; it is opened when it is entered or iterated."""
        return AsyncWebSocket(self, request, options)

    async def answer(self, request: Request[Any], limit: float | None = None) -> wire.Answer:
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
            response = await self._client.send(built, stream=True)
        async with aclosing(response):
            with translated(request.operation, self.host, response):
                body = await response.aread()
        return wire.Answer(response.status_code, response.headers, body, response.reason_phrase)

    async def open(self, request: Request[Any], options: Options = NO_OPTIONS) -> Exchange:
        """Send the request on a connection of its own, up to the answer's body.

        Raises:
            EngineError: the engine can't be reached, or refuses.
        """
        if self._client.is_closed:
            raise EngineError(f"{request.operation}: this engine was closed")
        exchange = Exchange(self.host, request, options, self.connect_timeout, TaskLock)
        self._exchanges.add(exchange)
        try:
            await self._ask(exchange, request, options)
            head = exchange.head
            body = await _rest(exchange) if head.status >= 300 else b""
            wire.check(request, wire.Answer(head.status, head.headers, body, head.reason))
        except BaseException:
            exchange.close()
            raise
        return exchange

    async def _ask(self, exchange: Exchange, request: Request[Any], options: Options) -> None:
        json = wire.content_json(request)
        with opened(request.content if json is None else json) as content:
            addresses = await self._addresses(request)
            await run(exchange.begin(addresses, self.version, content.length))
            complete, sent = True, 0
            async with aclosing(content.pieces_async()) as pieces:
                async for piece in pieces:
                    complete = await run(exchange.send(piece))
                    if not complete:
                        break
                    sent += len(piece)
                    if options.progress is not None:
                        options.progress(sent)
            await run(exchange.answer(complete=complete))

    async def _addresses(self, request: Request[Any]) -> list[Address]:
        host = self.host
        if host.socket is not None:
            return [(socket.AF_UNIX, host.socket)]
        try:
            found = await anyio.getaddrinfo(host.address, host.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise unreachable(request.operation, host, error) from error
        return [(family, address) for family, _, _, _, address in found]


async def _rest(exchange: Exchange) -> bytes:
    parts = []
    while data := await run(exchange.read()):
        parts.append(data)
    return b"".join(parts)
