"""What happens at an engine, with the time from which to go on after the connection was cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from moorage.streams.base import AsyncSource, Parser, Source
from moorage.streams.json_stream import (
    AsyncJsonSource,
    AsyncJsonStream,
    Items,
    JsonSource,
    JsonStream,
)

if TYPE_CHECKING:
    from moorage.transport.exchange import Exchange

__all__ = ["AsyncEvents", "Events"]

T = TypeVar("T")


class _Dated(Items[T]):
    """Decodes events, and keeps the time of the last."""

    last_time: str | None = None

    def item(self, document: Any) -> T:
        if isinstance(document, dict) and isinstance(document.get("timeNano"), int):
            seconds, rest = divmod(document["timeNano"], 10**9)
            self.last_time = f"{seconds}.{rest:09d}"
        return super().item(document)


class _Source(JsonSource[T]):
    parser: _Dated[T]  # pyright: ignore[reportIncompatibleVariableOverride]

    def make_parser(self, exchange: Exchange) -> Parser[T]:  # noqa: ARG002
        return _Dated(self.request)


class _AsyncSource(AsyncJsonSource[T]):
    parser: _Dated[T]  # pyright: ignore[reportIncompatibleVariableOverride]

    async def make_parser(self, exchange: Exchange) -> Parser[T]:  # noqa: ARG002
        return _Dated(self.request)


def _last_time(source: Source[Any] | AsyncSource[Any]) -> str | None:
    time: str | None = source.parser.last_time if source.exchange else None  # type: ignore[attr-defined]
    return time


class Events(JsonStream[T]):
    """An iterator over events; a context manager that closes it.

    After StreamInterrupted, ask for the events `since=` the `last_time` of the stream; the engine
    then begins with the events of that very nanosecond, the last one among them.
    """

    _source_type: type[Source[T]] = _Source

    @property
    def last_time(self) -> str | None:
        """The last event's time as `since=` takes it, e.g. "1700000000.000000001"; or None."""
        return _last_time(self._source)


class AsyncEvents(AsyncJsonStream[T]):
    """As `Events`, an asynchronous iterator and context manager."""

    _source_type: type[AsyncSource[T]] = _AsyncSource

    @property
    def last_time(self) -> str | None:
        """The last event's time as `since=` takes it, e.g. "1700000000.000000001"; or None."""
        return _last_time(self._source)
