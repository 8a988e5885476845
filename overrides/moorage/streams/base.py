"""What all streams share: they open late, close early, and never end quietly when cut.

Each is a loop that feeds what the engine sends into a parser without I/O, and hands on what the
parser made of it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Iterable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from moorage.contract import Request
from moorage.errors import StreamInterrupted

if TYPE_CHECKING:
    import httpx

    from moorage.transport.asynchronous import AsyncTransport
    from moorage.transport.sync import Transport

__all__ = ["AsyncStream", "Parser", "Stream"]

T = TypeVar("T")
P_co = TypeVar("P_co", covariant=True)


class Parser(Protocol[P_co]):
    """Makes items of bytes, however these are cut."""

    def feed(self, data: bytes) -> Iterable[P_co]:
        """Take the next bytes; returns the items that are complete now.

        Raises:
            EngineError: what comes after the items returned so far is broken.
        """

    def check(self) -> None:
        """Raise what is wrong with the bytes after the last item."""

    def close(self) -> Iterable[P_co]:
        """Say that the bytes have ended; returns the items that this completes.

        Raises:
            StreamInterrupted: they ended in the middle of an item.
        """


class Stream(Generic[T]):
    """An iterator over what the engine sends; a context manager that closes it.

    The request is sent when the stream is entered, or else when its first item is asked for.

    Raises:
        APIError: the engine refused.
        StreamInterrupted: the connection was cut before the engine had ended the stream.
    """

    def __init__(self, transport: Transport, request: Request[Any]) -> None:
        self._transport = transport
        self._request = request
        self._response: httpx.Response | None = None
        self._items: Generator[Any, None, None] | None = None

    def __enter__(self) -> Self:
        self._opened()
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        item: T = next(self._opened())
        return item

    def close(self) -> None:
        """Close the stream; the engine need not have ended it."""
        if self._items is not None:
            self._items.close()

    def _opened(self) -> Generator[Any, None, None]:
        if self._items is None:
            self._items = self._run(self._transport, self._request)
            self._response = next(self._items)
        return self._items

    # The generator must not hold the stream, which holds it: one that is dropped closes at once.
    @classmethod
    def _run(cls, transport: Transport, request: Request[Any]) -> Generator[Any, None, None]:
        with transport.open(request) as response:
            parser = cls._parser(transport, request, response)
            # The first thing yielded is no item: it says that the stream is open.
            yield response
            received = 0
            try:
                for chunk in transport.chunks(request, response):
                    received += len(chunk)
                    yield from parser.feed(chunk)
                    parser.check()
                yield from parser.close()
            except StreamInterrupted as error:
                error.received = received
                raise

    @classmethod
    def _parser(
        cls, transport: Transport, request: Request[Any], response: httpx.Response
    ) -> Parser[T]:
        raise NotImplementedError


class AsyncStream(Generic[T]):
    """As `Stream`, an asynchronous iterator and context manager."""

    def __init__(self, transport: AsyncTransport, request: Request[Any]) -> None:
        self._transport = transport
        self._request = request
        self._response: httpx.Response | None = None
        self._items: AsyncGenerator[Any, None] | None = None

    async def __aenter__(self) -> Self:
        await self._opened()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        item: T = await anext(await self._opened())
        return item

    async def aclose(self) -> None:
        """Close the stream; the engine need not have ended it."""
        if self._items is not None:
            await self._items.aclose()

    async def _opened(self) -> AsyncGenerator[Any, None]:
        if self._items is None:
            self._items = self._run(self._transport, self._request)
            self._response = await anext(self._items)
        return self._items

    @classmethod
    async def _run(
        cls, transport: AsyncTransport, request: Request[Any]
    ) -> AsyncGenerator[Any, None]:
        async with transport.open(request) as response:
            parser = await cls._parser(transport, request, response)
            # As in Stream: the first thing yielded is no item.
            yield response
            received = 0
            try:
                async with aclosing(transport.chunks(request, response)) as chunks:
                    async for chunk in chunks:
                        received += len(chunk)
                        for item in parser.feed(chunk):
                            yield item
                        parser.check()
                for item in parser.close():
                    yield item
            except StreamInterrupted as error:
                error.received = received
                raise

    @classmethod
    async def _parser(
        cls, transport: AsyncTransport, request: Request[Any], response: httpx.Response
    ) -> Parser[T]:
        raise NotImplementedError
