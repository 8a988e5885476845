"""An upgraded connection: HTTP ends after the headers, and a process' terminal or pipes begin.

The connection itself does not show whether the process ended or the connection was cut: the engine
is asked at its end.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Iterable
from itertools import chain, repeat
from typing import Any, TypeVar

from moorage.arguments import as_is, optional
from moorage.errors import Conflict, EngineError, NotFound, StreamInterrupted, TimedOut
from moorage.request import Request
from moorage.streams.base import Parser
from moorage.streams.frames import AsyncFrames, Frame, Frames, FramesSource, parser_for
from moorage.streams.process import ProcessState
from moorage.transport.exchange import Exchange
from moorage.transport.steps import Pause, Steps
from moorage.transport.threads import run
from moorage.wire.frames import is_multiplexed

__all__ = ["AsyncSession", "Session", "SessionSource"]

T = TypeVar("T")

# An engine closes the connection a little before it records the process' end.
_PAUSES = (0.0, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.5, 1.0)
_LONGEST_PAUSE = 0.25
_BETWEEN_KEYS = 0.05


class SessionSource(FramesSource):
    """Source of a session's frames, and sink of its input; in steps."""

    state: ProcessState | None

    def prepare(self, exchange: Exchange) -> Steps[None]:
        """Request the state of the process."""
        if self.request.process is not None:
            self.state = yield from self.ask_process(exchange)

    def make_parser(self, exchange: Exchange) -> Parser[Frame]:
        """Make the parser for the process' output, or for another protocol's bytes."""
        if self.state is None:
            raw = self.request.upgrade not in (None, "tcp")
        elif is_multiplexed(exchange.head.headers):
            raw = False
        elif isinstance(self.request.json, dict):
            # The start of an exec decides about the terminal, not its creation.
            raw = bool(self.request.json.get("Tty"))
        else:
            raw = self.state.tty
        return parser_for(self.request.operation, raw=raw)

    def read(self, exchange: Exchange) -> Steps[bytes]:
        """Wait for the next bytes; b"" is the end of the stream.

        Podman resets the connection of a process that has ended without reading its input. A Unix
        socket still delivers all earlier bytes, so this is an ordinary end.
        """
        try:
            return (yield from super().read(exchange))
        except StreamInterrupted as error:
            local = self.pool.host.socket is not None
            if not (local and isinstance(error.__cause__, ConnectionResetError)):
                raise
        yield from self.check_end(exchange)
        return b""

    def check_end(self, exchange: Exchange) -> Steps[None]:
        """Ask the engine whether the process has ended."""
        before = self.state
        if before is None or not (before.process.running and exchange.body.open):
            return
        for pause in _PAUSES:
            yield Pause(exchange.remaining(pause))
            try:
                state = yield from self.ask_process(exchange)
                if state.tty and exchange.written.endswith(state.detach_keys(self.request)):
                    return
                if not state.alive or not before.is_the_same(state):
                    doubt = state.doubt(self.request.operation)
                    if doubt is None or not (yield from self.ask(doubt, exchange)):
                        return
            except (NotFound, Conflict):
                return  # the container was removed, or has ended
            except TimedOut:
                raise
            except EngineError as error:
                raise self._cut(f"and the engine does not say why: {error}") from error
        raise self._cut("and the process has not")

    def write(self, data: bytes) -> Steps[None]:
        """Send bytes to the process' stdin."""
        exchange = yield from self.open()
        yield from exchange.write(data)

    def write_eof(self) -> Steps[None]:
        """End the process' stdin."""
        exchange = yield from self.open()
        yield from exchange.write_eof()

    def detach(self) -> Steps[None]:
        """Send the detach keys."""
        exchange = yield from self.open()
        state = yield from self.ask_process(exchange)
        for key in state.detach_keys(self.request):
            # Podman recognises a key only if it arrives by itself.
            yield Pause(exchange.remaining(_BETWEEN_KEYS))
            yield from exchange.write(bytes([key]))

    def resize(self, height: int, width: int) -> Steps[None]:
        """Set the size of the terminal."""
        exchange = yield from self.open()
        process = self.request.process
        if process is None or process.resize is None:
            raise EngineError(
                f"{self.request.operation}: the engine has no endpoint that resizes this terminal"
            )
        size = {"h": height, "w": width}
        operation = self.request.operation
        question: Request[Any] = Request(
            operation, "POST", process.resize, optional(as_is), query=size
        )
        yield from self.ask(question, exchange)

    def wait(self, exchange: Exchange) -> Steps[int]:
        """Wait for the process' end, after that of its output, and return its exit code."""
        for pause in chain(_PAUSES[:6], repeat(_LONGEST_PAUSE)):
            yield Pause(exchange.remaining(pause))
            state = yield from self.ask_process(exchange)
            if not state.alive:
                return state.exit_code
        raise AssertionError

    def buffered(self) -> Iterable[Frame]:
        """Return the frames received and not read yet."""
        return () if self.exchange is None else self.parser.feed(self.exchange.drain())

    def _cut(self, why: str) -> StreamInterrupted:
        return StreamInterrupted(f"{self.request.operation}: the connection ended, {why}")


class Session(Frames):
    """A process' input and output; a context manager that closes it, an iterator over `Frame`s.

    The output is read as from `Frames`. Another thread may write meanwhile. Output that arrives
    while you write is buffered until it is read, so neither side deadlocks.

    A session that ends before its process raises StreamInterrupted, unless it was detached.
    """

    _source_type: type[SessionSource] = SessionSource  # pyright: ignore[reportIncompatibleVariableOverride]
    _source: SessionSource

    def write(self, data: bytes) -> None:
        """Send bytes to the process' stdin; opens the session.

        Raises:
            StreamInterrupted: The connection was cut, or the process has ended.
            EngineError: The session takes no input, or is closed.
            TimedOut: A timeout expired.
        """
        run(self._source.write(data))

    def close_write(self) -> None:
        """End the process' stdin; its output goes on. Opens the session.

        Not for a terminal, whose output Docker's engines drop then: write b"\\x04" there instead.

        Raises:
            StreamInterrupted: The connection was cut, or the process has ended.
            EngineError: The session takes no input, or is closed.
        """
        run(self._source.write_eof())

    def detach(self) -> None:
        """Send the detach keys: the session ends, and the process keeps running.

        The process needs a terminal, and a session that includes its stdin.
        """
        run(self._source.detach())

    def resize(self, height: int, width: int) -> None:
        """Set the size of the process' terminal, in characters.

        Raises:
            APIError: The process has no terminal, or has not started.
        """
        run(self._source.resize(height, width))

    def wait(self) -> int:
        """Wait for the process' end, and return its exit code.

        Unread output stays buffered.

        Raises:
            NotFound: The process was removed with its container.
            StreamInterrupted: The connection was cut.
            TimedOut: The total timeout expired.
        """
        exchange = run(self._source.open())
        self._items = _again([*self._items])
        return run(self._source.wait(exchange))

    def buffered(self) -> list[Frame]:
        """Return the output received and not read yet, without waiting for more."""
        return [*self._source.buffered()]


class AsyncSession(AsyncFrames):
    """Asynchronous form of `Session`, an asynchronous context manager and iterator."""

    _source_type: type[SessionSource] = SessionSource  # pyright: ignore[reportIncompatibleVariableOverride]
    _source: SessionSource

    async def write(self, data: bytes) -> None:
        """Send bytes to the process' stdin, as `Session.write` does."""
        await _run(self._source.write(data))

    async def close_write(self) -> None:
        """End the process' stdin, as `Session.close_write` does."""
        await _run(self._source.write_eof())

    async def detach(self) -> None:
        """Send the detach keys, as `Session.detach` does."""
        await _run(self._source.detach())

    async def resize(self, height: int, width: int) -> None:
        """Set the size of the process' terminal, as `Session.resize` does."""
        await _run(self._source.resize(height, width))

    async def wait(self) -> int:
        """Wait for the process' end, and return its exit code, as `Session.wait` does."""
        exchange = await _run(self._source.open())
        self._items = _again_async([each async for each in self._items])
        return await _run(self._source.wait(exchange))

    def buffered(self) -> list[Frame]:
        """Return the output received and not read yet, without waiting for more."""
        return [*self._source.buffered()]


async def _run(steps: Steps[T]) -> T:
    from moorage.transport import tasks

    return await tasks.run(steps)


def _again(items: Iterable[T]) -> Generator[T, None, None]:
    yield from items


async def _again_async(items: Iterable[T]) -> AsyncGenerator[T, None]:
    for item in items:
        yield item
