"""The asynchronous transport: as `sync`, awaited."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx

from moorage.contract import Request
from moorage.errors import StreamInterrupted
from moorage.host import Host
from moorage.streams.download import AsyncDownload
from moorage.streams.frames import AsyncFrames
from moorage.streams.hijack import AsyncConnection
from moorage.streams.json_stream import AsyncJsonStream
from moorage.transport import wire
from moorage.transport.failures import translated

__all__ = ["AsyncTransport"]

T = TypeVar("T")


class AsyncTransport:
    """As `moorage.transport.sync.Transport`; streams are not awaited, but entered or iterated."""

    def __init__(
        self, host: Host, version: str | None = None, timeout: float | None = None
    ) -> None:
        self.host = host
        self.version = version
        self.timeout = timeout
        # Without a limit: an open stream takes a connection, and a hundred of them is not much.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        self._client = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(uds=host.socket, limits=limits, trust_env=False),
            **wire.client_arguments(host),
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def json(self, request: Request[T]) -> T:
        """Send the request; the answer is one JSON document."""
        return wire.read_json(request, await self.answer(request))

    async def nothing(self, request: Request[Any]) -> None:
        """Send the request; the answer says nothing."""
        wire.read_nothing(request, await self.answer(request))

    async def text(self, request: Request[Any]) -> str:
        """Send the request; the answer is plain text."""
        return wire.read_text(request, await self.answer(request))

    async def headers(self, request: Request[Any]) -> dict[str, str]:
        """Send the request; the answer stands in its headers."""
        return wire.read_headers(request, await self.answer(request))

    def frames(self, request: Request[Any]) -> AsyncFrames:
        """Prepare the stream; it is opened when it is entered or iterated."""
        return AsyncFrames(self, request)

    def json_stream(self, request: Request[T]) -> AsyncJsonStream[T]:
        """Prepare the stream; it is opened when it is entered or iterated."""
        return AsyncJsonStream(self, request)

    def download(self, request: Request[Any]) -> AsyncDownload:
        """Prepare the stream; it is opened when it is entered or iterated."""
        return AsyncDownload(self, request)

    def hijack(self, request: Request[Any]) -> AsyncConnection:
        """Prepare the connection; it is opened when it is entered or iterated."""
        return AsyncConnection(self, request)

    def websocket(self, request: Request[Any]) -> None:
        """Refuse.

        Raises:
            EngineError: always; moorage does not speak websockets.
        """
        raise wire.no_websocket(request)

    async def answer(self, request: Request[Any], limit: float | None = None) -> wire.Answer:
        """Send the request and read the answer, whatever its status is."""
        async with self._sent(request, self.timeout if limit is None else limit) as response:
            return await self._read(request, response)

    @asynccontextmanager
    async def open(self, request: Request[Any]) -> AsyncIterator[httpx.Response]:
        """Send the request and open the answer's body; an error status is raised."""
        async with self._sent(request, None) as response:
            if response.status_code >= 300:
                wire.check(request, await self._read(request, response))
            wire.check(request, wire.Answer(200, response.headers, b""))
            yield response

    async def chunks(
        self, request: Request[Any], response: httpx.Response
    ) -> AsyncGenerator[bytes, None]:
        """Read the body of an open answer, or the connection that it became."""
        if response.status_code != wire.SWITCHED:
            with translated(request.operation, self.host, response):
                async for data in response.aiter_bytes():
                    yield data
            return
        connection = response.extensions["network_stream"]
        while True:
            try:
                data = await connection.read(wire.CHUNK)
            except Exception as error:  # the library under httpx has errors of its own
                raise StreamInterrupted(f"{request.operation}: the connection was cut") from error
            if not data:
                return
            yield data

    async def is_raw(self, request: Request[Any], response: httpx.Response) -> bool:
        """Tell whether an open stream is raw; asks the engine if the answer does not say."""
        question = wire.framing(request, response.headers)
        return question is not None and await self.json(question)

    @asynccontextmanager
    async def _sent(
        self, request: Request[Any], read: float | None
    ) -> AsyncIterator[httpx.Response]:
        arguments = wire.request_arguments(request, self.version)
        arguments["content"] = _asynchronous(arguments["content"])
        with translated(request.operation, self.host):
            built = self._client.build_request(**arguments, timeout=wire.timeout(read))
            response = await self._client.send(built, stream=True)
        try:
            yield response
        finally:
            await response.aclose()

    async def _read(self, request: Request[Any], response: httpx.Response) -> wire.Answer:
        with translated(request.operation, self.host, response):
            body = await response.aread()
        return wire.Answer(response.status_code, response.headers, body, response.reason_phrase)


def _asynchronous(content: Any) -> Any:
    # httpx's asynchronous client takes no plain iterator, and no open file.
    if content is None or isinstance(content, bytes | AsyncIterable):
        return content
    return _chunks(content)


async def _chunks(content: Iterable[bytes]) -> AsyncIterator[bytes]:
    read = getattr(content, "read", None)
    for chunk in content if read is None else iter(lambda: read(wire.CHUNK), b""):
        yield chunk
