"""The pool of synchronous calls, as httpx takes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpcore
import httpx

from moorage.transport.dialer import Dialer
from moorage.transport.pool import PooledConnection, limits, plain
from moorage.transport.threads import run

__all__ = ["ThreadPool"]


class ThreadPool(httpx.BaseTransport):
    """Sends httpx's requests to one engine, wherever their URL says that it is."""

    def __init__(self, dialer: Dialer) -> None:
        self._pool = httpcore.ConnectionPool(
            network_backend=_Backend(dialer), **limits(dialer.host)
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request, up to the answer's body.

        Raises:
            httpcore.NetworkError: the engine can't be reached, or was lost.
            StaleConnection: it had closed the connection.
        """
        answer = self._pool.handle_request(plain(request))
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class _Backend(httpcore.NetworkBackend):
    def __init__(self, dialer: Dialer) -> None:
        self._dialer = dialer

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *_: Any, **__: Any
    ) -> httpcore.NetworkStream:
        return _Stream(run(PooledConnection.dial(self._dialer, timeout)))


class _Stream(httpcore.NetworkStream):
    def __init__(self, connection: PooledConnection) -> None:
        self._connection = connection

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return run(self._connection.read(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        run(self._connection.write(buffer, timeout))

    def close(self) -> None:
        self._connection.close()

    def get_extra_info(self, info: str) -> Any:
        return self._connection.about(info)
