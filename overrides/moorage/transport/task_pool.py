"""The pool of asynchronous calls, as httpx takes it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpcore
import httpx

from moorage.transport.dialer import Dialer
from moorage.transport.pool import PooledConnection, limits, plain
from moorage.transport.tasks import run

__all__ = ["TaskPool"]


class TaskPool(httpx.AsyncBaseTransport):
    """Sends httpx's requests to one engine, wherever their URL says that it is."""

    def __init__(self, dialer: Dialer) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            network_backend=_Backend(dialer), **limits(dialer.host)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request, up to the answer's body.

        Raises:
            httpcore.NetworkError: the engine can't be reached, or was lost.
            StaleConnection: it had closed the connection.
        """
        answer = await self._pool.handle_async_request(plain(request))
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._answer.aiter_stream()

    async def aclose(self) -> None:
        await self._answer.aclose()


class _Backend(httpcore.AsyncNetworkBackend):
    def __init__(self, dialer: Dialer) -> None:
        self._dialer = dialer

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *_: Any, **__: Any
    ) -> httpcore.AsyncNetworkStream:
        return _Stream(await run(PooledConnection.dial(self._dialer, timeout)))


class _Stream(httpcore.AsyncNetworkStream):
    def __init__(self, connection: PooledConnection) -> None:
        self._connection = connection

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await run(self._connection.read(timeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await run(self._connection.write(buffer, timeout))

    async def aclose(self) -> None:
        self._connection.close()

    def get_extra_info(self, info: str) -> Any:
        return self._connection.about(info)
