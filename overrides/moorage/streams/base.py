"""Base of all streams: opened on first use, closed early, and never silent about a cut.

Each is a loop that feeds the engine's bytes into a parser without I/O, and yields its items.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from moorage.errors import StreamInterrupted, TimedOut
from moorage.request import NO_OPTIONS, Options, Request
from moorage.transport.exchange import Exchange
from moorage.transport.pool import Pool
from moorage.transport.steps import Steps
from moorage.transport.threads import run
from moorage.wire.message import read_json

if TYPE_CHECKING:
    from moorage.transport.asynchronous import AsyncTransport
    from moorage.transport.sync import Transport

__all__ = ["AsyncStream", "Parser", "Source", "Stream"]

T = TypeVar("T")
R = TypeVar("R")
T_co = TypeVar("T_co", covariant=True)
# `Self` would say the same as these, but jedi can't complete what it binds in a with statement.
S = TypeVar("S", bound="Stream[Any]")
AS = TypeVar("AS", bound="AsyncStream[Any]")


class Parser(Protocol[T_co]):
    """Parser of bytes into items."""

    def feed(self, data: bytes) -> Iterable[T_co]:
        """Parse the next bytes, and return the items that are complete now.

        Raises:
            EngineError: The bytes after the items returned so far are malformed.
        """
        raise NotImplementedError

    def check(self) -> None:
        """Raise the error of the bytes after the last item."""

    def close(self) -> Iterable[T_co]:
        """End the input; returns the items that this completes.

        Raises:
            StreamInterrupted: They ended in the middle of an item.
        """
        raise NotImplementedError


class Source(Generic[T]):
    """Source of a stream's items: a request, sent when it is opened; in steps.

    It is separate from the stream, so that the reading generator does not hold the stream: a
    dropped stream closes at once.
    """

    exchange: Exchange | None = None
    parser: Parser[T]
    phase: str = "not opened"
    """State of the stream, for its repr."""

    def __init__(self, pool: Pool, request: Request[Any], options: Options) -> None:
        self.pool = pool
        self.request = request
        self.options = options

    def open(self) -> Steps[Exchange]:
        """Send the request, unless it was sent."""
        if self.exchange is None:
            self.begin()
            exchange = yield from self.pool.open(self.request, self.options)
            try:
                yield from self.prepare(exchange)
                self.parser = self.make_parser(exchange)
            except BaseException:
                exchange.close()
                raise
            self.exchange = exchange
        return self.exchange

    def prepare(self, exchange: Exchange) -> Steps[None]:  # noqa: ARG002
        """Query the engine for the parser's settings."""
        yield from ()

    def make_parser(self, exchange: Exchange) -> Parser[T]:
        """Make the parser for the response."""
        raise NotImplementedError

    def read(self, exchange: Exchange) -> Steps[bytes]:
        """Wait for the next bytes; b"" is the end of the stream.

        Raises:
            StreamInterrupted: The connection was cut, or ended before the stream.
        """
        data = yield from exchange.read()
        if not data:
            yield from self.check_end(exchange)
        return data

    def check_end(self, exchange: Exchange) -> Steps[None]:  # noqa: ARG002
        """Raise StreamInterrupted if the connection ended before the stream."""
        yield from ()

    def ask(self, question: Request[R], exchange: Exchange) -> Steps[R]:
        """Send another request, within the stream's own timeouts.

        Raises:
            TimedOut: The engine did not answer in time.
            APIError: The engine answered with an error.
        """
        seconds = exchange.limit()
        if seconds is not None and self.pool.timeout is not None:
            seconds = min(seconds, self.pool.timeout)
        try:
            response = yield from self.pool.call(question, Options(timeout=seconds))
        except TimedOut:
            exchange.limit()  # raises if the stream's own timeout expired
            raise
        return read_json(question, response)

    def begin(self) -> None:
        """Note that iteration has begun: a loop holds the iterator, and not the stream."""
        if self.phase == Source.phase:
            self.phase = "open"

    def shown(self, stream: type) -> str:
        """Write the repr of the stream."""
        return f"<{stream.__name__} of {self.request.operation}, {self.phase}>"

    def warn_if_never_opened(self) -> None:
        """Warn that the request was never sent, like Python about a coroutine never awaited."""
        if self.phase == Source.phase:
            import warnings

            warnings.warn(
                f"{self.request.operation} was never sent: enter the stream, iterate over it, or "
                "call its finish()",
                RuntimeWarning,
                stacklevel=3,
            )

    def close(self) -> None:
        """Close the connection, if any."""
        self.phase = "closed"
        if self.exchange is not None:
            self.exchange.close()


class Stream(Generic[T]):
    """An iterator over the engine's items; a context manager that closes it.

    The request is sent when the stream is entered, or when its first item is requested.

    Raises:
        APIError: The engine answered with an error.
        StreamInterrupted: The connection was cut before the engine had ended the stream.
        TimedOut: A timeout expired.
    """

    _source_type: type[Source[T]]

    def __init__(
        self,
        transport: Transport,
        request: Request[Any],
        options: Options = NO_OPTIONS,
    ) -> None:
        self._source = self._source_type(transport.pool, request, options)
        self._items = _items(self._source)

    def __repr__(self) -> str:
        return self._source.shown(type(self))

    def __del__(self) -> None:
        # False if the constructor has failed.
        if source := self.__dict__.get("_source"):
            source.warn_if_never_opened()

    def __enter__(self: S) -> S:
        run(self._source.open())
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __iter__(self) -> Generator[T, None, None]:
        self._source.begin()
        return self._items

    def __next__(self) -> T:
        return next(self._items)

    def disconnect(self) -> None:
        """Close the connection at once; a thread reading from it sees it closed."""
        self._source.close()

    def close(self) -> None:
        """Close the stream, from any thread, also before its end."""
        self.disconnect()
        # A thread reading from it sees the connection closed.
        with suppress(ValueError):
            self._items.close()


def _items(source: Source[T]) -> Generator[T, None, None]:
    exchange = run(source.open())
    try:
        feed, check = source.parser.feed, source.parser.check
        while data := run(source.read(exchange)):
            yield from feed(data)
            check()
        yield from source.parser.close()
    except StreamInterrupted as error:
        error.received = exchange.received
        raise
    finally:
        source.close()


class AsyncStream(Generic[T]):
    """Asynchronous form of `Stream`, an asynchronous iterator and context manager."""

    _source_type: type[Source[T]]

    def __init__(
        self,
        transport: AsyncTransport,
        request: Request[Any],
        options: Options = NO_OPTIONS,
    ) -> None:
        self._source = self._source_type(transport.pool, request, options)
        self._items = _items_async(self._source)

    def __repr__(self) -> str:
        return self._source.shown(type(self))

    def __del__(self) -> None:
        # False if the constructor has failed.
        if source := self.__dict__.get("_source"):
            source.warn_if_never_opened()

    async def __aenter__(self: AS) -> AS:
        from moorage.transport.tasks import run

        await run(self._source.open())
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    def __aiter__(self) -> AsyncGenerator[T, None]:
        self._source.begin()
        return self._items

    async def __anext__(self) -> T:
        return await anext(self._items)

    def disconnect(self) -> None:
        """Close the connection at once, where awaiting is impossible."""
        self._source.close()

    async def aclose(self) -> None:
        """Close the stream, also before its end."""
        self.disconnect()
        # A task reading from it sees the connection closed.
        with suppress(RuntimeError):
            await self._items.aclose()


async def _items_async(source: Source[T]) -> AsyncGenerator[T, None]:
    # Imported here, as in `AsyncStream`: it imports asyncio, which threads don't need.
    from moorage.transport.tasks import run

    exchange = await run(source.open())
    try:
        feed, check = source.parser.feed, source.parser.check
        while data := await run(source.read(exchange)):
            for item in feed(data):
                yield item
            check()
        for item in source.parser.close():
            yield item
    except StreamInterrupted as error:
        error.received = exchange.received
        raise
    finally:
        source.close()
