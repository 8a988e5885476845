"""Events of an engine, and the time to resume from after a cut connection."""

from __future__ import annotations

from typing import Any, TypeVar

from moorage.streams.base import Parser
from moorage.streams.json_stream import AsyncJsonStream, Items, JsonSource, JsonStream
from moorage.transport.exchange import Exchange

__all__ = ["AsyncEvents", "Events", "EventsSource"]

T = TypeVar("T")


class _Dated(Items[T]):
    """Decodes events, and keeps the time of the last."""

    last_time: str | None = None

    def item(self, document: Any) -> T:
        if isinstance(document, dict) and isinstance(document.get("timeNano"), int):
            seconds, rest = divmod(document["timeNano"], 10**9)
            self.last_time = f"{seconds}.{rest:09d}"
        return super().item(document)


class EventsSource(JsonSource[T]):
    """Source of the events."""

    parser: _Dated[T]  # pyright: ignore[reportIncompatibleVariableOverride]

    def make_parser(self, exchange: Exchange) -> Parser[T]:  # noqa: ARG002
        """Make the parser."""
        return _Dated(self.request)

    @property
    def last_time(self) -> str | None:
        """The last event's time; None before the first."""
        return self.parser.last_time if self.exchange else None


class Events(JsonStream[T]):
    """An iterator over events; a context manager that closes it.

    After StreamInterrupted, request the events `since=` the stream's `last_time`; the engine
    repeats the events of that very nanosecond, including the last one.
    """

    _source_type: type[EventsSource[T]] = EventsSource  # pyright: ignore[reportIncompatibleVariableOverride]
    _source: EventsSource[T]

    @property
    def last_time(self) -> str | None:
        """The last event's time in the form of `since=`, e.g. "1700000000.000000001"; or None."""
        return self._source.last_time


class AsyncEvents(AsyncJsonStream[T]):
    """Asynchronous form of `Events`, an asynchronous iterator and context manager."""

    _source_type: type[EventsSource[T]] = EventsSource  # pyright: ignore[reportIncompatibleVariableOverride]
    _source: EventsSource[T]

    @property
    def last_time(self) -> str | None:
        """The last event's time in the form of `since=`, e.g. "1700000000.000000001"; or None."""
        return self._source.last_time
