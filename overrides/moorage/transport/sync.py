"""The synchronous transport: sends requests through httpx, and hands the answers to the core."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx

from moorage.contract import Request
from moorage.errors import StreamInterrupted
from moorage.host import Host
from moorage.streams.download import Download
from moorage.streams.frames import Frames
from moorage.streams.hijack import Connection
from moorage.streams.json_stream import JsonStream
from moorage.transport import wire
from moorage.transport.failures import translated

__all__ = ["Transport"]

T = TypeVar("T")


class Transport:
    """Connections to one engine, with one method for each kind of operation.

    Args:
        host: where the engine listens.
        version: the API version that every path begins with; None leaves it to the engine.
        timeout: the seconds an ordinary answer may keep silent; None waits. Streams always wait.
    """

    def __init__(
        self, host: Host, version: str | None = None, timeout: float | None = None
    ) -> None:
        self.host = host
        self.version = version
        self.timeout = timeout
        # Without a limit: an open stream takes a connection, and a hundred of them is not much.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        self._client = httpx.Client(
            transport=httpx.HTTPTransport(uds=host.socket, limits=limits, trust_env=False),
            **wire.client_arguments(host),
        )

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def json(self, request: Request[T]) -> T:
        """Send the request; the answer is one JSON document."""
        return wire.read_json(request, self.answer(request))

    def nothing(self, request: Request[Any]) -> None:
        """Send the request; the answer says nothing."""
        wire.read_nothing(request, self.answer(request))

    def text(self, request: Request[Any]) -> str:
        """Send the request; the answer is plain text."""
        return wire.read_text(request, self.answer(request))

    def headers(self, request: Request[Any]) -> dict[str, str]:
        """Send the request; the answer stands in its headers."""
        return wire.read_headers(request, self.answer(request))

    def frames(self, request: Request[Any]) -> Frames:
        """Prepare the stream; it is opened when it is entered or iterated."""
        return Frames(self, request)

    def json_stream(self, request: Request[T]) -> JsonStream[T]:
        """Prepare the stream; it is opened when it is entered or iterated."""
        return JsonStream(self, request)

    def download(self, request: Request[Any]) -> Download:
        """Prepare the stream; it is opened when it is entered or iterated."""
        return Download(self, request)

    def hijack(self, request: Request[Any]) -> Connection:
        """Prepare the connection; it is opened when it is entered or iterated."""
        return Connection(self, request)

    def websocket(self, request: Request[Any]) -> None:
        """Refuse.

        Raises:
            EngineError: always; moorage does not speak websockets.
        """
        raise wire.no_websocket(request)

    def answer(self, request: Request[Any], limit: float | None = None) -> wire.Answer:
        """Send the request and read the answer, whatever its status is."""
        with self._sent(request, self.timeout if limit is None else limit) as response:
            return self._read(request, response)

    @contextmanager
    def open(self, request: Request[Any]) -> Iterator[httpx.Response]:
        """Send the request and open the answer's body; an error status is raised."""
        with self._sent(request, None) as response:
            if response.status_code >= 300:
                wire.check(request, self._read(request, response))
            wire.check(request, wire.Answer(200, response.headers, b""))
            yield response

    def chunks(self, request: Request[Any], response: httpx.Response) -> Iterator[bytes]:
        """Read the body of an open answer, or the connection that it became."""
        if response.status_code != wire.SWITCHED:
            with translated(request.operation, self.host, response):
                yield from response.iter_bytes()
            return
        connection = response.extensions["network_stream"]
        while True:
            try:
                data = connection.read(wire.CHUNK)
            except Exception as error:  # the library under httpx has errors of its own
                raise StreamInterrupted(f"{request.operation}: the connection was cut") from error
            if not data:
                return
            yield data

    def is_raw(self, request: Request[Any], response: httpx.Response) -> bool:
        """Tell whether an open stream is raw; asks the engine if the answer does not say."""
        question = wire.framing(request, response.headers)
        return question is not None and self.json(question)

    @contextmanager
    def _sent(self, request: Request[Any], read: float | None) -> Iterator[httpx.Response]:
        if isinstance(request.content, AsyncIterable):
            raise TypeError("a synchronous engine can't send an asynchronous iterator")
        with translated(request.operation, self.host):
            built = self._client.build_request(
                **wire.request_arguments(request, self.version),
                timeout=wire.timeout(read),
            )
            response = self._client.send(built, stream=True)
        try:
            yield response
        finally:
            response.close()

    def _read(self, request: Request[Any], response: httpx.Response) -> wire.Answer:
        with translated(request.operation, self.host, response):
            body = response.read()
        return wire.Answer(response.status_code, response.headers, body, response.reason_phrase)
