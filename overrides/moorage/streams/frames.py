"""A process' output: iterators over frames."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from typing import Any, Literal, NamedTuple, overload

from moorage.errors import EngineError
from moorage.streams.base import AsyncStream, Parser, Source, Stream
from moorage.streams.process import ProcessState, question
from moorage.streams.writing import Writable, write_whole
from moorage.transport.exchange import Exchange
from moorage.transport.steps import Steps
from moorage.wire.frames import Frame, FrameParser, RawParser, is_multiplexed
from moorage.wire.lines import LineSplitter

__all__ = [
    "AsyncFrames",
    "Frame",
    "Frames",
    "FramesSource",
    "Line",
    "Output",
    "parser_for",
]


class Line(NamedTuple):
    """A line of a process' output, as text and without its end."""

    stream: Literal["stdin", "stdout", "stderr"]
    text: str


class Output(NamedTuple):
    """All of a process' output."""

    stdout: bytes
    stderr: bytes


class FramesSource(Source[Frame]):
    """Source of a process' output; in steps."""

    state: ProcessState | None = None
    """The process as the engine told of it when the stream was opened, where it was asked."""

    def prepare(self, exchange: Exchange) -> Steps[None]:
        """Ask the engine for a terminal where the response does not tell."""
        if self.request.process is not None and not is_multiplexed(exchange.head.headers):
            self.state = yield from self.ask_process(exchange)

    def make_parser(self, exchange: Exchange) -> Parser[Frame]:  # noqa: ARG002
        """Make the parser: the output of a terminal is raw."""
        return parser_for(self.request.operation, raw=self.state is not None and self.state.tty)

    def ask_process(self, exchange: Exchange) -> Steps[ProcessState]:
        """Ask the engine about the process.

        Raises:
            EngineError: There is none.
        """
        process = self.request.process
        if process is None:
            raise EngineError(
                f"{self.request.operation}: this stream is not a session with a process"
            )
        about = yield from self.ask(question(self.request.operation, process), exchange)
        return ProcessState(process, about)


class Frames(Stream[Frame]):
    """An iterator over `Frame`s; a context manager that closes it.

    Whether the engine multiplexes stdout and stderr is never guessed: the response says so, or
    else the engine is asked whether the process has a terminal. A terminal's output is all stdout.
    """

    _source_type: type[Source[Frame]] = FramesSource

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
            write_whole(stderr if frame.stream == "stderr" else stdout, frame.data)

    def _lines(self) -> Iterator[Frame]:
        splitter = LineSplitter()
        for frame in self:
            yield from splitter.feed(frame)
        yield from splitter.close()


class AsyncFrames(AsyncStream[Frame]):
    """Asynchronous form of `Frames`, an asynchronous iterator and context manager."""

    _source_type: type[Source[Frame]] = FramesSource

    @overload
    def lines(self) -> AsyncIterator[Frame]: ...
    @overload
    def lines(self, encoding: str) -> AsyncIterator[Line]: ...
    def lines(self, encoding: str | None = None) -> AsyncIterator[Frame] | AsyncIterator[Line]:
        """Iterate over whole lines, as `Frames.lines` does."""
        return _AsyncLines(self, encoding)

    async def read(self) -> Output:
        """Collect all that is to come; its errors are those of `lines`."""
        stdout, stderr = BytesIO(), BytesIO()
        await self.copy_to(stdout, stderr)
        return Output(stdout.getvalue(), stderr.getvalue())

    async def copy_to(self, stdout: Writable, stderr: Writable) -> None:
        """Write all that is to come to binary files, as `Frames.copy_to` does."""
        async for frame in self:
            write_whole(stderr if frame.stream == "stderr" else stdout, frame.data)


class _AsyncLines(AsyncIterator[Any]):
    """Lines of a stream; no generator, of which Trio warns when a loop is left early."""

    def __init__(self, frames: AsyncFrames, encoding: str | None) -> None:
        self._frames = frames
        self._items: AsyncIterator[Frame] | None = None
        self._encoding = encoding
        self._splitter = LineSplitter()
        self._lines: deque[Frame] = deque()
        self._ended = False

    async def __anext__(self) -> Any:
        while not self._lines:
            if self._ended:
                raise StopAsyncIteration
            self._items = self._items or aiter(self._frames)
            frame = await anext(self._items, None)
            if frame is None:
                self._ended = True
            self._lines += self._splitter.close() if frame is None else self._splitter.feed(frame)
        line = self._lines.popleft()
        return line if self._encoding is None else _text(line, self._encoding)

    async def aclose(self) -> None:
        """End the iteration, as an asynchronous generator ends; the stream stays open."""
        self._ended = True
        self._lines.clear()


def _text(line: Frame, encoding: str) -> Line:
    return Line(line.stream, line.data.decode(encoding, "replace"))


def parser_for(operation: str, *, raw: bool) -> Parser[Frame]:
    """Make the parser for a process' output."""
    return RawParser() if raw else FrameParser(operation)
