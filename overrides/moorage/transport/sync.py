"""The synchronous transport: sends requests, and hands the answers to the core.

Ordinary calls go through httpx, which keeps connections for the next call. A stream, and what is
uploaded, has a connection of its own.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any, TypeVar

import httpx

from moorage.answer import Answer
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
from moorage.timeouts import CONNECT_TIMEOUT
from moorage.transport import forks, wire
from moorage.transport.content import opened
from moorage.transport.dialer import Dialer
from moorage.transport.exchange import Exchange
from moorage.transport.failures import StaleConnection, lost, translated
from moorage.transport.hooks import EventHooks, headers_after, shown_answer, shown_request
from moorage.transport.log import Logged
from moorage.transport.thread_pool import ThreadPool
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
        event_hooks: httpx's: what to call with each request ("request") and answer ("response").
    """

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
        self._dialer = Dialer(host, ThreadLock)
        self._client = self._new_client()
        forks.follow(self)

    def _new_client(self) -> httpx.Client:
        return httpx.Client(
            transport=ThreadPool(self._dialer),
            event_hooks=self._hooks,
            **wire.client_arguments(self.host),
        )

    def close(self) -> None:
        """Close every connection, those of open streams too."""
        self._client.close()
        run(self._dialer.close())

    def after_fork(self) -> None:
        """Begin anew in a process that was forked: the connections are its parent's."""
        self._dialer.abandon()
        if not self._client.is_closed:
            self._client = self._new_client()

    def json(self, request: Request[T], options: Options = NO_OPTIONS) -> T:
        """Send the request; the answer is one JSON document."""
        return wire.read_json(request, self.answer(request, options))

    def nothing(self, request: Request[Any], options: Options = NO_OPTIONS) -> None:
        """Send the request; the answer says nothing."""
        if request.content is None:
            wire.read_nothing(request, self.answer(request, options))
        else:
            self.whole(request, options)

    def text(self, request: Request[Any], options: Options = NO_OPTIONS) -> str:
        """Send the request; the answer is plain text."""
        return wire.read_text(request, self.answer(request, options))

    def headers(self, request: Request[Any], options: Options = NO_OPTIONS) -> dict[str, str]:
        """Send the request; the answer stands in its headers."""
        return wire.read_headers(request, self.answer(request, options))

    def path_stat(self, request: Request[Any], options: Options = NO_OPTIONS) -> PathStat:
        """Send the request; the answer is what a header tells of a file."""
        return PathStat.from_headers(self.headers(request, options))

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

    def whole(self, request: Request[Any], options: Options = NO_OPTIONS) -> Answer:
        """Send the request, and what is uploaded with it; the answer is good."""
        if request.content is None:
            answer = self.answer(request, options)
            wire.check(request, answer)
            return answer
        with closing(self.open(request, options)) as exchange:
            head, body = exchange.head, _rest(exchange)
        return Answer(head.status, httpx.Headers(head.headers), body, head.reason)

    def answer(self, request: Request[Any], options: Options = NO_OPTIONS) -> Answer:
        """Send the request and read the answer, whatever its status is.

        A connection that the engine had closed is replaced once, unless the engine may have done
        what was asked.
        """
        with Logged(request.operation) as logged:
            try:
                answer = self._answer(request, options)
            except StaleConnection as stale:
                if stale.sent and request.method not in wire.SAFE:
                    raise lost(request.operation, self.host, stale) from stale
                answer = self._answer_anew(request, options)
            logged.status = answer.status
        return answer

    def _answer_anew(self, request: Request[Any], options: Options) -> Answer:
        try:
            return self._answer(request, options)
        except StaleConnection as stale:
            raise lost(request.operation, self.host, stale) from stale

    def _answer(self, request: Request[Any], options: Options) -> Answer:
        with translated(request.operation, self.host):
            built = self._client.build_request(
                request.method,
                wire.target(request, self.version),
                headers=wire.headers(request, self.host),
                content=wire.content_json(request),
                timeout=httpx.Timeout(options.silence(self.timeout), connect=self.connect_timeout),
            )
            response = self._client.send(built, stream=True)
        with closing(response), translated(request.operation, self.host, response):
            body = response.read()
        return Answer(response.status_code, response.headers, body, response.reason_phrase)

    def open(self, request: Request[Any], options: Options = NO_OPTIONS) -> Exchange:
        """Send the request on a connection of its own, up to the answer's body.

        Raises:
            EngineError: the engine can't be reached, or refuses.
        """
        if self._client.is_closed:
            raise EngineError(f"{request.operation}: this engine was closed")
        exchange = Exchange(self._dialer, request, options, self.connect_timeout)
        with Logged(request.operation) as logged:
            try:
                self._ask(exchange, request, options)
                head = exchange.head
                logged.status = head.status
                body = _rest(exchange) if head.status >= 300 else b""
                wire.check(request, Answer(head.status, head.headers, body, head.reason))
            except BaseException:
                exchange.close()
                raise
        return exchange

    def _ask(self, exchange: Exchange, request: Request[Any], options: Options) -> None:
        json = wire.content_json(request)
        target, headers = wire.target(request, self.version), wire.headers(request, self.host)
        shown = None
        if self._hooks:
            shown = shown_request(request.method, self.host.base_url + target, headers)
            for hook in self._hooks.get("request", ()):
                hook(shown)
            headers = headers_after(shown)
        with opened(request.content if json is None else json) as content:
            pieces = content.pieces()
            run(exchange.begin(target, headers, content.length))
            complete, sent = True, 0
            for piece in pieces:
                complete = run(exchange.send(piece))
                if not complete:
                    break
                sent += len(piece)
                if options.progress is not None:
                    options.progress(sent)
            run(exchange.answer(complete=complete))
        if shown is not None:
            for hook in self._hooks.get("response", ()):
                hook(shown_answer(shown, exchange.head))


def _rest(exchange: Exchange) -> bytes:
    parts = []
    while data := run(exchange.read()):
        parts.append(data)
    return b"".join(parts)
