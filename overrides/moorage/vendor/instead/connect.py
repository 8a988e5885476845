"""Open an engine, always at one version of the API: a copy has no other."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Generator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from moorage.host.find import find_host
from moorage.host.quoting import veiled
from moorage.host.tls import TLS
from moorage.namespace import not_opened
from moorage.timeouts import CONNECT_TIMEOUT
from moorage.transport.headers import given_error
from moorage.transport.hooks import EventHooks
from moorage.transport.sync import Transport
from moorage.wire.message import Headers
from moorage_api.newest import AsyncEngine, Engine

__all__ = ["Connecting", "connect", "connect_async"]


def connect(
    *,
    host: str | None = None,
    context: str | None = None,
    tls: ssl.SSLContext | TLS | None = None,
    timeout: float | None = None,
    connect_timeout: float | None = CONNECT_TIMEOUT,
    event_hooks: EventHooks | None = None,
    headers: Mapping[str, str] | None = None,
) -> Engine:
    """Open an engine; a context manager that closes it.

    Args:
        host: Address: unix:///path, tcp://address:port, https://address:port, ssh://user@address or
            fd://number. Defaults to DOCKER_HOST, else DOCKER_CONTEXT or the docker CLI's current
            context, else the first socket found.
        context: The name of a context of the docker CLI, instead of a host.
        tls: TLS for a tcp:// host, instead of DOCKER_TLS_VERIFY or the context's: a `TLS` with the
            paths of files, or an `ssl.SSLContext`.
        timeout: Seconds that a whole ordinary call may take; defaults to no limit. Streams have
            timeouts of their own. A call's own `timeout=` overrides it; `math.inf` waits.
        connect_timeout: Seconds that connecting may take, TLS and ssh included; None waits.
        event_hooks: Hooks of httpx, e.g. for tracing: `{"request": [...], "response": [...]}`,
            functions to call with each `httpx.Request` and `httpx.Response`, those of streams too.
        headers: Headers to send with every request, e.g. for a proxy before the engine. A
            User-Agent is sent before moorage's own name.

    Returns:
        The engine. It has not connected yet: connection errors, and an engine without this API
            version, appear at the first call.

    Raises:
        TypeError: Both a host and a context are given.
        ValueError: The host is malformed, there is no such context, or the TLS material can't be
            used.
    """
    if (error := given_error(headers)) is not None:
        del headers  # a traceback may show them
        raise error
    headers = Headers(headers or {})
    host = None if host is None else veiled(host)
    found = find_host(host, tls, context)
    return Engine(
        Transport(found, Engine.api_version, timeout, connect_timeout, event_hooks, headers)
    )


def connect_async(
    *,
    host: str | None = None,
    context: str | None = None,
    tls: ssl.SSLContext | TLS | None = None,
    timeout: float | None = None,
    connect_timeout: float | None = CONNECT_TIMEOUT,
    event_hooks: EventHooks | None = None,
    headers: Mapping[str, str] | None = None,
) -> Connecting:
    """Open an engine whose operations are awaited.

    Arguments and errors are those of `connect`.

    Returns:
        An object to enter, `async with connect_async() as engine`, or to await, `engine = await
        connect_async()`; errors appear then.
    """
    # Imported here: synchronous programs don't need it.
    from moorage.transport.asynchronous import AsyncTransport

    if (error := given_error(headers)) is not None:
        del headers  # a traceback may show them
        raise error
    headers = Headers(headers or {})
    host = None if host is None else veiled(host)

    def opened() -> AsyncEngine:
        found = find_host(host, tls, context)
        version = AsyncEngine.api_version
        return AsyncEngine(
            AsyncTransport(found, version, timeout, connect_timeout, event_hooks, headers)
        )

    return Connecting(opened)


class Connecting:
    """An asynchronous engine to be opened: await it, or enter it."""

    def __init__(self, opened: Callable[[], AsyncEngine]) -> None:
        self._opened = opened
        self._engine: AsyncEngine | None = None

    if not TYPE_CHECKING:
        __getattr__ = not_opened

    def __await__(self) -> Generator[Any, Any, AsyncEngine]:
        return self._open().__await__()

    async def __aenter__(self) -> AsyncEngine:
        self._engine = await self._open()
        return self._engine

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._engine is not None:
            await self._engine.aclose()

    async def _open(self) -> AsyncEngine:
        return self._opened()
