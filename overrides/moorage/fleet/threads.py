"""A fleet of engines, asked by threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from threading import Lock, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, Unpack, overload

from moorage.connect import connect
from moorage.engine_base import EngineBase
from moorage.errors import EngineError
from moorage.fleet.channel import Channel
from moorage.fleet.hosts import FleetOptions, Hosts
from moorage.fleet.members import MOST_EVENTS, Members
from moorage.fleet.resumption import Resumption
from moorage.parameters.filters import Filters
from moorage.parameters.times import PointInTime

if TYPE_CHECKING:
    from moorage_api.newest import Engine, EventMessage

__all__ = ["Fleet"]

E = TypeVar("E", bound=EngineBase)
T = TypeVar("T")


class Fleet(Members, Generic[E]):
    """Engines that are asked at once, by threads; a context manager that closes them.

    Args:
        hosts: Addresses of the engines, or a mapping of names to addresses.
        contexts: Contexts of the docker CLI, which name more engines.
        api: Generated class to pin every engine to, e.g. `moorage_api.v1_44.Engine`.
        version: The version to pin every engine to; by default, each is negotiated with.
        concurrency: Number of engines asked at once.
        timeout: Seconds that a whole ordinary call may take on each engine; None waits.
        options: `tls=`, `connect_timeout=`, `headers=` and `event_hooks=` of `moorage.connect`.

    Raises:
        TypeError: An argument is of another type.
        ValueError: A host is malformed, two engines have one name, or no engine is given.
    """

    @overload
    def __init__(
        self: Fleet[Engine],
        hosts: Hosts = (),
        *,
        contexts: Iterable[str] = (),
        version: str | None = None,
        concurrency: int = 64,
        timeout: float | None = 60,
        **options: Unpack[FleetOptions],
    ) -> None: ...
    @overload
    def __init__(
        self,
        hosts: Hosts = (),
        *,
        contexts: Iterable[str] = (),
        api: type[E],
        concurrency: int = 64,
        timeout: float | None = 60,
        **options: Unpack[FleetOptions],
    ) -> None: ...
    def __init__(
        self,
        hosts: Hosts = (),
        *,
        contexts: Iterable[str] = (),
        api: Any = None,
        version: str | None = None,
        concurrency: int = 64,
        timeout: float | None = 60,
        **options: Unpack[FleetOptions],
    ) -> None:
        super().__init__(connect, api, version, hosts, contexts, concurrency, timeout, options)
        self._locks = {name: Lock() for name in self._places}
        self._engines: dict[str, E] = {}
        self._closed = False

    def __repr__(self) -> str:
        return f"<Fleet of {len(self._places)} engines{', closed' if self._closed else ''}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def engine(self, name: str) -> E:
        """Return an engine, which is opened unless it is open.

        Raises:
            KeyError: The fleet has no engine of this name.
            EngineError: It can't be reached, or the fleet was closed.
        """
        with self._locks[name]:
            if self._closed:
                raise EngineError("this fleet was closed")
            if name not in self._engines:
                self._engines[name] = self._connect(**self._places[name])
                if self._closed:  # meanwhile, without waiting for this one
                    self._engines[name].close()
            return self._engines[name]

    def each(self, call: Callable[[E], T]) -> Iterator[tuple[str, T | EngineError]]:
        """Make a call on every engine, and return the answers as they come.

        The calls begin at once. Closing the iterator drops those that have not begun; calls in
        progress are not waited for, and end when the fleet is closed.

        Args:
            call: Called with each engine, in several threads at once.

        Returns:
            Pairs of an engine's name and what the call returned, or the EngineError it raised.
            Any other exception is raised from here.
        """
        names = deque(self._places)
        count = min(self._concurrency, len(names))
        channel = Channel[tuple[str, Any]](count, len(names))
        for _ in range(count):
            _start("moorage-fleet", self._ask_several, names, call, channel)
        return _items(channel)

    def call(self, call: Callable[[E], T]) -> dict[str, T | EngineError]:
        """Make a call on every engine, and return all answers by the engines' names; see `each`."""
        found = dict(self.each(call))
        return {name: found[name] for name in self._places}

    def events(
        self,
        *,
        since: PointInTime | None = None,
        until: PointInTime | None = None,
        filters: Filters | None = None,
    ) -> Iterator[tuple[str, EventMessage | EngineError]]:
        """Follow the events of all engines, in one stream; a lost connection is resumed.

        After a loss, the engine's events since the last one are requested, so none is missed; an
        engine keeps 256, and none over a restart.

        Args:
            since: Events from this point in time on; by default from now on.
            until: Events up to this point in time; by default without end.
            filters: Filters, as `system.events` takes them.

        Yields:
            Pairs of an engine's name and an event, or the error, once for each loss of the
            connection. An error response of the engine (such as an unknown filter) is its last
            item.
        """
        with Channel[tuple[str, Any]](len(self._places), MOST_EVENTS) as channel:
            for name in self._places:
                ask = partial(self._stream, name, until=until, filters=filters)
                arguments = (name, ask, Resumption(since), channel, until is not None)
                _start(f"moorage-fleet {name}", _follow, *arguments)
            yield from channel

    def close(self) -> None:
        """Close every engine; one that is being connected to is closed when it answers."""
        self._closed = True
        for each in [*self._engines.values()]:
            each.close()

    def _ask_several(
        self, names: deque[str], call: Callable[[E], T], channel: Channel[tuple[str, Any]]
    ) -> None:
        """Ask engines, until there are none left or the channel is closed."""
        with channel.sender():
            for name in _taken(names):
                if channel.closed:
                    return
                answer: T | EngineError
                try:
                    answer = call(self.engine(name))
                except EngineError as error:
                    answer = error
                channel.put((name, answer))

    def _stream(self, name: str, **arguments: Any) -> Any:
        engine: Any = self.engine(name)
        return engine.system.events(**arguments)


def _start(name: str, target: Callable[..., None], *args: Any) -> None:
    """Start a thread that does not keep the process from ending."""
    Thread(target=target, name=name, args=args, daemon=True).start()


def _items(channel: Channel[T]) -> Iterator[T]:
    with channel:
        yield from channel


def _taken(names: deque[str]) -> Iterator[str]:
    """Take the names that other threads have not taken."""
    while True:
        try:
            yield names.popleft()
        except IndexError:
            return


def _follow(
    name: str,
    ask: Callable[..., Any],
    resumption: Resumption,
    channel: Channel[tuple[str, Any]],
    ends: bool,
) -> None:
    """Put an engine's events into the channel, until it is closed."""
    with channel.sender():
        while not channel.closed:
            try:
                with ask(since=resumption.since) as events, channel.closing(events.disconnect):
                    resumption.opened()
                    for event in events:
                        if resumption.is_new(event):
                            channel.put((name, event))
                if ends:
                    return
            except EngineError as error:
                if channel.closed:
                    return
                if resumption.is_news(error):
                    channel.put((name, error))
                if resumption.over:
                    return
            channel.wait(resumption.lost())
