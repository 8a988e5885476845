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
    """The whole output of a process."""

    stdout: bytes
    stderr: bytes


class FramesSource(Source[Frame]):
    """Source of a process' output; in steps."""

    state: ProcessState | None = None
    """State of the process when the stream was opened, if it was requested."""

    def prepare(self, exchange: Exchange) -> Steps[None]:
        """Ask the engine whether the process has a terminal, if the response does not show it."""
        if self.request.process is not None and not is_multiplexed(exchange.head.headers):
            self.state = yield from self.ask_process(exchange)

    def make_parser(self, exchange: Exchange) -> Parser[Frame]:  # noqa: ARG002
        """Make the parser: the output of a terminal is raw."""
        return parser_for(self.request.operation, raw=self.state is not None and self.state.tty)

    def ask_process(self, exchange: Exchange) -> Steps[ProcessState]:
        """Request the state of the process.

        Raises:
            EngineError: The stream has no process.
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

    Multiplexing of stdout and stderr is never guessed: the response declares it, or else the engine
    is asked whether the process has a terminal. A terminal's output is all stdout.
    """

    _source_type: type[Source[Frame]] = FramesSource

    @overload
    def lines(self) -> Iterator[Frame]: ...
    @overload
    def lines(self, encoding: str) -> Iterator[Line]: ...
    def lines(self, encoding: str | None = None) -> Iterator[Frame] | Iterator[Line]:
        """Iterate over whole lines, each of one stream, without their ends.

        Args:
            encoding: Encoding of the lines, e.g. "utf-8"; invalid bytes are replaced. Without it,
                lines are bytes.

        Raises:
            APIError: The engine answered with an error.
            StreamInterrupted: The connection was cut before the engine had ended the stream.
        """
        lines = self._lines()
        return lines if encoding is None else (_text(each, encoding) for each in lines)

    def read(self) -> Output:
        """Collect the rest of the output; errors are those of `lines`."""
        stdout, stderr = BytesIO(), BytesIO()
        self.copy_to(stdout, stderr)
        return Output(stdout.getvalue(), stderr.getvalue())

    def copy_to(self, stdout: Writable, stderr: Writable) -> None:
        """Write the rest of the output to binary files as it arrives; errors are those of `lines`.

        Args:
            stdout: The file for stdout, and for all of a terminal's output.
            stderr: The file for stderr; may be the same.
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
        """Collect the rest of the output; errors are those of `lines`."""
        stdout, stderr = BytesIO(), BytesIO()
        await self.copy_to(stdout, stderr)
        return Output(stdout.getvalue(), stderr.getvalue())

    async def copy_to(self, stdout: Writable, stderr: Writable) -> None:
        """Write the rest of the output to binary files, as `Frames.copy_to` does."""
        async for frame in self:
            write_whole(stderr if frame.stream == "stderr" else stdout, frame.data)


class _AsyncLines(AsyncIterator[Any]):
    """Lines of a stream; not a generator, since Trio warns about one left early."""

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
        """End the iteration, like an asynchronous generator's `aclose`; the stream stays open."""
        self._ended = True
        self._lines.clear()


def _text(line: Frame, encoding: str) -> Line:
    return Line(line.stream, line.data.decode(encoding, "replace"))


def parser_for(operation: str, *, raw: bool) -> Parser[Frame]:
    """Make the parser for a process' output."""
    return RawParser() if raw else FrameParser(operation)
