"""JSON documents, one after the other: events, stats, the progress of a pull or a build."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

from moorage.errors import InvalidAnswer, OperationFailed
from moorage.request import Request
from moorage.streams.base import AsyncStream, Parser, Source, Stream
from moorage.transport.exchange import Exchange
from moorage.wire.failures import late_refusal
from moorage.wire.json_lines import JsonLines
from moorage.wire.message import decoded

__all__ = ["AsyncJsonStream", "Items", "JsonSource", "JsonStream"]

T = TypeVar("T")


class Items(Generic[T]):
    """Decodes documents, and raises reported errors unless they are requested as items."""

    def __init__(self, request: Request[T], *, raise_errors: bool = True) -> None:
        self._request = request
        self._raise_errors = raise_errors
        self._lines = JsonLines(request.operation)

    def feed(self, data: bytes) -> Iterable[T]:
        """Parse bytes, and return the items that are complete now."""
        return self._decoded(self._lines.feed(data))

    def check(self) -> None:
        """Raise the error of the bytes after the last item."""
        self._lines.check()

    def close(self) -> Iterable[T]:
        """End the input; returns the item that this completes, if any."""
        return self._decoded(self._lines.close())

    def _decoded(self, documents: list[Any]) -> Iterator[T]:
        for document in documents:
            if (
                self._raise_errors
                and isinstance(document, dict)
                and (document.get("errorDetail") or document.get("error"))
            ):
                raise _reported(document, self._request.operation)
            if error := late_refusal(self._request.operation, document):
                raise error
            yield self.item(document)

    def item(self, document: Any) -> T:
        """Decode a document."""
        return decoded(self._request, document)


def _reported(document: dict[str, Any], operation: str) -> OperationFailed:
    detail = document.get("errorDetail")
    if not isinstance(detail, dict):
        detail = {}
    message = detail.get("message") or document.get("error") or "the engine gave no reason"
    code = detail.get("code")
    return OperationFailed(str(message), operation, code if isinstance(code, int) else None)


class JsonSource(Source[T]):
    """Source of the documents."""

    def make_parser(self, exchange: Exchange) -> Parser[T]:  # noqa: ARG002
        """Make the parser."""
        return Items(self.request, raise_errors=self.options.raise_errors)


class JsonStream(Stream[T]):
    """An iterator over the engine's reports; a context manager that closes it.

    Raises:
        OperationFailed: The engine reported that the operation failed.
    """

    _source_type: type[Source[T]] = JsonSource

    def one(self) -> T:
        """Return the next item, and close the stream; for `containers.stats(stream=False)`.

        Raises:
            InvalidAnswer: The engine sent no item.
        """
        with self:
            for item in self:
                return item
        raise _none(self._source.request)

    def finish(self) -> T | None:
        """Run the operation to its end, and return its result.

        Returns:
            The last item with an `aux`, which holds the result of a build or a push, else the last
            item; None without any.

        Raises:
            OperationFailed: The engine reported that the operation failed.
        """
        result = None
        with self:
            for item in self:
                result = _later(result, item)
        return result


class AsyncJsonStream(AsyncStream[T]):
    """Asynchronous form of `JsonStream`, an asynchronous iterator and context manager."""

    _source_type: type[Source[T]] = JsonSource

    async def one(self) -> T:
        """Return the next item, and close the stream, as `JsonStream.one` does."""
        async with self:
            async for item in self:
                return item
        raise _none(self._source.request)

    async def finish(self) -> T | None:
        """Run the operation to its end, and return its result, as `JsonStream.finish` does."""
        result = None
        async with self:
            async for item in self:
                result = _later(result, item)
        return result


def _later(result: T | None, item: T) -> T:
    has_result = getattr(result, "aux", None) is not None
    return item if result is None or not has_result or getattr(item, "aux", None) else result


def _none(request: Request[Any]) -> InvalidAnswer:
    return InvalidAnswer(f"{request.operation}: the engine reported nothing")
