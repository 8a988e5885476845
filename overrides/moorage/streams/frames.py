"""A process' output: iterators over frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moorage.streams.base import AsyncStream, Parser, Stream
from moorage.streams.frame_parser import Frame, FrameParser, RawParser

if TYPE_CHECKING:
    import httpx

__all__ = ["AsyncFrames", "Frame", "Frames"]


class Frames(Stream[Frame]):
    """An iterator over `Frame`s; a context manager that closes it.

    Whether the engine multiplexes stdout and stderr is never guessed: the answer says so, or else
    the engine is asked whether the process has a terminal. A terminal's output is all stdout.
    """

    def _parser(self, response: httpx.Response) -> Parser[Frame]:
        raw = self._transport.is_raw(self._request, response)
        return RawParser() if raw else FrameParser(self._request.operation)


class AsyncFrames(AsyncStream[Frame]):
    """As `Frames`, an asynchronous iterator and context manager."""

    async def _parser(self, response: httpx.Response) -> Parser[Frame]:
        raw = await self._transport.is_raw(self._request, response)
        return RawParser() if raw else FrameParser(self._request.operation)
