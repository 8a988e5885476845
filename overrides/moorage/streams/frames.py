"""A process' output: iterators over frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moorage.contract import Request
from moorage.streams.base import AsyncStream, Parser, Stream
from moorage.streams.frame_parser import Frame, FrameParser, RawParser

if TYPE_CHECKING:
    import httpx

    from moorage.transport.asynchronous import AsyncTransport
    from moorage.transport.sync import Transport

__all__ = ["AsyncFrames", "Frame", "Frames"]


class Frames(Stream[Frame]):
    """An iterator over `Frame`s; a context manager that closes it.

    Whether the engine multiplexes stdout and stderr is never guessed: the answer says so, or else
    the engine is asked whether the process has a terminal. A terminal's output is all stdout.
    """

    @classmethod
    def _parser(
        cls, transport: Transport, request: Request[Any], response: httpx.Response
    ) -> Parser[Frame]:
        raw = transport.is_raw(request, response)
        return RawParser() if raw else FrameParser(request.operation)


class AsyncFrames(AsyncStream[Frame]):
    """As `Frames`, an asynchronous iterator and context manager."""

    @classmethod
    async def _parser(
        cls, transport: AsyncTransport, request: Request[Any], response: httpx.Response
    ) -> Parser[Frame]:
        raw = await transport.is_raw(request, response)
        return RawParser() if raw else FrameParser(request.operation)
