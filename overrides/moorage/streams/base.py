"""What all streams share: they open late, close early, and never end quietly when cut.

Each is a loop that feeds what the engine sends into a parser without I/O, and hands on what the
parser made of it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from moorage.contract import NO_OPTIONS, Options, Request
from moorage.errors import StreamInterrupted

if TYPE_CHECKING:
    from moorage.transport.asynchronous import AsyncTransport
    from moorage.transport.exchange import Exchange
    from moorage.transport.sync import Transport

__all__ = ["AsyncSource", "AsyncStream", "Parser", "Source", "Stream"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Parser(Protocol[T_co]):
    """Makes items of bytes, however these are cut."""

    def feed(self, data: bytes) -> Iterable[T_co]:
        """Take the next bytes; returns the items that are complete now.

        Raises:
            EngineError: what comes after the items returned so far is broken.
        """
        raise NotImplementedError

    def check(self) -> None:
        """Raise what is wrong with the bytes after the last item."""

    def close(self) -> Iterable[T_co]:
        """Say that the bytes have ended; returns the items that this completes.

        Raises:
            StreamInterrupted: they ended in the middle of an item.
        """
        raise NotImplementedError


class Source(Generic[T]):
    """Where a stream's items come from: a request, which is sent when it is opened.

    It stands apart from the stream, so that the generator that reads from it does not hold the
    stream: a stream that is dropped closes at once.
    """

    exchange: Exchange | None = None
    parser: Parser[T]

    def __init__(self, transport: Transport, request: Request[Any], options: Options) -> None:
        self.transport = transport
        self.request = request
        self.options = options

    def open(self) -> Exchange:
        """Send the request, unless that was done."""
        if self.exchange is None:
            exchange = self.transport.open(self.request, self.options)
            try:
                self.parser = self.make_parser(exchange)
            except BaseException:
                exchange.close()
                raise
            self.exchange = exchange
        return self.exchange

    def make_parser(self, exchange: Exchange) -> Parser[T]:
        """Make the parser for the answer."""
        raise NotImplementedError

    def check_end(self, exchange: Exchange) -> None:
        """Raise StreamInterrupted if the connection's end is not the stream's."""


class Stream(Generic[T]):
    """An iterator over what the engine sends; a context manager that closes it.

    The request is sent when the stream is entered, or else when its first item is asked for.

    Raises:
        APIError: the engine refused.
        StreamInterrupted: the connection was cut before the engine had ended the stream.
        TimedOut: a timeout that was asked for is over.
    """

    _source_type: type[Source[T]]

    def __init__(
        self,
        transport: Transport,
        request: Request[Any],
        options: Options = NO_OPTIONS,
    ) -> None:
        self._source = self._source_type(transport, request, options)
        self._items = _items(self._source)

    def __enter__(self) -> Self:
        self._source.open()
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __iter__(self) -> Generator[T, None, None]:
        return self._items

    def __next__(self) -> T:
        return next(self._items)

    def close(self) -> None:
        """Close the stream, from any thread; the engine need not have ended it."""
        if self._source.exchange is not None:
            self._source.exchange.close()
        # Another thread that reads from it finds the connection closed.
        with suppress(ValueError):
            self._items.close()


def _items(source: Source[T]) -> Generator[T, None, None]:
    from moorage.transport.threads import run

    exchange = source.open()
    try:
        feed, check = source.parser.feed, source.parser.check
        while data := run(exchange.read()):
            yield from feed(data)
            check()
        source.check_end(exchange)
        yield from source.parser.close()
    except StreamInterrupted as error:
        error.received = exchange.received
        raise
    finally:
        exchange.close()


class AsyncSource(Generic[T]):
    """As `Source`, awaited."""

    exchange: Exchange | None = None
    parser: Parser[T]

    def __init__(self, transport: AsyncTransport, request: Request[Any], options: Options) -> None:
        self.transport = transport
        self.request = request
        self.options = options

    async def open(self) -> Exchange:
        """Send the request, unless that was done."""
        if self.exchange is None:
            exchange = await self.transport.open(self.request, self.options)
            try:
                self.parser = await self.make_parser(exchange)
            except BaseException:
                exchange.close()
                raise
            self.exchange = exchange
        return self.exchange

    async def make_parser(self, exchange: Exchange) -> Parser[T]:
        """Make the parser for the answer."""
        raise NotImplementedError

    async def check_end(self, exchange: Exchange) -> None:
        """Raise StreamInterrupted if the connection's end is not the stream's."""


class AsyncStream(Generic[T]):
    """As `Stream`, an asynchronous iterator and context manager."""

    _source_type: type[AsyncSource[T]]

    def __init__(
        self,
        transport: AsyncTransport,
        request: Request[Any],
        options: Options = NO_OPTIONS,
    ) -> None:
        self._source = self._source_type(transport, request, options)
        self._items = _items_async(self._source)

    async def __aenter__(self) -> Self:
        await self._source.open()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    def __aiter__(self) -> AsyncGenerator[T, None]:
        return self._items

    async def __anext__(self) -> T:
        return await anext(self._items)

    async def aclose(self) -> None:
        """Close the stream; the engine need not have ended it."""
        if self._source.exchange is not None:
            self._source.exchange.close()
        # Another task that reads from it finds the connection closed.
        with suppress(RuntimeError):
            await self._items.aclose()


async def _items_async(source: AsyncSource[T]) -> AsyncGenerator[T, None]:
    from moorage.transport.tasks import run

    exchange = await source.open()
    try:
        feed, check = source.parser.feed, source.parser.check
        while data := await run(exchange.read()):
            for item in feed(data):
                yield item
            check()
        await source.check_end(exchange)
        for item in source.parser.close():
            yield item
    except StreamInterrupted as error:
        error.received = exchange.received
        raise
    finally:
        exchange.close()
