"""The asynchronous transport: as `sync`, awaited; for asyncio and trio, through httpx's anyio."""

from __future__ import annotations

from contextlib import aclosing, closing
from typing import Any, TypeVar

import httpx

from moorage.answer import Answer
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
from moorage.timeouts import CONNECT_TIMEOUT
from moorage.transport import forks, wire
from moorage.transport.content import opened
from moorage.transport.dialer import Dialer
from moorage.transport.exchange import Exchange
from moorage.transport.failures import StaleConnection, lost, translated
from moorage.transport.hooks import EventHooks, headers_after, shown_answer, shown_request
from moorage.transport.log import Logged
from moorage.transport.task_pool import TaskPool
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
        event_hooks: EventHooks | None = None,
    ) -> None:
        self.host = host
        self.version = version
        self.timeout = timeout
        self.connect_timeout = connect_timeout
        self._hooks = dict(event_hooks or {})
        self._dialer = Dialer(host, TaskLock)
        self._client = self._new_client()
        forks.follow(self)

    def _new_client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=TaskPool(self._dialer),
            event_hooks=self._hooks,
            **wire.client_arguments(self.host),
        )

    async def aclose(self) -> None:
        """Close every connection, those of open streams too."""
        await self._client.aclose()
        await run(self._dialer.close())

    def after_fork(self) -> None:
        """Begin anew in a process that was forked: the connections are its parent's."""
        self._dialer.abandon()
        if not self._client.is_closed:
            self._client = self._new_client()

    async def json(self, request: Request[T], options: Options = NO_OPTIONS) -> T:
        """Send the request; the answer is one JSON document."""
        return wire.read_json(request, await self.answer(request, options))

    async def nothing(self, request: Request[Any], options: Options = NO_OPTIONS) -> None:
        """Send the request; the answer says nothing."""
        if request.content is None:
            wire.read_nothing(request, await self.answer(request, options))
        else:
            await self.whole(request, options)

    async def text(self, request: Request[Any], options: Options = NO_OPTIONS) -> str:
        """Send the request; the answer is plain text."""
        return wire.read_text(request, await self.answer(request, options))

    async def headers(self, request: Request[Any], options: Options = NO_OPTIONS) -> dict[str, str]:
        """Send the request; the answer stands in its headers."""
        return wire.read_headers(request, await self.answer(request, options))

    async def path_stat(self, request: Request[Any], options: Options = NO_OPTIONS) -> PathStat:
        """Send the request; the answer is what a header tells of a file."""
        return PathStat.from_headers(
            wire.read_headers(request, await self.answer(request, options))
        )

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

    async def whole(self, request: Request[Any], options: Options = NO_OPTIONS) -> Answer:
        """Send the request, and what is uploaded with it; the answer is good."""
        if request.content is None:
            answer = await self.answer(request, options)
            wire.check(request, answer)
            return answer
        with closing(await self.open(request, options)) as exchange:
            head, body = exchange.head, await _rest(exchange)
        return Answer(head.status, httpx.Headers(head.headers), body, head.reason)

    async def answer(self, request: Request[Any], options: Options = NO_OPTIONS) -> Answer:
        """Send the request and read the answer, whatever its status is.

        A connection that the engine had closed is replaced once, unless the engine may have done
        what was asked.
        """
        with Logged(request.operation) as logged:
            try:
                answer = await self._answer(request, options)
            except StaleConnection as stale:
                if stale.sent and request.method not in wire.SAFE:
                    raise lost(request.operation, self.host, stale) from stale
                answer = await self._answer_anew(request, options)
            logged.status = answer.status
        return answer

    async def _answer_anew(self, request: Request[Any], options: Options) -> Answer:
        try:
            return await self._answer(request, options)
        except StaleConnection as stale:
            raise lost(request.operation, self.host, stale) from stale

    async def _answer(self, request: Request[Any], options: Options) -> Answer:
        with translated(request.operation, self.host):
            built = self._client.build_request(
                request.method,
                wire.target(request, self.version),
                headers=wire.headers(request, self.host),
                content=wire.content_json(request),
                timeout=httpx.Timeout(options.silence(self.timeout), connect=self.connect_timeout),
            )
            response = await self._client.send(built, stream=True)
        async with aclosing(response):
            with translated(request.operation, self.host, response):
                body = await response.aread()
        return Answer(response.status_code, response.headers, body, response.reason_phrase)

    async def open(self, request: Request[Any], options: Options = NO_OPTIONS) -> Exchange:
        """Send the request on a connection of its own, up to the answer's body.

        Raises:
            EngineError: the engine can't be reached, or refuses.
        """
        if self._client.is_closed:
            raise EngineError(f"{request.operation}: this engine was closed")
        exchange = Exchange(self._dialer, request, options, self.connect_timeout)
        with Logged(request.operation) as logged:
            try:
                await self._ask(exchange, request, options)
                head = exchange.head
                logged.status = head.status
                body = await _rest(exchange) if head.status >= 300 else b""
                wire.check(request, Answer(head.status, head.headers, body, head.reason))
            except BaseException:
                exchange.close()
                raise
        return exchange

    async def _ask(self, exchange: Exchange, request: Request[Any], options: Options) -> None:
        json = wire.content_json(request)
        target, headers = wire.target(request, self.version), wire.headers(request, self.host)
        shown = None
        if self._hooks:
            shown = shown_request(request.method, self.host.base_url + target, headers)
            for hook in self._hooks.get("request", ()):
                await hook(shown)
            headers = headers_after(shown)
        with opened(request.content if json is None else json) as content:
            await run(exchange.begin(target, headers, content.length))
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
        if shown is not None:
            for hook in self._hooks.get("response", ()):
                await hook(shown_answer(shown, exchange.head))


async def _rest(exchange: Exchange) -> bytes:
    parts = []
    while data := await run(exchange.read()):
        parts.append(data)
    return b"".join(parts)
