"""A connection taken over: HTTP ends after the headers, and a process' terminal or pipes begin.

Nothing in such a connection says that it ends because the process has, rather than because it was
cut: the engine is asked, at its end.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Generator, Iterable
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, TypeVar

from moorage.contract import Process, Request
from moorage.errors import Conflict, EngineError, NotFound, StreamInterrupted
from moorage.streams.base import Parser
from moorage.streams.frame_parser import is_multiplexed
from moorage.streams.frames import (
    AsyncFrames,
    AsyncFramesSource,
    Frame,
    Frames,
    FramesSource,
    parser_for,
)
from moorage.streams.process import Told
from moorage.transport import threads

if TYPE_CHECKING:
    from moorage.transport.exchange import Exchange

__all__ = ["AsyncSession", "AsyncSessionSource", "Session", "SessionSource"]

T = TypeVar("T")

# An engine closes the connection a little before it knows that the process has ended.
_PAUSES = (0.0, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.5, 1.0)
_LONGEST_PAUSE = 0.25


class SessionSource(FramesSource):
    """Where a session's frames come from."""

    told: Told | None = None
    """What the engine told of the process when the session began."""

    def make_parser(self, exchange: Exchange) -> Parser[Frame]:
        """Make the parser; asks the engine about the process."""
        if self.request.process is not None:
            self.told = self.ask(self.request.process)
        return _parser(self.request, exchange, self.told)

    def check_end(self, exchange: Exchange) -> None:
        """Ask the engine whether the process has ended."""
        if self.told is None or not (self.told.process.running and exchange.handed_over):
            return
        for pause in _PAUSES:
            time.sleep(pause)
            try:
                now = self.ask(self.told.process)
                if _detached(self.request, exchange, now):
                    return
                if not now.alive or not self.told.is_the_same(now):
                    doubt = now.doubt(self.request.operation)
                    if doubt is None or not self.transport.json(doubt):
                        return
            except (NotFound, Conflict):
                return  # the container was removed, or has ended
            except EngineError as error:
                raise _cut(self.request, f"and the engine does not tell why: {error}") from error
        raise _cut(self.request, "and the process has not")


class Session(Frames):
    """A process' input and output; a context manager that closes it, an iterator over `Frame`s.

    The output is read as that of `Frames`. Another thread may write meanwhile; where none reads,
    who writes keeps the output that comes until it is read, so that neither side waits in vain.

    A session that ends although its process has not raises StreamInterrupted, unless it was
    detached.
    """

    _source_type: type[SessionSource] = SessionSource  # pyright: ignore[reportIncompatibleVariableOverride]
    _source: SessionSource

    def write(self, data: bytes) -> None:
        """Send bytes to the process' stdin; opens the session.

        Raises:
            StreamInterrupted: the connection was cut, or the process has ended.
            EngineError: the session can't be written to, or is closed.
            TimedOut: a timeout that was asked for is over.
        """
        threads.run(self._source.open().write(data))

    def close_write(self) -> None:
        """End the process' stdin; its output goes on. Opens the session.

        Raises:
            StreamInterrupted: the connection was cut, or the process has ended.
            EngineError: the session can't be written to, or is closed.
        """
        threads.run(self._source.open().write_eof())

    def detach(self) -> None:
        """Send the detach keys: the session ends, and the process runs on.

        The process must have a terminal, and its stdin be part of the session.
        """
        self._source.open()
        self.write(
            self._source.ask(_process(self._source.request)).detach_keys(self._source.request)
        )

    def resize(self, height: int, width: int) -> None:
        """Set the size of the process' terminal, in characters.

        Raises:
            APIError: there is no terminal, or no process yet.
        """
        self._source.open()
        self._source.transport.nothing(_resizing(self._source.request, height, width))

    def wait(self) -> int:
        """Wait for the process' end, and return its exit code.

        The output that has not been read is kept until it is.

        Raises:
            NotFound: the process was removed with its container.
            StreamInterrupted: the connection was cut.
            TimedOut: the total timeout that was asked for is over.
        """
        exchange = self._source.open()
        self._items = _again([*self._items])
        pauses = chain(_PAUSES[:6], repeat(_LONGEST_PAUSE))
        while True:
            time.sleep(exchange.remaining(next(pauses)))
            told = self._source.ask(_process(self._source.request))
            if not told.alive:
                return told.exit_code


class AsyncSessionSource(AsyncFramesSource):
    """As `SessionSource`, awaited."""

    told: Told | None = None

    async def make_parser(self, exchange: Exchange) -> Parser[Frame]:
        """Make the parser; asks the engine about the process."""
        if self.request.process is not None:
            self.told = await self.ask(self.request.process)
        return _parser(self.request, exchange, self.told)

    async def check_end(self, exchange: Exchange) -> None:
        """Ask the engine whether the process has ended."""
        import anyio

        if self.told is None or not (self.told.process.running and exchange.handed_over):
            return
        for pause in _PAUSES:
            await anyio.sleep(pause)
            try:
                now = await self.ask(self.told.process)
                if _detached(self.request, exchange, now):
                    return
                if not now.alive or not self.told.is_the_same(now):
                    doubt = now.doubt(self.request.operation)
                    if doubt is None or not await self.transport.json(doubt):
                        return
            except (NotFound, Conflict):
                return  # the container was removed, or has ended
            except EngineError as error:
                raise _cut(self.request, f"and the engine does not tell why: {error}") from error
        raise _cut(self.request, "and the process has not")


class AsyncSession(AsyncFrames):
    """As `Session`, an asynchronous context manager and iterator."""

    _source_type: type[AsyncSessionSource] = AsyncSessionSource  # pyright: ignore[reportIncompatibleVariableOverride]
    _source: AsyncSessionSource

    async def write(self, data: bytes) -> None:
        """Send bytes to the process' stdin, as `Session.write` does."""
        from moorage.transport import tasks

        await tasks.run((await self._source.open()).write(data))

    async def close_write(self) -> None:
        """End the process' stdin, as `Session.close_write` does."""
        from moorage.transport import tasks

        await tasks.run((await self._source.open()).write_eof())

    async def detach(self) -> None:
        """Send the detach keys, as `Session.detach` does."""
        await self._source.open()
        told = await self._source.ask(_process(self._source.request))
        await self.write(told.detach_keys(self._source.request))

    async def resize(self, height: int, width: int) -> None:
        """Set the size of the process' terminal, as `Session.resize` does."""
        await self._source.open()
        await self._source.transport.nothing(_resizing(self._source.request, height, width))

    async def wait(self) -> int:
        """Wait for the process' end, and return its exit code, as `Session.wait` does."""
        import anyio

        exchange = await self._source.open()
        self._items = _again_async([each async for each in self._items])
        pauses = chain(_PAUSES[:6], repeat(_LONGEST_PAUSE))
        while True:
            await anyio.sleep(exchange.remaining(next(pauses)))
            told = await self._source.ask(_process(self._source.request))
            if not told.alive:
                return told.exit_code


def _parser(request: Request[Any], exchange: Exchange, told: Told | None) -> Parser[Frame]:
    if told is None:
        # No process' output, but another protocol's bytes.
        raw = request.upgrade not in (None, "tcp")
    else:
        raw = told.tty and not is_multiplexed(exchange.head.headers)
    return parser_for(request.operation, tty=raw)


def _detached(request: Request[Any], exchange: Exchange, now: Told) -> bool:
    return now.tty and exchange.written.endswith(now.detach_keys(request))


def _cut(request: Request[Any], why: str) -> StreamInterrupted:
    return StreamInterrupted(f"{request.operation}: the connection ended, {why}")


def _process(request: Request[Any]) -> Process:
    if request.process is None:
        raise EngineError(f"{request.operation}: this is no process' session")
    return request.process


def _resizing(request: Request[Any], height: int, width: int) -> Request[Any]:
    resize = _process(request).resize
    if resize is None:
        raise EngineError(f"{request.operation}: no endpoint takes this terminal's size")
    size = {"h": height, "w": width}
    return Request(request.operation, "POST", resize, lambda data: data, query=size)


def _again(items: Iterable[T]) -> Generator[T, None, None]:
    yield from items


async def _again_async(items: Iterable[T]) -> AsyncGenerator[T, None]:
    for item in items:
        yield item
