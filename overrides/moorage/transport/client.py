"""httpx clients on moorage's connections, for endpoints outside the specifications."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from moorage.errors import ConnectionFailed, EngineError, InvalidAnswer, StreamInterrupted, TimedOut
from moorage.transport import tasks, threads
from moorage.transport.asynchronous import AsyncTransport
from moorage.transport.clock import Clock
from moorage.transport.exchange import Exchange
from moorage.transport.pool import Pool
from moorage.transport.steps import Steps
from moorage.transport.sync import Transport
from moorage.wire.message import Headers, Message

__all__ = ["async_client", "client"]

_FRAMING = ("content-length", "transfer-encoding")


def client(transport: Transport) -> httpx.Client:
    """Make a client that sends its requests through the transport."""
    return httpx.Client(transport=_Transport(transport.pool), **_arguments(transport.pool))


def async_client(transport: AsyncTransport) -> httpx.AsyncClient:
    """Make a client that sends its requests through the transport, awaited."""
    return httpx.AsyncClient(
        transport=_AsyncTransport(transport.pool), **_arguments(transport.pool)
    )


def _arguments(pool: Pool) -> dict[str, Any]:
    return {
        "base_url": pool.host.base_url,
        "headers": dict(pool.headers),
        "event_hooks": pool.event_hooks,
        "timeout": httpx.Timeout(pool.timeout, connect=pool.connect_timeout),
        "trust_env": False,
    }


class _Transport(httpx.BaseTransport):
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with _translated(request):
            exchange = threads.run(_sent(self._pool, request, _content(request, iter)))
        return _response(exchange, _Body(self._pool, exchange, request))


class _Body(httpx.SyncByteStream):
    def __init__(self, pool: Pool, exchange: Exchange, request: httpx.Request) -> None:
        self._pool = pool
        self._exchange = exchange
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        with _translated(self._request):
            while data := threads.run(self._exchange.read()):
                yield data

    def close(self) -> None:
        self._pool.give_back(self._exchange)


class _AsyncTransport(httpx.AsyncBaseTransport):
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with _translated(request):
            exchange = await tasks.run(_sent(self._pool, request, _content(request, aiter)))
        return _response(exchange, _AsyncBody(self._pool, exchange, request))


class _AsyncBody(httpx.AsyncByteStream):
    def __init__(self, pool: Pool, exchange: Exchange, request: httpx.Request) -> None:
        self._pool = pool
        self._exchange = exchange
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _translated(self._request):
            while data := await tasks.run(self._exchange.read()):
                yield data

    async def aclose(self) -> None:
        self._pool.give_back(self._exchange)


def _content(request: httpx.Request, chunks: Callable[[Any], Any]) -> Any:
    """Return the content to send: bytes if known, else chunks."""
    try:
        return request.content or None
    except httpx.RequestNotRead:
        return chunks(request.stream)


def _sent(pool: Pool, request: httpx.Request, content: Any) -> Steps[Exchange]:
    """Send a request, up to the head of its response."""
    timeout = request.extensions.get("timeout", {})
    operation = request.extensions.get("operation", f"{request.method} {request.url.path}")
    headers = {name: each for name, each in request.headers.items() if name not in _FRAMING}
    target = request.url.raw_path.decode("ascii")
    if _origin(request.url) != _origin(httpx.URL(pool.host.base_url)):
        raise EngineError(f"{operation}: this client sends requests to {pool.host} only")
    sent = Message(
        operation,
        request.method,
        target.removeprefix(pool.host.prefix),
        Headers(headers),
        content=content,
    )
    # httpx's connect timeout, and its read timeout as the idle one.
    clock = Clock(operation, timeout.get("connect"), idle=timeout.get("read"))
    return (yield from pool.start(sent, clock))


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _response(exchange: Exchange, body: _Body | _AsyncBody) -> httpx.Response:
    head = exchange.head
    return httpx.Response(
        head.status,
        headers=dict(head.headers),
        stream=body,
        extensions={"http_version": b"HTTP/1.1", "reason_phrase": head.reason.encode("latin-1")},
    )


@contextmanager
def _translated(request: httpx.Request) -> Iterator[None]:
    """Raise httpx's errors instead of moorage's, as users of httpx expect."""
    try:
        yield
    except TimedOut as error:
        kind = httpx.ConnectTimeout if "connect timeout" in str(error) else httpx.ReadTimeout
        raise kind(str(error), request=request) from error
    except StreamInterrupted as error:
        raise httpx.RemoteProtocolError(str(error), request=request) from error
    except ConnectionFailed as error:
        raise httpx.ConnectError(str(error), request=request) from error
    except InvalidAnswer as error:
        raise httpx.RemoteProtocolError(str(error), request=request) from error
    except EngineError as error:
        raise httpx.LocalProtocolError(str(error), request=request) from error
