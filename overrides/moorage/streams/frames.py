"""A process' output: iterators over frames."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, overload

from moorage.contract import Request
from moorage.streams.base import AsyncStream, Parser, Stream
from moorage.streams.frame_parser import Frame, FrameParser, RawParser
from moorage.streams.line_splitter import LineSplitter

if TYPE_CHECKING:
    import httpx

    from moorage.transport.asynchronous import AsyncTransport
    from moorage.transport.sync import Transport

__all__ = ["AsyncFrames", "Frame", "Frames", "Line", "Output"]


class Line(NamedTuple):
    """A line of a process' output, as text and without its end."""

    stream: Literal["stdin", "stdout", "stderr"]
    text: str


class Output(NamedTuple):
    """All of a process' output."""

    stdout: bytes
    stderr: bytes


class Writable(Protocol):
    """What takes bytes: a binary file, `sys.stdout.buffer`, an `io.BytesIO`."""

    def write(self, data: bytes, /) -> object:
        """Take bytes."""


class Frames(Stream[Frame]):
    """An iterator over `Frame`s; a context manager that closes it.

    Whether the engine multiplexes stdout and stderr is never guessed: the answer says so, or else
    the engine is asked whether the process has a terminal. A terminal's output is all stdout.
    """

    @overload
    def lines(self) -> Iterator[Frame]: ...
    @overload
    def lines(self, encoding: str) -> Iterator[Line]: ...
    def lines(self, encoding: str | None = None) -> Iterator[Frame] | Iterator[Line]:
        """Iterate over whole lines, each of one stream, without their ends.

        Args:
            encoding: what to decode the lines by, e.g. "utf-8", bytes that are not of it being
                replaced; without it, they are bytes.

        Raises:
            APIError: the engine refused.
            StreamInterrupted: the connection was cut before the engine had ended the stream.
        """
        lines = self._lines()
        return lines if encoding is None else (_text(each, encoding) for each in lines)

    def read(self) -> Output:
        """Collect all that is to come; its errors are those of `lines`."""
        stdout, stderr = BytesIO(), BytesIO()
        self.copy_to(stdout, stderr)
        return Output(stdout.getvalue(), stderr.getvalue())

    def copy_to(self, stdout: Writable, stderr: Writable) -> None:
        """Write all that is to come to binary files, as it comes; its errors are those of `lines`.

        Args:
            stdout: takes what the process writes to stdout, and all of a terminal's output.
            stderr: takes what the process writes to stderr; it may be the same.
        """
        for frame in self:
            (stderr if frame.stream == "stderr" else stdout).write(frame.data)

    def _lines(self) -> Iterator[Frame]:
        splitter = LineSplitter()
        for frame in self:
            yield from splitter.feed(frame)
        yield from splitter.close()

    @classmethod
    def _parser(
        cls, transport: Transport, request: Request[Any], response: httpx.Response
    ) -> Parser[Frame]:
        raw = transport.is_raw(request, response)
        return RawParser() if raw else FrameParser(request.operation)


class AsyncFrames(AsyncStream[Frame]):
    """As `Frames`, an asynchronous iterator and context manager."""

    @overload
    def lines(self) -> AsyncIterator[Frame]: ...
    @overload
    def lines(self, encoding: str) -> AsyncIterator[Line]: ...
    def lines(self, encoding: str | None = None) -> AsyncIterator[Frame] | AsyncIterator[Line]:
        """Iterate over whole lines, as `Frames.lines` does."""
        lines = self._lines()
        return lines if encoding is None else (_text(each, encoding) async for each in lines)

    async def read(self) -> Output:
        """Collect all that is to come; its errors are those of `lines`."""
        stdout, stderr = BytesIO(), BytesIO()
        await self.copy_to(stdout, stderr)
        return Output(stdout.getvalue(), stderr.getvalue())

    async def copy_to(self, stdout: Writable, stderr: Writable) -> None:
        """Write all that is to come to binary files, as `Frames.copy_to` does."""
        async for frame in self:
            (stderr if frame.stream == "stderr" else stdout).write(frame.data)

    async def _lines(self) -> AsyncIterator[Frame]:
        splitter = LineSplitter()
        async for frame in self:
            for line in splitter.feed(frame):
                yield line
        for line in splitter.close():
            yield line

    @classmethod
    async def _parser(
        cls, transport: AsyncTransport, request: Request[Any], response: httpx.Response
    ) -> Parser[Frame]:
        raw = await transport.is_raw(request, response)
        return RawParser() if raw else FrameParser(request.operation)


def _text(line: Frame, encoding: str) -> Line:
    return Line(line.stream, line.data.decode(encoding, "replace"))
