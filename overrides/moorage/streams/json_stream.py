"""JSON documents, one after the other: events, stats, the progress of a pull or a build."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from moorage.contract import Request
from moorage.errors import OperationFailed
from moorage.streams.base import AsyncStream, Parser, Stream
from moorage.streams.json_lines import JsonLines
from moorage.transport.wire import decoded

if TYPE_CHECKING:
    import httpx

    from moorage.transport.asynchronous import AsyncTransport
    from moorage.transport.sync import Transport

__all__ = ["AsyncJsonStream", "JsonStream"]

T = TypeVar("T")


class _Items(Generic[T]):
    """Decodes documents, and raises those that report an error."""

    def __init__(self, request: Request[T]) -> None:
        self._request = request
        self._lines = JsonLines(request.operation)

    def feed(self, data: bytes) -> Iterable[T]:
        return self._decoded(self._lines.feed(data))

    def check(self) -> None:
        self._lines.check()

    def close(self) -> Iterable[T]:
        return self._decoded(self._lines.close())

    def _decoded(self, documents: list[Any]) -> Iterator[T]:
        for document in documents:
            if isinstance(document, dict) and (
                document.get("errorDetail") or document.get("error")
            ):
                raise _reported(document, self._request.operation)
            yield decoded(self._request, document)


def _reported(document: dict[str, Any], operation: str) -> OperationFailed:
    detail = document.get("errorDetail")
    if not isinstance(detail, dict):
        detail = {}
    message = detail.get("message") or document.get("error") or "the engine gave no reason"
    code = detail.get("code")
    return OperationFailed(str(message), operation, code if isinstance(code, int) else None)


class JsonStream(Stream[T]):
    """An iterator over what the engine reports; a context manager that closes it.

    Raises:
        OperationFailed: the engine reported that the operation failed.
    """

    @classmethod
    def _parser(
        cls,
        transport: Transport,  # noqa: ARG003
        request: Request[Any],
        response: httpx.Response,  # noqa: ARG003
    ) -> Parser[T]:
        return _Items(request)


class AsyncJsonStream(AsyncStream[T]):
    """As `JsonStream`, an asynchronous iterator and context manager."""

    @classmethod
    async def _parser(
        cls,
        transport: AsyncTransport,  # noqa: ARG003
        request: Request[Any],
        response: httpx.Response,  # noqa: ARG003
    ) -> Parser[T]:
        return _Items(request)
