"""Bytes as they come: tar archives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from moorage.contract import Request
from moorage.streams.base import AsyncStream, Parser, Stream

if TYPE_CHECKING:
    import httpx

    from moorage.transport.asynchronous import AsyncTransport
    from moorage.transport.sync import Transport

__all__ = ["AsyncDownload", "Download"]


class _Bytes:
    def feed(self, data: bytes) -> Iterable[bytes]:
        return (data,) if data else ()

    def check(self) -> None:
        pass

    def close(self) -> Iterable[bytes]:
        return ()


class Download(Stream[bytes]):
    """An iterator over chunks of bytes; a context manager that closes it."""

    @property
    def headers(self) -> dict[str, str]:
        """The answer's headers, their names in small letters; opens the stream."""
        self._opened()
        return dict(self._response.headers) if self._response is not None else {}

    @classmethod
    def _parser(
        cls,
        transport: Transport,  # noqa: ARG003
        request: Request[Any],  # noqa: ARG003
        response: httpx.Response,  # noqa: ARG003
    ) -> Parser[bytes]:
        return _Bytes()


class AsyncDownload(AsyncStream[bytes]):
    """As `Download`, an asynchronous iterator and context manager."""

    @property
    def headers(self) -> dict[str, str]:
        """The answer's headers, their names in small letters; empty until it is open."""
        return dict(self._response.headers) if self._response is not None else {}

    @classmethod
    async def _parser(
        cls,
        transport: AsyncTransport,  # noqa: ARG003
        request: Request[Any],  # noqa: ARG003
        response: httpx.Response,  # noqa: ARG003
    ) -> Parser[bytes]:
        return _Bytes()
